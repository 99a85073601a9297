"""The model that is explained, as every contestant calls it: rows in, one score each out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Threads of OpenBLAS that have nothing to do wait by counting, in whoever's process: their CPU is noise.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

import numpy as np


def model_of(folder: Path, kind: str) -> Callable[[Any], Any]:
    """Return the model: the saved booster, or a logistic one from its weights."""
    if kind == "logistic":
        weights = np.array(json.loads((folder / "weights.json").read_text()))
        return lambda rows: 1 / (1 + np.exp(-(rows @ weights)))
    import xgboost

    booster = xgboost.Booster(model_file=folder / "booster.json")
    return lambda rows: booster.inplace_predict(rows)


def answer_of(values: Any, expected: float, rows: Any, model: Callable[[Any], Any]) -> str:
    """Return what can be compared where coalitions are drawn: the expected value, and that rows add up."""
    missing = np.abs(values.sum(axis=1) + expected - model(rows)).max()
    return json.dumps({"expected": float(expected), "adds up": bool(missing < 1e-5), "rows": len(values)})
