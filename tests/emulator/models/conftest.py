"""Tiny XGBoost models."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost


@pytest.fixture(scope="session")
def booster() -> xgboost.Booster:
    """A binary classifier of three features."""
    rows = np.random.default_rng(0).normal(size=(200, 3))
    data = xgboost.DMatrix(rows, label=rows[:, 0] + 0.5 * rows[:, 1] > 0)
    return xgboost.train({"objective": "binary:logistic", "max_depth": 2, "seed": 0}, data, num_boost_round=5)
