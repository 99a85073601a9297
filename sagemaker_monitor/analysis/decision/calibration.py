"""How far a bias metric strays from its baseline by chance alone, for all calibrated limits together.

If the batch is as honest as the baseline, its rows and the baseline's are exchangeable: which rows
arrived in the batch is chance. So both are pooled and split again at random, many times; every
split gives every metric of a "baseline" and of a "batch" of the true sizes, and so the noise of
both. The min-p method of Westfall and Young (1993) gives every side of every limit the same error
rate, the largest with which a share of at most `false_refusals` of the splits crosses any limit.
The true split counts as one of them, which makes the promise exact in finite samples, however
sparse the cells (Phipson and Smyth 2010; Hemerik and Goeman 2018). A bootstrap of the baseline is
not: where a cell is empty in the baseline it never fills it, and it refused 35 % of honest batches.
Straying counts in both directions while only grown bias refuses, so refusals stay below the promise.

Rows matter only through their pattern (facets, observed, predicted), so a split is one draw of the
multivariate hypergeometric distribution over the patterns, whatever the number of rows.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

import numpy as np

from sagemaker_monitor.analysis.bias.metrics import METRICS, NEUTRAL
from sagemaker_monitor.analysis.decision import family as limited
from sagemaker_monitor.analysis.decision import splits as random_splits
from sagemaker_monitor.analysis.decision.rules import Offsets, bounds, crossed
from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.spec import Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

METHOD = "permutation of baseline and batch, min-p over all calibrated limits"
SPLITS = 9_999
"""Random splits; with the true one 10,000, so that p-values are multiples of 0.0001."""
HONEST_BATCHES = 4_000
SEED = 20_050_815
"""Fixed: the same rows always get the same limits, whatever the numpy: RandomState's stream is frozen."""
CHUNK = 1_000
MAX_GROUPS = 100
"""Values of a group variable above which the tables by group are too large to split ten thousand times."""
DIGITS = 9
"""Differences are compared to this many decimals, so that equal fractions tie."""


@dataclass(frozen=True)
class Patterns:
    """The distinct rows of both samples, flags of shape ([facets,] patterns), and their counts."""

    inside: Flags
    observed: Flags
    predicted: Flags
    group: NDArray[np.int64]
    baseline: NDArray[np.int64]
    batch: NDArray[np.int64]

    def values(self, counts: Array, pairs: Sequence[tuple[str, int]]) -> Array:
        """Return each (metric, facet index) of *counts*, shape (..., patterns): (..., pairs)."""
        tables = {
            grouped: self._tables(counts, grouped) for grouped in {METRICS[m].grouped for m, _ in pairs}
        }
        columns = []
        cache: dict[str, Array] = {}
        for metric, facet in pairs:
            if metric not in cache:
                cache[metric] = METRICS[metric].compute(tables[METRICS[metric].grouped])
            columns.append(cache[metric][..., facet])
        return np.stack(columns, axis=-1)

    def _tables(self, counts: Array, grouped: bool) -> Array:
        """Return counts of shape (..., facets[, groups], 2, 2, 2)."""
        facets, patterns = self.inside.shape
        groups = max(int(self.group.max()) + 1, 1) if grouped and patterns else 1
        group = self.group if grouped else np.zeros_like(self.group)
        member = np.zeros((patterns, facets, groups, 2, 2, 2))
        # Rows without a group count for the metrics by group as little as they do for Clarify.
        weight = (self.group >= 0) * 1.0 if grouped else np.ones(patterns)
        for facet in range(facets):
            side = self.inside[facet] * 1
            member[np.arange(patterns), facet, group, side, self.observed * 1, self.predicted * 1] = weight
        shape = (facets, groups, 2, 2, 2) if grouped else (facets, 2, 2, 2)
        table: Array = counts @ member.reshape(patterns, -1)
        return table.reshape(counts.shape[:-1] + shape)


def patterns(baseline: Sample, batch: Sample, *, grouped: bool = False) -> Patterns:
    """Return the distinct rows of both samples and how often each occurs; with *grouped* apart by group."""
    samples = (baseline, batch)
    facets = baseline.inside.shape[0]
    group = np.zeros(baseline.rows + batch.rows, dtype=np.int64)
    if grouped and baseline.group is not None and batch.group is not None:
        names = np.concatenate([baseline.group, batch.group])
        group = np.unique(names, return_inverse=True)[1].ravel() + 1
        group[names == ""] = 0
    flags = np.concatenate([np.vstack([s.inside, s.observed, s.predicted]) for s in samples], axis=1)
    code = group.astype(np.int64)
    for flag in flags:
        code = code * 2 + flag
    distinct, place = np.unique(code, return_inverse=True)
    place = place.ravel()
    bits = (distinct[None, :] >> np.arange(facets + 1, -1, -1)[:, None]) & 1
    count = [np.bincount(part, minlength=len(distinct)) for part in np.split(place, [baseline.rows])]
    return Patterns(
        inside=bits[:-2].astype(bool),
        observed=bits[-2].astype(bool),
        predicted=bits[-1].astype(bool),
        group=(distinct >> (facets + 2)) - (1 if grouped else 0),
        baseline=count[0],
        batch=count[1],
    )


def _changes(batch: Array, base: Array, neutral: Array) -> tuple[Array, Flags]:
    """Return how far each metric rose, then fell, (..., 2 x pairs), and where its bias grew thereby."""
    with np.errstate(invalid="ignore"):
        change = np.round(batch - base, DIGITS)
        grew = np.round(np.abs(batch - neutral) - np.abs(base - neutral), DIGITS) > 0
    change = np.where(np.isnan(change), -np.inf, np.stack([change, -change]))
    return np.concatenate([*change], axis=-1), np.concatenate([grew, grew], axis=-1)


@dataclass(frozen=True)
class Family:
    """Calibrated limits that belong together; *refused* is the share of splits that they refuse."""

    offsets: dict[tuple[str, int], Offsets]
    refused: float


@dataclass(frozen=True)
class Chance:
    """How each pair changed in each split: arrays of shape (1 + splits, 2 x pairs), the true split first."""

    pairs: tuple[tuple[str, int], ...]
    change: Array
    grew: Flags

    def offsets(self, family: Sequence[tuple[str, int]], false_refusals: float) -> Family:
        """Return limits beyond which, in at most a share *false_refusals* of splits, any of *family* strays.

        A refusal needs grown bias as well, so honest batches are refused less often than that.
        """
        at = [self.pairs.index(pair) for pair in family]
        sides = at + [len(self.pairs) + place for place in at]
        change, grew = self.change[:, sides], self.grew[:, sides]
        reach = limited.reach(change, limited.p_values(change), false_refusals)
        offsets = {
            pair: Offsets(up=float(reach[place]), down=float(reach[len(family) + place]))
            for place, pair in enumerate(family)
        }
        return Family(offsets, float((grew & (change > reach)).any(axis=1).mean()))


def chance(
    seen: Patterns, pairs: Sequence[tuple[str, int]], *, splits: int = SPLITS, seed: int = SEED
) -> Chance:
    """Return how each (metric, facet index) changes when baseline and batch are mixed and split again."""
    neutral = np.array([NEUTRAL[metric] for metric, _ in pairs])
    pool = (seen.baseline + seen.batch).astype(np.float64)
    parts = [
        _changes(seen.values(drawn, pairs), seen.values(pool - drawn, pairs), neutral)
        for drawn in random_splits.of_counts(seen.baseline, seen.batch, splits, seed, chunk=CHUNK)
    ]
    change, grew = (np.concatenate(part) for part in zip(*parts))
    return Chance(tuple(pairs), change, grew)


@dataclass(frozen=True)
class Simulation:
    """What honest batches of this size would do under fixed limits, and how much metrics scatter.

    *scatter* has the distances from a metric's median down to its 10 % and up to its 90 % quantile.
    """

    refused: float
    scatter: dict[tuple[str, int], tuple[float, float]]


def simulate(
    seen: Patterns,
    pairs: Sequence[tuple[str, int]],
    limits: Sequence[tuple[tuple[str, int], Rule]],
    *,
    batches: int = HONEST_BATCHES,
    seed: int = SEED + 1,
) -> Simulation:
    """Return how *pairs* scatter, and how often any of *limits* is crossed, when both samples are drawn
    from the baseline's rows with replacement."""
    random = np.random.RandomState(seed)
    shares = seen.baseline / seen.baseline.sum()
    pairs = list(dict.fromkeys([*pairs, *(pair for pair, _ in limits)]))
    if not pairs:
        return Simulation(0.0, {})
    drawn = {
        name: np.concatenate(
            [
                seen.values(
                    random.multinomial(rows, shares, min(CHUNK, batches - start)).astype(float), pairs
                )
                for start in range(0, batches, CHUNK)
            ]
        )
        for name, rows in (("batch", int(seen.batch.sum())), ("baseline", int(seen.baseline.sum())))
    }
    refused = np.zeros(batches, dtype=bool)
    for pair, rule in limits:
        at = pairs.index(pair)
        with np.errstate(invalid="ignore"):
            low, high = bounds(rule, drawn["baseline"][:, at], NEUTRAL[pair[0]])
        refused |= crossed(drawn["batch"][:, at], low, high)
    return Simulation(
        float(refused.mean()), {pair: _scatter(drawn["batch"][:, at]) for at, pair in enumerate(pairs)}
    )


def _scatter(values: Array) -> tuple[float, float]:
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        return np.nan, np.nan
    low, middle, high = (known[int(share * (len(known) - 1))] for share in (0.1, 0.5, 0.9))
    with np.errstate(invalid="ignore"):
        return float(middle - low), float(high - middle)
