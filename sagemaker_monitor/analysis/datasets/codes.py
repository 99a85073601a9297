"""Numbers for the cells of columns that are read block after block: equal ones for equal cells.

What a number stands for stays, block after block, as long as a column's values are few and no new ones come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

SPAN = 1024
"""Up to so many values, each has a number from 0 on; whole numbers, their distance to the least."""


@dataclass(frozen=True)
class Codes:
    """A number below *size* for each cell of a block; of blocks with equal *spaces* it means the same."""

    numbers: NDArray[np.intp]
    size: int
    spaces: tuple[object, ...]


class Coder:
    """Gives the cells of one column their numbers."""

    def __init__(self) -> None:
        self._range = range(1)
        self._kinds: pl.Enum | None = None

    def of(self, cells: pl.Series) -> Codes:
        """Return the numbers of some more *cells*, whole numbers or texts."""
        found = self._whole(cells.to_numpy()) if cells.dtype.is_integer() else None
        return found or self._few(cells) or _positions(cells)

    def _whole(self, cells: NDArray[np.int64]) -> Codes | None:
        least, end = int(cells.min()), int(cells.max()) + 1
        if least < self._range.start or end > self._range.stop:
            both = min(least, self._range.start), max(end, self._range.stop)
            if both[1] - both[0] <= SPAN:
                least, end = both
            if end - least > SPAN:
                return None
            self._range = range(least, end)
        least = self._range.start
        return Codes(cells - least if least else cells, len(self._range), (self._range,))

    def _few(self, cells: pl.Series) -> Codes | None:
        import polars as pl

        texts, kinds = cells.cast(pl.String), self._kinds
        found = None if kinds is None else texts.cast(kinds, strict=False)
        if kinds is None or found is None or found.null_count() > texts.null_count():
            values = texts.unique().drop_nulls()
            if len(values) > SPAN:
                return None
            if kinds is not None:
                both = pl.concat([kinds.categories, values]).unique()
                values = both if len(both) <= SPAN else values
            self._kinds = kinds = pl.Enum(values)
            found = texts.cast(kinds)
        size = len(kinds.categories)
        numbers = found.to_physical().cast(pl.Int64).fill_null(size)
        return Codes(numbers.to_numpy(), size + 1, (kinds,))


def _positions(cells: pl.Series) -> Codes:
    """Return of each cell the position of the first that is equal."""
    import polars as pl

    rows = pl.DataFrame([cells.alias("cell")]).with_row_index("place")
    first = rows.select(pl.col("place").first().over("cell").cast(pl.Int64)).to_series()
    return Codes(first.to_numpy(), len(cells), (object(),))


def joint(columns: Sequence[Codes]) -> Codes:
    """Return the numbers of what stands in all *columns* of a row; raises IndexError for no column."""
    first, *others = columns
    numbers, size, spaces = first.numbers, first.size, first.spaces
    for each in others:
        numbers, size = numbers * each.size + each.numbers, size * each.size
        spaces = (*spaces, *each.spaces)
        if size > max(SPAN**2, 2 * len(numbers)):
            found, numbers = np.unique(numbers, return_inverse=True)
            size, spaces = len(found), (object(),)
    return Codes(numbers, size, spaces)
