"""The flip test: would people inside the facet have been answered alike, had they been outside it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.bias.neighbours import nearest
from sagemaker_monitor.analysis.errors import MetricError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.bias.leaves import Columns
    from sagemaker_monitor.analysis.columns import Column

NEIGHBOURS, NEIGHBOURS_OF_FEW, FEW = 5, 1, 9
MANY = 8
"""From this many groups on, all are tested at once."""

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
    columns = columns_of(features)
    outside = np.flatnonzero(~inside)
    k = NEIGHBOURS if len(outside) > FEW else NEIGHBOURS_OF_FEW
    flips = 0
    for rows, neighbours in nearest(columns, outside, np.flatnonzero(inside), k):
        as_outside = predicted[neighbours].sum(axis=1) * 2 > k
        flips += int(predicted[rows].sum()) - int(as_outside.sum())
    return flips / int(inside.sum())


def of_groups(
    columns: Columns, groups: Sequence[NDArray[np.intp]], predicted: NDArray[np.bool_]
) -> list[float | None]:
    """Return the flip test of each of *groups*, the positions of its rows, of which no row is in two.

    Rows are compared by *columns*.
    None stands for a group that has to be tested by itself: nobody is inside, or too few are outside.
    """
    total = len(predicted)
    codes = np.full(total, -1, dtype=np.intp)
    for code, rows in enumerate(groups):
        codes[rows] = code
    sizes = np.array([len(rows) for rows in groups], dtype=np.intp)
    testable = (sizes > 0) & (total - sizes > FEW)
    flips = np.zeros(len(groups), dtype=np.int64)
    asked = np.flatnonzero((codes >= 0) & np.append(testable, False)[codes])
    if not len(asked):
        return [None] * len(groups)
    for rows, neighbours in nearest(columns, np.arange(total), asked, NEIGHBOURS, codes):
        as_outside = predicted[neighbours].sum(axis=1) * 2 > NEIGHBOURS
        np.add.at(flips, codes[rows], predicted[rows].astype(np.int64) - as_outside)
    return [
        int(flip) / int(size) if good else None
        for flip, size, good in zip(flips, sizes, testable, strict=True)
    ]


def columns_of(features: Sequence[Column]) -> Columns:
    """Return the values of each of *features*; raises MetricError with Clarify's texts."""
    if not all(column.is_numeric for column in features):
        raise MetricError("FlipTest does not support non-numeric columns")
    if not features:
        raise MetricError("Data must contain features.")
    columns = [np.ascontiguousarray(column.values, dtype=np.float64) for column in features]
    if not all(np.isfinite(column).all() for column in columns):
        raise MetricError("Input contains NaN, infinity or a value too large for dtype('float64').")
    return columns
