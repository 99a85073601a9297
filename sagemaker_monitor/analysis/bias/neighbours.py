"""Nearest rows by Euclidean distance: of rows at the same distance the earlier one is nearer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BLOCK = 4_000_000
"""Distances held at a time."""
TREE_FEATURES, TREE_PAIRS = 15, 20_000_000
"""A k-d tree pays for at most this many features, and from this many distances on."""
LEAF = 32
"""Points in a leaf of the tree: measured as a fifth faster than 16 on twelve independent features."""
FIRST_REACH, LAST_REACH = 16, 1024
"""How many points around a row are looked at for those of other groups: so many, then more, then all."""
_MARGIN = 1e-12
"""How far, relatively, two ways of computing one distance may lie apart."""


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
    tree = _tree(points)
    reach = min(k + 1, len(points))
    for start, stop in _blocks(len(queries), 1000):
        block = queries[start:stop]
        distances, found = tree.query(block, k=reach, workers=-1)
        neighbours = found[:, :k].astype(np.intp)
        # Where the next point is as near as the last of the k, all at that distance have to be seen.
        limit = distances[:, k - 1] * (1 + _MARGIN)
        tied = np.flatnonzero(distances[:, -1] <= limit) if reach > k else np.empty(0, dtype=np.intp)
        if len(tied):
            around = tree.query_ball_point(block[tied], np.nextafter(limit[tied], np.inf))
            rows = np.repeat(np.arange(len(tied)), [len(each) for each in around])
            neighbours[tied] = _first(points, block[tied], rows, np.concatenate(around).astype(np.intp), k)
        yield start, neighbours


def nearest_of_others(
    points: NDArray[np.float64], codes: NDArray[np.intp], rows: NDArray[np.intp], k: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield, for parts of *rows*, their positions and the *k* nearest *points* with another code, (rows, k).

    Each row has *k* such points at least. One tree serves all groups, so many small ones cost little more
    than one.
    """
    tree, reach = _tree(points), min(FIRST_REACH, len(points))
    while len(rows) and reach <= LAST_REACH:
        left = []
        for start, stop in _blocks(len(rows), reach * points.shape[1]):
            part = rows[start:stop]
            distances, found = tree.query(points[part], k=reach, workers=-1)
            other = codes[found] != codes[part][:, None]
            last = np.argmax(other.cumsum(axis=1) == k, axis=1)
            limit = distances[np.arange(len(part)), last] * (1 + _MARGIN)
            # Where the reach ends before or at that distance, points that count may lie beyond.
            done = (other.sum(axis=1) >= k) & ((distances[:, -1] > limit) | (reach == len(points)))
            left.append(part[~done])
            if done.any():
                query, place = np.nonzero(other[done] & (distances[done] <= limit[done][:, None]))
                candidates = found[done][query, place].astype(np.intp)
                yield part[done], _first(points, points[part[done]], query, candidates, k)
        rows = np.concatenate(left)
        if reach == len(points):
            break
        reach = min(4 * reach, len(points))
    for code in np.unique(codes[rows]):
        inside, outside = rows[codes[rows] == code], np.flatnonzero(codes != code)
        for start, neighbours in nearest(points[outside], points[inside], k):
            yield inside[start : start + len(neighbours)], outside[neighbours]


def _tree(points: NDArray[np.float64]) -> Any:
    from scipy.spatial import cKDTree

    return cKDTree(points, leafsize=LEAF)


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
