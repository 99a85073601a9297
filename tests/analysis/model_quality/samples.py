"""Columns of texts as a dataset has them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from sagemaker_monitor.analysis.model_quality.columns import Texts
from sagemaker_monitor.analysis.model_quality.measure import Sample


def sample(
    truth: Iterable[object],
    inference: Iterable[object] | None = None,
    probability: Iterable[object] | None = None,
) -> Sample:
    """Return a sample whose cells are the texts of the values, null for None."""
    return Sample(
        _texts("ground_truth", "label", truth),
        None if inference is None else _texts("inference", "prediction", inference),
        None if probability is None else _texts("probability", "score", probability),
    )


def _texts(role: str, attribute: str, values: Iterable[object]) -> Texts:
    cells = [None if each is None else str(each) for each in values]
    return Texts(role, attribute, pl.Series(cells, dtype=pl.String))


def scored(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and probabilities, with ties, of a model that is right rather often."""
    generator = np.random.default_rng(seed)
    probability = np.round(generator.random(rows), 2)
    return (generator.random(rows) < probability).astype(int), probability
