"""Rows in leaves: boxes of equally many rows that lie close together, held so that distances cost little."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Columns = Sequence[NDArray[np.float64]]
    Positions = NDArray[np.intp]
    Halves = Sequence[tuple[Positions, NDArray[np.float64]]]

LEAF = 1024
"""About so many rows make a leaf."""
TWICE = 1e38
"""The square of a row that stands in a leaf a second time, larger than any other."""
SEEN = 16
"""By so many rows of a node it is decided which column it is halved by."""


@dataclass(frozen=True)
class Leaves:
    """Leaves of a k-d tree: rows halved at the median of the column that varies most, again and again.

    *rows* has the positions of each leaf's rows, (leaves, size), of which some stand there twice, and
    *lowest* and *highest* its box, (columns, leaves). *inner* has each leaf's rows' coordinates from the
    middle of the box, then their squared distance from it, TWICE where a row stands a second time, and then
    ones, (leaves, columns + 2, size). *reach* is the largest of these squares. *halves* are the columns and
    the values that nodes are halved at, level by level.
    """

    rows: Positions
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    inner: NDArray[np.float32]
    reach: NDArray[np.float64]
    halves: Halves

    @classmethod
    def of(cls, columns: Columns, rows: Positions) -> Leaves:
        """Return the leaves of the rows of *columns* at the positions *rows*, which ascend."""
        depth = max(0, round(math.log2(len(rows) / LEAF)))
        # Leaves are of one size: the first rows stand twice to fill them up.
        nodes = np.resize(rows, (1, -(-len(rows) // (1 << depth)) << depth))
        twice = nodes.size - len(rows)
        halves = []
        for _ in range(depth):
            size = nodes.shape[1] // 2
            column = _widest(columns, nodes[:, :: max(1, nodes.shape[1] // SEEN)])
            values = _values(columns, column, nodes)
            order = np.argpartition(values, size, axis=1)
            halves.append((column, np.take_along_axis(values, order[:, size : size + 1], 1)[:, 0]))
            order += np.arange(len(nodes))[:, None] * (2 * size)
            nodes = nodes.reshape(-1).take(order).reshape(-1, size)
        return cls._measured(columns, nodes, _again(nodes, rows[:twice]), halves)

    @classmethod
    def _measured(cls, columns: Columns, rows: Positions, again: Positions, halves: Halves) -> Leaves:
        count, size = rows.shape
        lowest, highest = np.empty((2, len(columns), count))
        inner = np.ones((count, len(columns) + 2, size), dtype=np.float32)
        squares = np.zeros(rows.shape)
        for place, column in enumerate(columns):
            values = column.take(rows)
            values.min(axis=1, out=lowest[place])
            values.max(axis=1, out=highest[place])
            values -= _middle(lowest[place], highest[place])[:, None]
            inner[:, place] = values
            squares += np.square(values, out=values)
        reach = squares.max(axis=1)
        squares.reshape(-1)[again] = TWICE
        inner[:, -2] = squares
        return cls(rows, lowest, highest, inner, reach, halves)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def middles(self) -> NDArray[np.float64]:
        """The middle of each box, (leaves, columns)."""
        return np.ascontiguousarray(_middle(self.lowest, self.highest).T)

    def homes(self, columns: Columns, rows: Positions) -> Positions:
        """Return the leaf that each of *rows* would have been put in."""
        nodes = np.zeros(len(rows), dtype=np.intp)
        for column, values in self.halves:
            own = _values(columns, column[nodes], rows[:, None])[:, 0]
            nodes = 2 * nodes + (own >= values[nodes])
        return nodes


def _middle(lowest: NDArray[np.float64], highest: NDArray[np.float64]) -> NDArray[np.float64]:
    return lowest + (highest - lowest) / 2


def _widest(columns: Columns, nodes: Positions) -> Positions:
    """Return the column that varies most among each node's rows."""
    widest: Positions = np.array([column.take(nodes).var(axis=1) for column in columns]).argmax(axis=0)
    return widest


def _values(columns: Columns, column: Positions, nodes: Positions) -> NDArray[np.float64]:
    """Return the values of each node's rows in the node's own *column*."""
    values = np.empty(nodes.shape)
    for place in np.unique(column):
        chosen = np.flatnonzero(column == place)
        values[chosen] = columns[place].take(nodes[chosen])
    return values


def _again(nodes: Positions, twice: Positions) -> Positions:
    """Return the places, counted leaf by leaf, where rows of *twice*, the first ones, stand a second time."""
    if not len(twice):
        return twice
    places = np.flatnonzero(nodes <= twice[-1])
    order = np.argsort(nodes.reshape(-1)[places], kind="stable")
    return places[order[1::2]]
