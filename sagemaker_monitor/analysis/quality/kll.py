"""KLL sketches as Deequ keeps them: deterministic, so equal bit for bit for equal values in equal order."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.documents.statistics import Bucket, Distribution, Sketch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

SIZE = 2048
SHRINKING = 0.64
BUCKETS = 10
TOGETHER = 32
"""Up to so many sketches are one matrix, which stays near the processor."""


@dataclass(frozen=True)
class _Together:
    """The levels of sketches that saw equally many values, each level a matrix with a row for each sketch."""

    levels: list[Values]
    compactions: list[int]
    count: int


@dataclass
class KllSketch:
    """The values of a column so far: level h holds items that each stand for 2^h of them."""

    _together: _Together = field(default_factory=lambda: _Together([np.zeros((1, 0))], [0], 0))
    _row: int = 0

    @property
    def levels(self) -> list[Values]:
        """Return the items of each level."""
        return [items[self._row] for items in self._together.levels]

    @property
    def count(self) -> int:
        """Return how many values there have been."""
        return self._together.count

    def frozen(self) -> Sketch:
        """Return the sketch as it stands in a document."""
        return Sketch(SHRINKING, float(SIZE), tuple(self.levels))


@cache
def capacity(level: int) -> int:
    """Return from how many items on a level is compacted."""
    return 2 * (math.ceil(SIZE * SHRINKING**level / 2) + 1)


def extend(added: Iterable[tuple[KllSketch, Values]]) -> None:
    """Append values, in row order, to the sketch that each comes with.

    When a level is compacted depends only on how many values there have been: some sketches that saw equally
    many are treated as the rows of one matrix.
    """
    alike: dict[tuple[int, int], list[tuple[KllSketch, Values]]] = defaultdict(list)
    for sketch, values in added:
        if len(values):
            alike[sketch.count, len(values)].append((sketch, values))
    for each in alike.values():
        for start in range(0, len(each), TOGETHER):
            sketches, columns = zip(*each[start : start + TOGETHER], strict=True)
            _extend(sketches, columns)


def _extend(sketches: Sequence[KllSketch], columns: Sequence[Values]) -> None:
    before = _levels(sketches)
    # All values in a row, behind those that wait on the lowest level: it is a part of them that moves on.
    waiting, total = before.levels[0].shape[1], len(columns[0])
    values = np.empty((len(sketches), waiting + total))
    values[:, :waiting] = before.levels[0]
    for row, column in enumerate(columns):
        values[row, waiting:] = column
    lowest, stop = 0, waiting
    above, compactions = before.levels[1:], before.compactions.copy()
    while True:
        sizes = [stop - lowest, *(items.shape[1] for items in above)]
        room = sum(map(capacity, range(len(sizes)))) - sum(sizes)
        if waiting + total - stop <= room:
            break
        # The item that exceeds the room is still appended.
        stop += room + 1
        sizes[0] += room + 1
        height = next(h for h, size in enumerate(sizes) if size >= capacity(h))
        even = sizes[height] // 2 * 2
        if height == 0:
            full = values[:, lowest : lowest + even]
            full.sort(axis=1)
            lowest += even
        else:
            full = np.sort(above[height - 1][:, :even], axis=1)
            above[height - 1] = above[height - 1][:, even:].copy()
        _rise(full, height, above, compactions)
    together = _Together([values[:, lowest:].copy(), *above], compactions, before.count + total)
    for row, sketch in enumerate(sketches):
        sketch._together, sketch._row = together, row


def _rise(full: Values, height: int, above: list[Values], compactions: list[int]) -> None:
    """Let every other item of what is full, sorted, go up to the level *above*."""
    # The first item to go up alternates after every second compaction: 0, 1, 1, 0, 0, 1, …
    offset = (compactions[height] + 1) // 2 % 2
    compactions[height] += 1
    risen = full[:, offset::2]
    if height == len(above):
        above.append(risen.copy())
        compactions.append(0)
    else:
        above[height] = np.concatenate([above[height], risen], axis=1)


def _levels(sketches: Sequence[KllSketch]) -> _Together:
    """Return the levels of *sketches*, which saw equally many values, as the rows of matrices."""
    first = sketches[0]._together
    rows = [each._row for each in sketches]
    if all(each._together is first for each in sketches) and rows == [*range(len(first.levels[0]))]:
        return first
    levels = [np.stack(each) for each in zip(*(sketch.levels for sketch in sketches), strict=True)]
    return _Together(levels, first.compactions, first.count)


def distribution(sketch: Sketch, least: float, greatest: float) -> Distribution:
    """Return ten buckets of equal width between the extremes, counted from the sketch."""
    with np.errstate(invalid="ignore", over="ignore"):
        bounds = least + (greatest - least) * np.arange(BUCKETS + 1) / BUCKETS
    # Where the extremes are infinitely far apart, their distance times nought is no number.
    bounds[0] = least
    items, ranks = sketch.cumulative()
    ranks = np.concatenate([[0], ranks])
    below = ranks[np.searchsorted(items, bounds, side="left")]
    upper = [*below[1:-1], ranks[np.searchsorted(items, bounds[-1], side="right")]]
    buckets = tuple(
        Bucket(low, high, float(up - down))
        for low, high, down, up in zip(
            bounds[:-1].tolist(), bounds[1:].tolist(), below[:-1].tolist(), map(int, upper), strict=True
        )
    )
    return Distribution(buckets, sketch)
