"""The flip test: would people inside the facet have been answered alike, had they been outside it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.errors import MetricError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.columns import Column

NEIGHBOURS, NEIGHBOURS_OF_FEW, FEW = 5, 1, 9
BLOCK = 4_000_000
"""Distances held at a time."""
TREE_FEATURES, TREE_PAIRS = 15, 20_000_000
"""A k-d tree pays for at most this many features, and from this many distances on."""
LEAF = 32
"""Points in a leaf of the tree: measured as a fifth faster than 16 on twelve independent features."""

DESCRIPTION = "Flip Test (FT)"


def FT(features: Sequence[Column], inside: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Flip Test (FT)

    Each row inside the facet is compared with the majority among its five nearest rows outside (the nearest
    one when at most nine are outside), by Euclidean distance over *features*. The value is the number of rows
    that only the model favours minus the number that only the neighbours favour, over the rows inside.
    Of rows at the same distance the earlier one is nearer. Raises MetricError with Clarify's texts.
    """
    if not inside.any():
        raise MetricError("Facet set is empty")
    if inside.all():
        raise MetricError("Negated Facet set is empty")
    if not all(column.is_numeric for column in features):
        raise MetricError("FlipTest does not support non-numeric columns")
    if not features:
        raise MetricError("Data must contain features.")
    matrix = np.column_stack([column.values.astype(np.float64) for column in features])
    if not np.isfinite(matrix).all():
        raise MetricError("Input contains NaN, infinity or a value too large for dtype('float64').")
    outside_rows, inside_rows = matrix[~inside], matrix[inside]
    k = NEIGHBOURS if len(outside_rows) > FEW else NEIGHBOURS_OF_FEW
    answers = predicted[~inside]
    as_outside = np.empty(len(inside_rows), dtype=bool)
    for start, neighbours in nearest(outside_rows, inside_rows, k):
        as_outside[start : start + len(neighbours)] = answers[neighbours].sum(axis=1) * 2 > k
    model = predicted[inside]
    flips = int((model & ~as_outside).sum()) - int((~model & as_outside).sum())
    return flips / len(inside_rows)


def nearest(
    points: NDArray[np.float64], queries: NDArray[np.float64], k: int
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield, block by block of *queries*, its first row and the *k* nearest *points* of each, (rows, k).

    Candidates are found fast and roughly, then decided by their exact distance and index.
    """
    if points.shape[1] <= TREE_FEATURES and len(points) * len(queries) >= TREE_PAIRS:
        yield from _nearest_by_tree(points, queries, k)
        return
    # Distances do not depend on the origin, but their rounding does.
    centre = points.mean(axis=0)
    moved, moved_queries = points - centre, queries - centre
    squares = np.square(moved).sum(axis=1)
    for start, stop in _blocks(len(queries), len(points)):
        block = moved_queries[start:stop]
        own = np.square(block).sum(axis=1)
        rough = squares - 2.0 * (block @ moved.T)
        rough += own[:, None]
        error = 8 * np.finfo(float).eps * (points.shape[1] + 4) * (own + squares.max())
        limit = np.partition(rough, k - 1, axis=1)[:, k - 1] + 2 * error
        rows, candidates = np.nonzero(rough <= limit[:, None])
        yield start, _first(points, queries[start:stop], rows, candidates, k)


def _nearest_by_tree(
    points: NDArray[np.float64], queries: NDArray[np.float64], k: int
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    from scipy.spatial import cKDTree

    tree = cKDTree(points, leafsize=LEAF)
    reach = min(k + 1, len(points))
    for start, stop in _blocks(len(queries), 1000):
        block = queries[start:stop]
        distances, found = tree.query(block, k=reach, workers=-1)
        neighbours = found[:, :k].astype(np.intp)
        # Where the next point is as near as the last of the k, all at that distance have to be seen.
        limit = distances[:, k - 1] * (1 + 1e-12)
        tied = np.flatnonzero(distances[:, -1] <= limit) if reach > k else np.empty(0, dtype=np.intp)
        if len(tied):
            around = tree.query_ball_point(block[tied], np.nextafter(limit[tied], np.inf))
            rows = np.repeat(np.arange(len(tied)), [len(each) for each in around])
            neighbours[tied] = _first(points, block[tied], rows, np.concatenate(around).astype(np.intp), k)
        yield start, neighbours


def _first(
    points: NDArray[np.float64],
    queries: NDArray[np.float64],
    rows: NDArray[np.intp],
    candidates: NDArray[np.intp],
    k: int,
) -> NDArray[np.intp]:
    """Return each query's *k* nearest candidates; *rows* ascends and has every query at least *k* times."""
    exact = np.empty(len(rows))
    for start, stop in _blocks(len(rows), points.shape[1]):
        exact[start:stop] = np.square(queries[rows[start:stop]] - points[candidates[start:stop]]).sum(axis=1)
    order = np.lexsort((candidates, exact, rows))
    starts = np.searchsorted(rows, np.arange(len(queries)))
    chosen: NDArray[np.intp] = candidates[order[starts[:, None] + np.arange(k)]]
    return chosen


def _blocks(length: int, width: int) -> Iterator[tuple[int, int]]:
    size = max(1, BLOCK // max(1, width))
    for start in range(0, length, size):
        yield start, min(length, start + size)
