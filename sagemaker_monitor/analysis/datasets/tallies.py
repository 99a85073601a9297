"""A dataset of which only counts are needed, read once and a piece at a time: its different rows, counted.

Metrics of bias are counts of facet, label and predicted label. How many rows there are does not matter to the
memory that they need, only how many different ones, of the columns that belong together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.columns import column_of
from sagemaker_monitor.analysis.counted import Counted
from sagemaker_monitor.analysis.datasets.codes import SPAN, Coder, Codes, joint
from sagemaker_monitor.analysis.datasets.csv_files import PIECE, empty
from sagemaker_monitor.analysis.datasets.dataset import Dataset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.columns import Column
    from sagemaker_monitor.analysis.datasets.csv_files import CsvTable, Types

ROWS = "rows"
SAMPLE = 1 << 18
"""Bytes from which it is told what to read a column as."""
LASTING = 1 << 15
"""Up to so many numbers of different rows, each keeps its count from block to block."""
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
    coders = {column: Coder() for column in columns}
    tallies, rows = [_Tally(each) for each in sets], 0
    for block in table.blocks(columns, types, size=size):
        # Blanks alone are read as no number; as text they are a value.
        if any(block[str(column)].null_count() for column in types):
            raise _NotWholeError
        codes: dict[tuple[int, ...], Codes] = {
            (column,): coder.of(block[str(column)]) for column, coder in coders.items()
        }
        for tally in tallies:
            tally.add(block, codes)
        rows += block.height
    if not rows:
        raise empty(table.files)
    return Tallied(table.names, pl.DataFrame(), rows=rows, sets=_datasets(tallies, table.names))


def _datasets(tallies: Sequence[_Tally], names: tuple[str, ...]) -> dict[int, Dataset]:
    """Return the different rows of each set as a dataset, by its first column.

    All sets have the same values in a column that they share, so that its texts are typed once for all.
    """
    import polars as pl

    found = {tally.columns[0]: (tally.columns, tally.rows()) for tally in tallies}
    typed: dict[int, dict[int, Column]] = {first: {} for first in found}
    for column in sorted({column for columns, _ in found.values() for column in columns}):
        parts = {first: rows[str(column)] for first, (columns, rows) in found.items() if column in columns}
        if all(each.dtype == pl.String for each in parts.values()):
            every, end = column_of(names[column], pl.concat(parts.values())), 0
            for first, cells in parts.items():
                own = slice(end, end := end + len(cells))
                weights = found[first][1][ROWS].to_numpy()
                typed[first][column] = replace(
                    every, values=every.values[own], present=every.present[own], weights=weights
                )
    return {
        first: Dataset(
            names, rows.drop(ROWS), read=columns, weights=rows[ROWS].to_numpy(), _columns=typed[first]
        )
        for first, (columns, rows) in found.items()
    }


class _Tally:
    """The different rows of some columns so far, called by their positions, and how many rows are so."""

    def __init__(self, columns: tuple[int, ...]) -> None:
        self.columns = columns
        self._counted = Counted(ROWS, KEPT, in_order=True)
        self._spaces: tuple[object, ...] = ()
        self._rows: list[pl.DataFrame] = []
        self._numbers: list[NDArray[np.intp]] = []
        self._counts: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def add(self, block: pl.DataFrame, codes: dict[tuple[int, ...], Codes]) -> None:
        """Count the rows of a *block*; *codes* has its columns' numbers, and gets those of several."""
        import polars as pl

        first, others = self.columns[:1], self.columns[1:]
        if others and others not in codes:
            codes[others] = joint([codes[each,] for each in others])
        found = joint([codes[first], codes[others]]) if others else codes[first]
        counts = np.bincount(found.numbers, minlength=found.size)
        if found.spaces != self._spaces or found.size > LASTING:
            self._put_away()
            self._spaces, self._counts = found.spaces, np.zeros_like(counts)
        new = np.flatnonzero((counts > 0) & (self._counts == 0))
        self._counts += counts
        if len(new):
            places = _first_places(found)[new]
            order = np.argsort(places)
            self._numbers.append(new[order])
            rows = _series("", places[order])
            self._rows.append(pl.DataFrame([block[str(column)][rows] for column in self.columns]))

    def rows(self) -> pl.DataFrame:
        """Return the different rows, whole numbers or texts, with their counts."""
        self._put_away()
        return self._counted.rows()

    def _put_away(self) -> None:
        """Add up what was counted: from here on, numbers mean something else."""
        import polars as pl

        if self._rows:
            counts = self._counts[np.concatenate(self._numbers)]
            rows = pl.concat(self._rows)
            self._counted.add(pl.DataFrame([*rows.iter_columns(), _series(ROWS, counts)]))
        self._rows, self._numbers = [], []


def _first_places(codes: Codes) -> NDArray[np.intp]:
    """Return the position of the first row of each number."""
    first = np.zeros(codes.size, dtype=np.intp)
    first[codes.numbers[::-1]] = np.arange(len(codes.numbers) - 1, -1, -1)
    return first


def _series(name: str, numbers: NDArray[np.intp]) -> pl.Series:
    """Return *numbers*; few without numpy's masked arrays, which take longer to load than a small job."""
    import polars as pl

    return pl.Series(name, numbers.tolist() if len(numbers) <= SPAN else numbers, dtype=pl.Int64)
