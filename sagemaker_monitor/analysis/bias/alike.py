"""Rows that are alike: only the first can be among the nearest, and all have the same nearest rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.bias.leaves import Columns, Positions

SAMPLE, SHARE = 2048, 0.95
"""Rows count as often alike when of so many fewer than this share differ."""
_ODD = np.uint64(0x9E3779B97F4A7C15)


def are_often_alike(columns: Columns, rows: Positions) -> bool:
    """Tell whether many of *rows* are alike, by a sample; where few are, they do no harm."""
    sample = rows[:: max(1, len(rows) // SAMPLE)]
    return len(np.unique(_hashes(columns, sample, None))) < SHARE * len(sample)


def first_ones(columns: Columns, rows: Positions, codes: Positions | None, k: int) -> Positions:
    """Return of *rows*, which ascend, the first *k* of those alike in all *columns* and their code."""
    order, starts = _sorted(columns, rows, codes)
    place = np.arange(len(rows))
    rank = place - np.maximum.accumulate(np.where(starts, place, 0))
    return rows[np.sort(order[rank < k])]


def one_each(columns: Columns, rows: Positions, codes: Positions | None) -> tuple[Positions, Positions]:
    """Return one of *rows* for all that are alike, and which of these each row is like."""
    order, starts = _sorted(columns, rows, codes)
    like = np.empty(len(rows), dtype=np.intp)
    like[order] = np.cumsum(starts) - 1
    return rows[order[starts]], like


def _sorted(
    columns: Columns, rows: Positions, codes: Positions | None
) -> tuple[Positions, NDArray[np.bool_]]:
    """Return an order of *rows* in which those that are alike follow one another, and which begin anew.

    Different rows of one hash may come in turns, and begin anew each time.
    """
    order = np.argsort(_hashes(columns, rows, codes), kind="stable")
    there = rows[order]
    starts = np.zeros(len(rows), dtype=bool)
    starts[:1] = True
    for column in (*columns, *(() if codes is None else (codes,))):
        values = column.take(there)
        starts[1:] |= values[1:] != values[:-1]
    return order, starts


def _hashes(columns: Columns, rows: Positions, codes: Positions | None) -> NDArray[np.uint64]:
    found = np.zeros(len(rows), dtype=np.uint64) if codes is None else codes[rows].astype(np.uint64)
    for column in columns:
        found *= _ODD
        found ^= found >> np.uint64(29)
        # Zero has two signs.
        found += (column.take(rows) + 0.0).view(np.uint64)
    found *= _ODD
    return found ^ found >> np.uint64(32)
