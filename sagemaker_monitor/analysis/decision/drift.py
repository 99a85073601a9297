"""How far a feature's distribution strays from its baseline by chance alone, for all features together.

The distance is the one SageMaker measures: of numbers the largest difference of the two cumulative
distributions, of texts the largest difference of a category's two shares, among the values that are
present. As for bias, the rows of both samples are pooled and split again at random, whole rows at a
time, so that features which go with each other stray together.

A distance counts in units of the 95 % quantile of its own splits, and the rarest of all features
decides. P-values would serve as well, but 3,000 of them can be told apart only with far more than
the 60,000 splits that 3,000 / 5 % asks for; distances all have much the same tail in these units.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, Iterator, List, Mapping, Sequence, Set, Tuple

import numpy as np

from sagemaker_monitor.analysis.decision import family
from sagemaker_monitor.analysis.decision.table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Codes = NDArray[np.int32]

METHOD = "permutation of the rows of baseline and batch, largest standardised distance over all features"
SEED = 19_330_715
TOTALS = (10_000, 5_000, 2_000, 1_000, 500)
"""How many splits there may be, the true one included; fewer where they would take long."""
WORK = 600_000_000
"""Values that may be looked at; about two seconds."""
CHUNK = 50_000
"""Values that are looked at together: what stays in a processor's cache, several arrays of 8 bytes each."""
DIGITS = 9
MOST_CATEGORIES = 120
"""SageMaker keeps no distribution of texts with more distinct values."""
NINE_OF_TEN = 1.2816
"""Standard normal quantile of 90 %."""
NUMBER = re.compile(r"[-+]? ?[0-9]+(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?")
"""A number as SageMaker tells it from text (Deequ 2.0.2)."""


@dataclass(frozen=True, eq=False)
class Feature:
    """One feature of the pooled rows, baseline first: each value's rank; missing ones rank last."""

    name: str
    numeric: bool
    codes: Codes
    counts: NDArray[np.int64]

    @property
    def present(self) -> int:
        """Return how many of the pooled rows have a value."""
        return int(self.counts.sum())


@dataclass(frozen=True, eq=False)
class Drift:
    """The distance of each feature in each split, shape (splits, features), the true split first.

    *present* has how many values baseline and batch have; *left_out* says by name why a feature has
    no distance, *incomparable* where that is because batch and baseline differ.
    """

    features: Tuple[str, ...]
    distances: Array
    present: Dict[str, Tuple[int, int]]
    left_out: Dict[str, str]
    incomparable: Dict[str, str]

    @property
    def splits(self) -> int:
        """Return the number of splits, the true one included."""
        return int(self.distances.shape[0])

    def missing(self, name: str) -> str | None:
        """Return which sample has no value of *name*; None where both have."""
        sides = [what for what, count in zip(("baseline", "batch"), self.present[name]) if not count]
        return f"the {sides[0]} has no value of it" if sides else None

    def distance(self, name: str) -> float:
        """Return the distance of the true batch from the true baseline."""
        return float(self.distances[0, self.features.index(name)])

    def limits(self, names: Sequence[str], false_refusals: float) -> Dict[str, float]:
        """Return the distances that in at most a share *false_refusals* of splits any of *names* exceeds."""
        at = [self.features.index(name) for name in names]
        if not at:
            return {}
        change = self.distances[:, at]
        reach = family.reach(change, family.standardised(change), false_refusals)
        return dict(zip(names, reach.tolist()))

    def expected_limits(self, names: Sequence[str], false_refusals: float) -> Dict[str, float]:
        """Return about the limits that many more splits would give.

        A limit is the largest distance that is not refused; of few splits the largest lies well below.
        """
        change = self.distances[:, [self.features.index(name) for name in names]]
        common = family.level(family.standardised(change).min(axis=1), false_refusals)
        return dict(zip(names, (-common * family.units(change)).tolist()))

    def refused(self, limits: Mapping[str, float]) -> float:
        """Return the share of splits in which any feature exceeds its limit."""
        at = [self.features.index(name) for name in limits]
        crossed = self.distances[:, at] > np.array(list(limits.values()), dtype=np.float64)
        return float(crossed.any(axis=1).mean()) if at else 0.0

    def caught(self, name: str, limit: float) -> float:
        """Return a true distance that at least nine of ten batches of this size show as exceeding *limit*.

        The distance measured is at least the difference at the value where the true one is largest; that
        is nearly normal, with a deviation of at most half the root of 1/n + 1/m.
        """
        return limit + NINE_OF_TEN * 0.5 * math.sqrt(sum(1 / count for count in self.present[name]))


def _kind(cells: Set[str]) -> str:
    return "numbers" if all(map(NUMBER.fullmatch, cells)) else "texts"


@dataclass(frozen=True)
class Without:
    """Why a feature has no distance, and whether batch and baseline differ in that."""

    why: str
    differs: bool = False


def encode(name: str, columns: Tuple[Sequence[str], Sequence[str]]) -> Feature | Without:
    """Return the feature of the pooled columns, or why there is none."""
    both = [set(column) - {""} for column in columns]
    kinds = {_kind(cells) for cells in both if cells}
    distinct = sorted(both[0] | both[1])
    if not distinct:
        return Without("neither batch nor baseline has a value of it")
    if len(kinds) > 1:
        return Without(
            f"the baseline has {_kind(both[0])} and the batch {_kind(both[1])}: "
            "there is no distance between them; see data_type_check",
            differs=True,
        )
    numeric = kinds == {"numbers"}
    if not numeric and len(distinct) > MOST_CATEGORIES:
        return Without(
            f"it is text with {len(distinct)} distinct values; SageMaker compares up to {MOST_CATEGORIES}"
        )
    if numeric:
        values, rank = np.unique([float(cell.replace(" ", "")) for cell in distinct], return_inverse=True)
        size, ranks = len(values), dict(zip(distinct, rank.ravel().tolist()))
    else:
        size, ranks = len(distinct), {cell: place for place, cell in enumerate(distinct)}
    ranks[""] = size
    codes = np.array([ranks[cell] for column in columns for cell in column], dtype=np.int32)
    return Feature(name, numeric, codes, np.bincount(codes, minlength=size + 1)[:size])


def _draw(random: np.random.RandomState, total: int, size: int, splits: int) -> Codes:
    """Return *size* different rows of *total*, drawn at random for each split: shape (splits, size)."""
    drawn = random.random_sample((splits, size)).T * (total - np.arange(size))[:, None]
    other = (drawn.astype(np.int64) + np.arange(size)[:, None]) * splits + np.arange(splits)
    rows = np.repeat(np.arange(total, dtype=np.int32), splits)
    # One place after the other changes hands in all splits: they lie side by side for that.
    by_place = rows.reshape(total, splits)
    for taken, here in zip(other, by_place):
        values = rows[taken]
        rows[taken] = here
        here[:] = values
    return np.ascontiguousarray(by_place[:size].T)


def _distances(feature: Feature, chosen: Codes) -> Array:
    """Return the distance between the *chosen* rows, shape (splits, rows), and the others, in each split."""
    codes = feature.codes[chosen]
    size, present = len(feature.counts), feature.present
    complete = present == len(feature.codes)
    if complete and feature.numeric and size > 3 * chosen.shape[1]:
        return _by_sorting(feature, codes)
    splits = len(chosen)
    flat = codes + np.arange(splits, dtype=np.int64)[:, None] * (size + 1)
    counts = np.bincount(flat.ravel(), minlength=splits * (size + 1)).reshape(splits, size + 1)[:, :size]
    inside = counts.sum(axis=1)
    pool = feature.counts
    if feature.numeric:
        counts, pool = np.cumsum(counts, axis=1), np.cumsum(pool)
    gap = np.abs(counts - inside[:, None] * (pool / present)).max(axis=1)
    return _scaled(gap, inside, present)


def _by_sorting(feature: Feature, codes: Codes) -> Array:
    """Return the same where there are many more values than chosen rows: only those rows' values matter."""
    ordered = np.sort(codes, axis=1)
    size, present = codes.shape[1], feature.present
    share = np.concatenate([[0], np.cumsum(feature.counts)]) * (size / present)
    above = np.arange(1, size + 1) - share[ordered + 1]
    below = share[ordered] - np.arange(size)
    gap = np.maximum(above.max(axis=1), below.max(axis=1))
    return _scaled(gap, np.full(len(codes), size), present)


def _scaled(gap: Array, inside: NDArray[np.int64], present: int) -> Array:
    """Return the distance from the difference of counts; 0 where a side has no value at all."""
    product = inside * (present - inside)
    distance: Array = np.where(product > 0, gap * present / np.maximum(product, 1), 0.0)
    return np.round(distance, DIGITS)


def _splits(features: Sequence[Feature], total: int, size: int, false_refusals: float) -> int:
    """Return how many splits there are time for; at least as many as the error rate needs."""
    work = sum(min(len(each.counts), 3 * size) + size for each in features) + total
    fits = next((splits for splits in TOTALS if splits * work <= WORK), TOTALS[-1])
    return max(fits, math.ceil(1 / false_refusals))


def _chosen(
    features: Sequence[Feature], baseline: int, batch: int, splits: int, seed: int
) -> Iterator[Codes]:
    """Yield the rows of the smaller sample in the true split, then in random ones."""
    total, size = baseline + batch, min(baseline, batch)
    first = 0 if baseline <= batch else baseline
    yield np.arange(first, first + size, dtype=np.int32)[None, :]
    random = np.random.RandomState(seed)
    chunk = 500
    for start in range(1, splits, chunk):
        yield _draw(random, total, size, min(chunk, splits - start))


def drift(
    baseline: Table, batch: Table, false_refusals: float, *, splits: int | None = None, seed: int = SEED
) -> Drift:
    """Return the distance of every feature, in the true split and in random ones.

    Columns belong together by their position, as SageMaker compares them. *false_refusals* is the
    error rate that limits will be asked for; it, and what there is time for, gives the number of *splits*.
    """
    features: List[Feature] = []
    left_out: Dict[str, str] = {}
    incomparable: Dict[str, str] = {}
    present = {}
    for name, *columns in zip(baseline.names, baseline.columns, batch.columns):
        found = encode(name, (columns[0], columns[1]))
        if isinstance(found, Without):
            left_out[name] = found.why
            if found.differs:
                incomparable[name] = found.why
            continue
        features.append(found)
        present[name] = (_present(columns[0]), _present(columns[1]))
        if not present[name][1]:
            incomparable[name] = "the batch has no value of it"
    names = tuple(each.name for each in features)
    if not features or not baseline.kept or not batch.kept:
        return Drift((), np.zeros((1, 0)), {}, left_out, incomparable)
    size = min(baseline.kept, batch.kept)
    splits = splits or _splits(features, baseline.kept + batch.kept, size, false_refusals)
    parts = [
        np.stack([_in_chunks(each, chosen) for each in features], axis=-1)
        for chosen in _chosen(features, baseline.kept, batch.kept, splits, seed)
    ]
    return Drift(names, np.concatenate(parts), present, left_out, incomparable)


def _present(column: Sequence[str]) -> int:
    return len(column) - list(column).count("")


def _in_chunks(feature: Feature, chosen: Codes) -> Array:
    step = max(1, CHUNK // max(len(feature.counts), chosen.shape[1]))
    return np.concatenate(
        [_distances(feature, chosen[start : start + step]) for start in range(0, len(chosen), step)]
    )
