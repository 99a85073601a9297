"""Nearest rows by Euclidean distance: of rows at the same distance the earlier one is nearer.

Points lie in leaves. A query's own leaf limits how far its nearest points can be; leaves whose boxes lie
beyond are left out. Leaf by leaf, one product of matrices in single precision has the distances of all
queries that need it to all its points, less each query's limit: what is not positive is a candidate. Its
error is known and never hides one, and candidates are decided in double precision.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.bias.alike import are_often_alike, first_ones, one_each
from sagemaker_monitor.analysis.bias.boxes import GROUP, Boxes
from sagemaker_monitor.analysis.bias.candidates import LEAST, UP, Candidates
from sagemaker_monitor.analysis.bias.leaves import TWICE, Leaves

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.bias.boxes import Floats
    from sagemaker_monitor.analysis.bias.leaves import Columns, Positions

    Doubles = NDArray[np.float64]

BOXES = 1 << 21
"""Distances of groups of queries from boxes that are held at a time."""
CELLS = 1 << 18
"""Distances of queries from points that are held at a time."""
PRODUCT, ROWS = 1 << 18, 64
"""Multiplications and rows of one product of matrices: so few that no library divides it among threads, which
would wait for one another by counting."""
FAR, SHARE = 300, 0.25
"""Where queries need more leaves than this, those within a share of their limit come first, and lower it."""
NO_LIMIT = 1e36
SMALL, LARGE = 1e-9, 1e12
"""Coordinates of which the largest lies between these have squares in the reach of single precision."""
OF_EACH = 200
"""Codes of which points limit the distance of queries in a leaf without a point that counts."""


def nearest(
    columns: Columns, points: Positions, queries: Positions, k: int, codes: Positions | None = None
) -> Iterator[tuple[Positions, Positions]]:
    """Yield, part by part of *queries*, their positions and the *k* nearest of *points* of each, (rows, k).

    Both are positions of rows of *columns*, and *points* ascend. With *codes*, one for each row, only points
    with another code than the query's count. For each query *k* have to.
    """
    if are_often_alike(columns, points):
        points = first_ones(columns, points, codes, k)
    if not are_often_alike(columns, queries):
        yield from _nearest(columns, points, queries, k, codes)
        return
    different, like = one_each(columns, queries, codes)
    found = np.empty((len(columns[0]), k), dtype=np.intp)
    for part, rows in _nearest(columns, points, different, k, codes):
        found[part] = rows
    yield queries, found[different[like]]


def _nearest(
    columns: Columns, points: Positions, queries: Positions, k: int, codes: Positions | None
) -> Iterator[tuple[Positions, Positions]]:
    space = _Space(columns, points, codes, k)
    homes = space.leaves.homes(space.columns, queries)
    order = np.argsort(homes, kind="stable")
    size = max(1, BOXES // len(space.leaves)) * GROUP
    for start in range(0, len(order), size):
        part = order[start : start + size]
        yield queries[part], _Search(space, queries[part], homes[part]).nearest()


class _Space:
    """The points in their leaves, and how many of them are asked for.

    *exact* are the columns as they are, *columns* made smaller or larger by a power of two where squares
    would leave what single precision holds.
    """

    def __init__(self, columns: Columns, points: Positions, codes: Positions | None, k: int) -> None:
        self.exact, self.codes, self.k = columns, codes, k
        largest = max(max(-float(each.min()), float(each.max())) for each in columns)
        self.power = 0 if SMALL < largest < LARGE or largest == 0.0 else -math.frexp(largest)[1]
        self.columns = [np.ldexp(each, self.power) for each in columns] if self.power else columns
        self.leaves = Leaves.of(self.columns, points)
        self._points = points
        if codes is not None:
            inside = codes.take(self.leaves.rows)
            self.only = np.where(inside.min(axis=1) == inside.max(axis=1), inside[:, 0], -2)
            """The code of all points of a leaf, or -2."""

    @cached_property
    def spread(self) -> Leaves:
        """A leaf of points of many codes: for each query, as many as it needs have another."""
        codes = np.zeros(len(self._points), dtype=np.intp) if self.codes is None else self.codes[self._points]
        order = np.argsort(codes, kind="stable")
        starts = np.flatnonzero(np.diff(codes[order], prepend=codes[order[:1]] - 1))[:OF_EACH]
        sizes = np.diff(np.append(starts, len(order)))
        chosen = [order[start : start + min(size, self.k)] for start, size in zip(starts, sizes, strict=True)]
        return Leaves.of(self.columns, self._points[np.sort(np.concatenate(chosen))])


class _Search:
    """The search of *queries*, which ascend by their *homes* and are called by their places among them."""

    def __init__(self, space: _Space, queries: Positions, homes: Positions) -> None:
        self._space, self._leaves, self._homes = space, space.leaves, homes
        self._at = np.stack([column.take(queries) for column in space.columns], axis=1)
        self._codes = None if space.codes is None else space.codes[queries]
        self._limit = np.full(len(queries), NO_LIMIT)
        """Squared distance that none of a query's k nearest points is beyond."""
        self._found = Candidates(space.exact, queries, space.k, 2 * space.power)
        self._error = 4.0 * float(np.finfo(np.float32).eps) * (len(space.columns) + 4)
        self._left, self._product = _Buffer(), _Buffer()

    def nearest(self) -> Positions:
        """Return the nearest points of each query, (queries, k)."""
        shares = self._begin()
        boxes = Boxes(self._leaves, self._at)
        reach, before = boxes.reach(self._limit), None
        for share in shares:
            if boxes.needed(reach) <= FAR:
                break
            within = reach * np.float32(share)
            self._look_at(boxes, within, before)
            self._found.narrow(self._limit)
            reach = boxes.reach(self._limit)
            before = within if before is None else np.maximum(before, within)
        self._look_at(boxes, reach, before)
        return self._found.nearest(self._limit)

    def _begin(self) -> Sequence[float]:
        """Limit each query by its leaf; return the shares of its limit to look within at first."""
        ends = np.searchsorted(self._homes, np.arange(len(self._leaves) + 1))
        for leaf in np.flatnonzero(np.diff(ends)):
            self._limit_by(self._leaves, int(leaf), np.arange(ends[leaf], ends[leaf + 1]))
        unlimited = np.flatnonzero(self._limit >= NO_LIMIT)
        if not len(unlimited):
            return (SHARE,)
        self._limit_by(self._space.spread, 0, unlimited)
        return (SHARE**3, SHARE)

    def _limit_by(self, leaves: Leaves, leaf: int, places: Positions) -> None:
        """Limit the queries at *places* by the points of *leaf*."""
        for part in _parts(places, leaves):
            away, own = self._away(leaves, leaf, part, None)
            if self._codes is not None and self._space.codes is not None:
                same = self._codes[part][:, None] == self._space.codes[leaves.rows[leaf]]
                np.copyto(away, np.float32(TWICE), where=same)
            last = np.partition(away, self._space.k - 1, axis=1)[:, self._space.k - 1]
            error = self._error * (own + leaves.reach[leaf]) + LEAST
            self._limit[part] = np.minimum((last + error) * UP, NO_LIMIT)

    def _look_at(self, boxes: Boxes, reach: Floats, before: Floats | None) -> None:
        """Find candidates in all leaves that queries reach, but for those they reached *before*."""
        for leaf, places in boxes.needing(reach, before):
            if self._codes is not None:
                # Where all points have one code, they count for no query that has it.
                places = places[self._codes[places] != self._space.only[leaf]]
            for part in _parts(places, self._leaves):
                self._look(leaf, part)
            if self._found.are_many:
                self._found.narrow(self._limit)

    def _look(self, leaf: int, places: Positions) -> None:
        """Add the points of *leaf* that may lie within the limit of the queries at *places*."""
        limit = self._limit[places]
        less, own = self._away(self._leaves, leaf, places, limit)
        found = np.flatnonzero(less <= np.float32(0.0))
        row, point = np.divmod(found, less.shape[1])
        if self._codes is not None and self._space.codes is not None:
            # Few lie within the limit, so that it costs least to tell now which of them count.
            counts = self._codes[places[row]] != self._space.codes[self._leaves.rows[leaf][point]]
            found, row, point = found[counts], row[counts], point[counts]
        if len(found):
            error = self._error * (own + limit + self._leaves.reach[leaf])[row] + LEAST
            rough = less.reshape(-1)[found] + (limit[row] + error)
            self._found.add(places[row], self._leaves.rows[leaf][point], rough, error)

    def _away(
        self, leaves: Leaves, leaf: int, places: Positions, limit: Doubles | None
    ) -> tuple[Floats, Doubles]:
        """Return the squared distances from the points of *leaf*, (queries, points), and of its middle.

        With a *limit* of each query, the former are less that and the most they may be wrong. They are
        overwritten by the next call.
        """
        width, size = leaves.inner.shape[1:]
        rows = _rows(leaves)
        blocks = -(-len(places) // rows)
        left = self._left.get(blocks * rows * width).reshape(-1, width)
        at = self._at.take(places, axis=0)
        at -= leaves.middles[leaf]
        own: Doubles = np.einsum("ij,ij->i", at, at)
        np.multiply(at, -2.0, out=left[: len(places), :-2], casting="same_kind")
        left[: len(places), -2] = 1.0
        left[: len(places), -1] = own
        if limit is not None:
            error = self._error * (own + limit + leaves.reach[leaf]) + LEAST
            left[: len(places), -1] = own - limit - error
        product = self._product.get(blocks * rows * size).reshape(blocks, rows, size)
        np.matmul(left.reshape(blocks, rows, width), leaves.inner[leaf], out=product)
        away = product.reshape(-1, size)[: len(places)]
        return away, own


class _Buffer:
    """Room for numbers, which is used again and again."""

    def __init__(self) -> None:
        self._room = np.zeros(0, dtype=np.float32)

    def get(self, size: int) -> Floats:
        """Return room for *size* numbers, with what was there before."""
        if len(self._room) < size:
            self._room = np.zeros(size, dtype=np.float32)
        return self._room[:size]


def _rows(leaves: Leaves) -> int:
    """Return how many queries one product of matrices takes."""
    return max(1, min(ROWS, PRODUCT // int(leaves.inner[0].size)))


def _parts(places: Positions, leaves: Leaves) -> Iterator[Positions]:
    size = max(1, CELLS // (leaves.rows.shape[1] * _rows(leaves))) * _rows(leaves)
    for start in range(0, len(places), size):
        yield places[start : start + size]
