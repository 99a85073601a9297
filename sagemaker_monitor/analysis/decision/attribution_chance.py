"""How far a ranking of features strays from its baseline's by chance alone.

The measure is SageMaker's: features in the order of their attributions now, each gaining what the baseline
attributes to it, discounted by its place, over the same sum in the baseline's own order (nDCG; 1 is the
same order). If the model answers the batch as it answered the baseline, it is chance which records are in
which: so the records' attributions are pooled and split again at random. What Kernel SHAP's sampling adds
is in every record's attributions, and so in the splits. Only attributions that are measured from the same
records are exchangeable: see decision 5.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, List

import numpy as np

from sagemaker_monitor.analysis.decision import family, splits
from sagemaker_monitor.analysis.decision.attributions import contributions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

METHOD = "permutation of the records of baseline and batch, nDCG of their attributions"
SEED = splits.SEED + 1
DIGITS = 9
"""Values are compared to this many decimals, so that equal orders tie."""


def ndcg(before: Array, now: Array) -> Array:
    """Return the nDCG of features in the order of *now*, gains being *before*: shapes (..., features).

    Magnitudes count, and features of equal magnitude keep their order; NaN where all gains are 0. Source:
    AWS, https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html
    """
    gains, order = np.abs(before), np.argsort(-np.abs(now), axis=-1, kind="stable")
    discounts = 1 / np.log2(np.arange(2, gains.shape[-1] + 2))
    ideal = -np.sort(-gains, axis=-1) @ discounts
    found = np.full(np.shape(ideal), np.nan)
    np.divide(np.take_along_axis(gains, order, axis=-1) @ discounts, ideal, out=found, where=ideal > 0)
    return found


@dataclass(frozen=True, eq=False)
class Chance:
    """The nDCG of each split, the true one first."""

    ndcg: Array

    @property
    def splits(self) -> int:
        """Return the number of splits, the true one included."""
        return len(self.ndcg)

    def limit(self, false_refusals: float) -> float:
        """Return the nDCG that at most a share *false_refusals* of splits stays below."""
        change = np.round(1.0 - self.ndcg, DIGITS)[:, None]
        return float(1.0 - family.reach(change, -change, false_refusals)[0])

    def below(self, limit: float) -> float:
        """Return the share of splits below *limit*."""
        return float((self.ndcg < limit - 10.0**-DIGITS).mean())


def chance(
    baseline: Array, batch: Array, aggregation: str, false_refusals: float, *, total: int | None = None
) -> Chance:
    """Return the nDCG of the true split and of random ones, *total* in all.

    Samples have shape (records, features). Without *total* there are as many splits as there is time for.
    """
    pool = contributions(aggregation, np.concatenate([baseline, batch]))
    total = total or splits.total(len(pool) * _work(aggregation), false_refusals)
    parts: List[Array] = []
    for inside in splits.batches(len(baseline), len(batch), total, SEED):
        sides = [_global(aggregation, pool, chosen) for chosen in (1 - inside, inside)]
        parts.append(ndcg(sides[0], sides[1]))
    # Where no attribution is other than 0 there is nothing to rank, and nothing strays.
    return Chance(np.nan_to_num(np.concatenate(parts), nan=1.0))


def _work(aggregation: str) -> int:
    """Return how much longer a record takes than in a sum."""
    return 20 if aggregation == "median" else 1


def _global(aggregation: str, pool: Array, chosen: Array) -> Array:
    """Return the global attributions of the *chosen* records, (splits, records): (splits, features)."""
    if aggregation == "median":
        return np.stack([np.median(pool[each > 0], axis=0) for each in chosen])
    found: Array = (chosen @ pool) / chosen.sum(axis=1, keepdims=True)
    return found
