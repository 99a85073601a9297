"""How far metrics of model quality stray from their baseline by chance alone, for all of them together.

As for bias, the rows of both samples are pooled and split again at random: if the model is as good as it
was, it is chance which rows arrived in the batch. Only worse counts. A metric's change counts in units of
the 95 % quantile of its own splits, and the rarest of all metrics decides, whatever the number of rows.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, List, Mapping, Sequence, Tuple

import numpy as np

from sagemaker_monitor.analysis.decision import family, splits
from sagemaker_monitor.analysis.documents.verdict import HIGHER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.decision.measured import Measured

    Array = NDArray[np.float64]

METHOD = "permutation of the rows of baseline and batch, largest standardised change for the worse"
SEED = splits.SEED + 2
DIGITS = 9
"""Differences are compared to this many decimals, so that equal fractions tie."""
HONEST_BATCHES = 2_000
FEWEST_HONEST = 500


def worsening(worse: str, now: Array, before: Array, unit: float = 1.0) -> Array:
    """Return how much worse *now* is than *before*, both finite; minus infinity where either is unknown.

    *unit* is what counts as 1 of the metric, for the differences that are floating point's alone.
    """
    with np.errstate(invalid="ignore"):
        change = np.round((now - before if worse == HIGHER else before - now) / unit, DIGITS) * unit
    return np.where(np.isfinite(change), change, -np.inf)


@dataclass(frozen=True, eq=False)
class Chance:
    """How much worse each metric is in each split, shape (splits, metrics), the true split first."""

    names: Tuple[str, ...]
    change: Array

    @property
    def splits(self) -> int:
        """Return the number of splits, the true one included."""
        return len(self.change)

    def reach(self, names: Sequence[str], false_refusals: float) -> Dict[str, float]:
        """Return how much worse any of *names* is in more than a share *false_refusals* of splits."""
        if not names:
            return {}
        change = self.change[:, [self.names.index(name) for name in names]]
        found = family.reach(change, family.standardised(change), false_refusals)
        return dict(zip(names, found.tolist()))

    def refused(self, reach: Mapping[str, float]) -> float:
        """Return the share of splits in which any metric is worse than its *reach*."""
        if not reach:
            return 0.0
        change = self.change[:, [self.names.index(name) for name in reach]]
        return float((change > np.array(list(reach.values()))).any(axis=1).mean())


def chance(
    baseline: Measured,
    batch: Measured,
    worse: Mapping[str, str],
    false_refusals: float,
    *,
    total: int | None = None,
) -> Chance:
    """Return how much worse each metric is in the true split and in random ones, *total* in all.

    *worse* has the direction that is worse by metric. Without *total* there are as many splits as there is
    time for.
    """
    units = baseline.units
    parts: List[Array] = []
    for before, now in baseline.splits(batch, total, false_refusals, SEED):
        changes = [
            worsening(side, now[name], before[name], units.get(name, 1.0)) for name, side in worse.items()
        ]
        parts.append(np.stack(changes, -1))
    return Chance(tuple(worse), np.concatenate(parts))


@dataclass(frozen=True, eq=False)
class Simulation:
    """Metrics of honest samples, drawn from the baseline's rows with replacement: shape (samples,)."""

    baseline: Dict[str, Array]
    batch: Dict[str, Array]

    def scatter(self, name: str) -> Tuple[float, float]:
        """Return how far a metric's 10 % quantile lies below its median in batches, and the 90 % above."""
        known = np.sort(self.batch[name][~np.isnan(self.batch[name])])
        if not len(known):
            return np.nan, np.nan
        low, middle, high = (known[int(share * (len(known) - 1))] for share in (0.1, 0.5, 0.9))
        return float(middle - low), float(high - middle)


def simulate(baseline: Measured, rows: int) -> Simulation:
    """Return what honest samples of the *baseline*'s size and of *rows* rows would measure."""
    random = np.random.RandomState(SEED + 1)
    larger = max(baseline.rows, rows)
    repeats = min(HONEST_BATCHES, max(FEWEST_HONEST, splits.WORK // (2 * larger)))
    before = baseline.honest(baseline.rows, repeats, random)
    return Simulation(before, baseline.honest(rows, repeats, random))
