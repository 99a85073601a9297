"""How much metrics vary: their standard deviation over random subsamples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.documents.model_statistics import Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Rows = NDArray[np.bool_]

LEAST_ROWS = 200
SUBSAMPLES, SHARE = 5, 0.8
SEED = 20201208
"""Makes two analyses of the same data equal; the hosted analyzer draws anew each time."""


def with_deviations(
    rows: int, measure: Callable[[Rows | None], dict[str, float]], seed: int = SEED
) -> dict[str, Metric]:
    """Return what *measure* gives for all rows, with the deviations of what it gives for subsamples of them.

    Five times, each row is drawn with probability 0.8; with fewer than 200 rows the deviations are NaN:
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html. The deviation is
    that of a population, as in the statistics of data quality.
    """
    whole = measure(None)
    if rows < LEAST_ROWS:
        return {name: Metric(value) for name, value in whole.items()}
    generator = np.random.default_rng(seed)
    drawn = [measure(generator.random(rows) < SHARE) for _ in range(SUBSAMPLES)]
    return {name: Metric(value, _deviation([each[name] for each in drawn])) for name, value in whole.items()}


def _deviation(values: list[float]) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.std(values)) if np.isfinite(values).all() else float("nan")
