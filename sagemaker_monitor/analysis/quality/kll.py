"""KLL sketches as Deequ keeps them: deterministic, so equal bit for bit for equal values in equal order."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
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


@dataclass
class KllSketch:
    """The values of a column so far: level h holds items that each stand for 2^h of them."""

    levels: list[Values] = field(default_factory=lambda: [np.zeros(0)])
    compactions: list[int] = field(default_factory=lambda: [0])
    count: int = 0

    def frozen(self) -> Sketch:
        """Return the sketch as it stands in a document."""
        return Sketch(SHRINKING, float(SIZE), tuple(self.levels))


def capacity(level: int) -> int:
    """Return from how many items on a level is compacted."""
    return 2 * (math.ceil(SIZE * SHRINKING**level / 2) + 1)


def extend(added: Iterable[tuple[KllSketch, Values]]) -> None:
    """Append values, in row order, to the sketch that each comes with.

    When a level is compacted depends only on how many values there have been: sketches that saw equally
    many are treated as the rows of one matrix.
    """
    alike: dict[tuple[int, int], list[tuple[KllSketch, Values]]] = defaultdict(list)
    for sketch, values in added:
        if len(values):
            alike[sketch.count, len(values)].append((sketch, values))
    for together in alike.values():
        _extend([sketch for sketch, _ in together], [values for _, values in together])


def _extend(sketches: Sequence[KllSketch], columns: Sequence[Values]) -> None:
    compactions = sketches[0].compactions.copy()
    levels = [np.stack([each.levels[h] for each in sketches]) for h in range(len(compactions))]
    taken, total = 0, len(columns[0])
    while True:
        room = sum(map(capacity, range(len(levels)))) - sum(items.shape[1] for items in levels)
        if total - taken <= room:
            break
        # The item that exceeds the room is still appended.
        levels[0] = _appended(levels[0], columns, taken, taken + room + 1)
        taken += room + 1
        _condense(levels, compactions)
    levels[0] = _appended(levels[0], columns, taken, total)
    for row, sketch in enumerate(sketches):
        sketch.levels = [items[row].copy() for items in levels]
        sketch.compactions = compactions.copy()
        sketch.count += total


def _appended(level: Values, columns: Sequence[Values], start: int, stop: int) -> Values:
    return np.concatenate([level, np.stack([each[start:stop] for each in columns])], axis=1)


def _condense(levels: list[Values], compactions: list[int]) -> None:
    """Compact the lowest level that is full: every other item of it, sorted, goes up; an odd one stays."""
    height = next(h for h, items in enumerate(levels) if items.shape[1] >= capacity(h))
    items = levels[height]
    even = items.shape[1] // 2 * 2
    # The first item to go up alternates after every second compaction: 0, 1, 1, 0, 0, 1, …
    offset = (compactions[height] + 1) // 2 % 2
    risen = np.sort(items[:, :even], axis=1)[:, offset::2]
    levels[height] = items[:, even:]
    compactions[height] += 1
    if height + 1 == len(levels):
        levels.append(risen)
        compactions.append(0)
    else:
        levels[height + 1] = np.concatenate([levels[height + 1], risen], axis=1)


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
