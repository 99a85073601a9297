"""A dataset of which only counts are needed, read once and a piece at a time: its different rows, counted.

Metrics of bias are counts of facet, label and predicted label. How many rows there are does not matter to the
memory that they need, only how many different ones, of the columns that belong together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.counted import Counted
from sagemaker_monitor.analysis.datasets.csv_files import PIECE, empty
from sagemaker_monitor.analysis.datasets.dataset import Dataset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.datasets.csv_files import CsvTable, Types

ROWS = "rows"
SAMPLE = 1 << 18
"""Bytes from which it is told what to read a column as."""
SPAN = 1024
"""Up to so many values, each has a number from 0 on; whole numbers, their distance to the least."""
KEPT = 200_000
"""From so many counted rows on, those that are alike are added up."""


class _NotWholeError(Exception):
    """A column that began with whole numbers has something else further on."""


@dataclass(frozen=True)
class Tallied(Dataset):
    """A dataset by its different rows: of each set of columns, by its first, with how many rows are so."""

    rows: int = 0
    sets: Mapping[int, Dataset] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.rows

    def about(self, index: int) -> Dataset:
        """Return the different rows of the set that begins with the column at *index*."""
        return self.sets[index]


def tallied(table: CsvTable, sets: Sequence[tuple[int, ...]], *, size: int = PIECE) -> Tallied:
    """Return the different rows of *table* by each of *sets* of columns, in the order of their appearance.

    Of a file, *size* bytes are held at a time. Raises AnalysisError for files that cannot be read, and for no
    row.
    """
    import polars as pl

    try:
        return _tallied(table, sets, _whole(table, _columns(sets), min(size, SAMPLE)), size)
    except (_NotWholeError, pl.exceptions.ComputeError):
        # What looked like whole numbers is something else further on: every cell has to be seen as text.
        return _tallied(table, sets, {}, size)


def _columns(sets: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted({column for each in sets for column in each}))


def _whole(table: CsvTable, columns: Sequence[int], size: int) -> Types:
    """Return the columns that seem to have nothing but whole numbers: to read them so costs least."""
    import polars as pl

    for sample in table.blocks(columns, size=size):
        unread = sample.select(pl.all().cast(pl.Int64, strict=False)).null_count().row(0)
        return {column: pl.Int64 for column, count in zip(columns, unread, strict=True) if not count}
    return {}


def _tallied(table: CsvTable, sets: Sequence[tuple[int, ...]], types: Types, size: int) -> Tallied:
    import polars as pl

    columns = _columns(sets)
    tallies, rows = [_Tally(each) for each in sets], 0
    for block in table.blocks(columns, types, size=size):
        # Blanks alone are read as no number; as text they are a value.
        if any(block[str(column)].null_count() for column in types):
            raise _NotWholeError
        cells = {column: _Cells.of(block[str(column)]) for column in columns}
        for tally in tallies:
            tally.add(cells, block.height)
        rows += block.height
    if not rows:
        raise empty(table.files)
    found = {tally.columns[0]: tally.dataset(table.names) for tally in tallies}
    return Tallied(table.names, pl.DataFrame(), rows=rows, sets=found)


@dataclass(frozen=True)
class _Cells:
    """One column of a block: its cells, and a number below *size* for each, equal for equal ones."""

    values: NDArray[np.int64] | pl.Series
    codes: NDArray[np.intp]
    size: int

    @classmethod
    def of(cls, cells: pl.Series) -> _Cells:
        """Return the cells with their numbers."""
        import polars as pl

        whole = cells.to_numpy() if cells.dtype.is_integer() else None
        if whole is not None:
            least, greatest = int(whole.min()), int(whole.max())
            if greatest - least < SPAN:
                return cls(whole, whole - least, greatest - least + 1)
        values = cells.unique()
        if len(values) > SPAN:
            # The position of the first row that has the same cell.
            rows = pl.DataFrame([cells.alias("cell")]).with_row_index("place")
            first = rows.select(pl.col("place").first().over("cell").cast(pl.Int64)).to_series()
            return cls(cells if whole is None else whole, first.to_numpy(), len(cells))
        kinds = pl.Enum(values.cast(pl.String).drop_nulls())
        places = cells.cast(pl.String).cast(kinds).to_physical().cast(pl.Int64).fill_null(len(values))
        return cls(cells if whole is None else whole, places.to_numpy(), len(values) + 1)


class _Tally:
    """The different rows of some columns so far, called by their positions, and how many rows are so."""

    def __init__(self, columns: tuple[int, ...]) -> None:
        self.columns = columns
        self._counted = Counted(ROWS, KEPT, in_order=True)

    def add(self, block: Mapping[int, _Cells], rows: int) -> None:
        """Count the *rows* of a block."""
        import polars as pl

        cells = [block[column] for column in self.columns]
        joint, size = cells[0].codes, cells[0].size
        for each in cells[1:]:
            joint, size = joint * each.size + each.codes, size * each.size
            if size > max(SPAN**2, 2 * rows):
                found, joint = np.unique(joint, return_inverse=True)
                size = len(found)
        counts = np.bincount(joint, minlength=size)
        first = np.zeros(size, dtype=np.intp)
        first[joint[::-1]] = np.arange(rows - 1, -1, -1)
        there = np.flatnonzero(counts)
        there = there[np.argsort(first[there])]
        different = [
            pl.Series(str(column), each.values[first[there]])
            for column, each in zip(self.columns, cells, strict=True)
        ]
        self._counted.add(pl.DataFrame([*different, pl.Series(ROWS, counts[there])]))

    def dataset(self, names: tuple[str, ...]) -> Dataset:
        """Return the different rows as a dataset of texts."""
        import polars as pl

        counted = self._counted.rows()
        cells = counted.drop(ROWS).cast(pl.String)
        return Dataset(names, cells, read=self.columns, weights=counted[ROWS].to_numpy())
