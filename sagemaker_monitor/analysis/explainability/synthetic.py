"""Synthetic rows: a row's own cells where a coalition has members, a baseline row's where it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray


class Mixture:
    """Makes synthetic rows of *rows* and the *baseline*, which have the same features of the same types.

    Every cell is chosen as 64 bits: those of a fractional number, and of anything else its place among the
    row's own and the baseline's cells, which are not moved.
    """

    def __init__(self, rows: pl.DataFrame, baseline: pl.DataFrame) -> None:
        import polars as pl

        self.baseline = baseline.height
        self._names = rows.columns
        self._own = np.empty((rows.width, rows.height), dtype=np.int64)
        self._others = np.empty((rows.width, baseline.height), dtype=np.int64)
        self._index = np.empty(0, dtype=np.int64)
        self._pointed: dict[int, pl.Series] = {}
        for place, columns in enumerate(zip(rows, baseline, strict=True)):
            if all(_is_plain(each) for each in columns):
                own, others = (each.to_numpy().view(np.int64) for each in columns)
            else:
                self._pointed[place] = pl.concat(columns, rechunk=True)
                own, others = np.split(np.arange(rows.height + baseline.height), [rows.height])
            self._own[place], self._others[place] = own, others

    def frame(self, start: int, stop: int, members: NDArray[np.bool_]) -> pl.DataFrame:
        """Return the rows from *start* to *stop*, for each its coalitions, for each of them the baseline's.

        *members* are (features, rows, coalitions).
        """
        import polars as pl

        bits = self._chosen(start, stop, members)
        height = bits.size // len(self._names)
        # All columns in one piece of memory are also a matrix, which a model gets without another copy.
        numbers = pl.Series(bits.reshape(-1).view(np.float64))
        places = pl.Series(bits.reshape(-1)) if self._pointed else numbers
        columns = []
        for place, name in enumerate(self._names):
            cells = self._pointed.get(place)
            whole = numbers if cells is None else places
            part = whole.slice(place * height, height)
            columns.append((part if cells is None else cells.gather(part)).alias(name))
        return pl.DataFrame(columns)

    def _chosen(self, start: int, stop: int, members: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the bits of all synthetic rows' cells, feature by feature; the array is the caller's own."""
        features, rows, _ = members.shape
        table = np.empty((features, rows, 2, self.baseline), dtype=np.int64)
        table[:, :, 0] = self._others[:, None]
        table[:, :, 1] = self._own[:, start:stop, None]
        pairs = np.arange(0, 2 * features * rows, 2).reshape(features, rows, 1)
        if len(self._index) < members.size:
            self._index = np.empty(members.size, dtype=np.int64)
        index = self._index[: members.size]
        np.add(members, pairs, out=index.reshape(members.shape))
        # Without branches, which random members would make slow; every index is one of the table's.
        return table.reshape(-1, self.baseline).take(index, axis=0, mode="clip")


def _is_plain(column: pl.Series) -> bool:
    """Return whether *column* has fractional numbers without gaps."""
    import polars as pl

    return column.dtype == pl.Float64 and not column.null_count()
