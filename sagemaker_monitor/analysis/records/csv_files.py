"""CSV files as blocks of rows: cells are texts as they stand, null where empty."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis import csv_text
from sagemaker_monitor.analysis.compressed import opened
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.quality.cell_types import is_number
from sagemaker_monitor.analysis.records.csv_numbers import NumberColumns
from sagemaker_monitor.analysis.records.dataset import BLOCK, BLOCK_PER_COLUMN, NO_DATA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from sagemaker_monitor.analysis.records.csv_numbers import Types


@dataclass(frozen=True)
class CsvFiles:
    """Files whose rows make one dataset, with a header in each of them or in none."""

    files: Sequence[Path]
    header: bool

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the columns' names: the first file's header made unique, or _c0, _c1, … as Spark calls them.

        Raises AnalysisError when no file has a row.
        """
        for file in self.files:
            for row in _first_rows(file, 1):
                return _unique(row) if self.header else tuple(f"_c{index}" for index in range(len(row)))
        raise AnalysisError(NO_DATA)

    @property
    def doubt(self) -> str | None:
        """Return why the first row may be data where a header was announced, or the other way round."""
        for file in self.files:
            numbers = [any(map(is_number, row)) for row in _first_rows(file, 2)]
            if self.header and numbers[:1] == [True]:
                return f"the first row of {file.name!r} has numbers; is it data, not a header?"
            if not self.header and numbers == [False, True]:
                return (
                    f"the first row of {file.name!r} looks like a header; dataset_format says there is none"
                )
        return None

    def blocks(self, numbers: Collection[int] = ()) -> Iterator[pl.DataFrame]:
        """Yield blocks of rows, in the files' order; a column is called by its position.

        Of the columns at *numbers*, those whose cells in a block are all Integral may be of Int64, those
        whose cells are all Fractional of Float64; whatever else is text.

        Raises AnalysisError for rows that are not as wide as the first one, headers that differ, text that
        is not UTF-8, and quotes that are not closed; none of them can be read without guessing.
        """
        columns = NumberColumns(numbers)
        for file in self.files:
            yield from self._file(file, columns)

    def _file(self, file: Path, columns: NumberColumns) -> Iterator[pl.DataFrame]:
        rows = 0
        size = max(BLOCK, BLOCK_PER_COLUMN * len(self.names))
        for number, content in enumerate(csv_text.pieces(file, size)):
            skip = int(self.header and number == 0)
            if skip:
                self._check_header(file)
            read = partial(_parse, skip=skip, width=len(self.names), place=_Place(file.name, rows))
            frame = columns.block(content, bool(skip), read)
            rows += frame.height + skip
            if frame.height:
                yield frame

    def _check_header(self, file: Path) -> None:
        row = next(iter(_first_rows(file, 1)), [])
        if len(row) == len(self.names) and _unique(row) != self.names:
            column = next(
                i for i, pair in enumerate(zip(_unique(row), self.names, strict=True)) if len({*pair}) > 1
            )
            raise AnalysisError(
                f"{file.name!r} has another header than the files before it, first in column {column + 1}; "
                "give files with the same columns in the same order"
            )


@dataclass(frozen=True)
class _Place:
    """Where a piece of a file begins, to tell where something is wrong."""

    file: str
    rows_before: int


def _parse(content: bytes, types: Types, *, skip: int, width: int, place: _Place) -> pl.DataFrame:
    """Return the cells of *content* as texts, or of *types*; raises PolarsError for one of another type."""
    import polars as pl

    try:
        frame = _read(content, skip, width, types)
        # The reader fills rows that are too short, and takes blank lines for rows; the last column tells.
        if not frame.height or not frame.to_series(-1).null_count():
            return frame
        error = None
    except pl.exceptions.PolarsError as caught:
        if types:
            raise
        error = caught
    _check_text(content, place)
    rows = csv_text.without_blank_lines(content)
    _check_widths(rows, width, place)
    if error is None and len(rows) == len(content):
        return frame
    try:
        return _read(rows, skip, width, types)
    except pl.exceptions.PolarsError as caught:
        if types:
            raise
        reason = csv_text.never_closed(rows, place.rows_before)
        reason = reason or str(caught).split("\n", 1)[0].split("`", 1)[0].strip()[:200]
        raise AnalysisError(f"{place.file!r} cannot be read as CSV: {reason}") from caught


def _read(content: bytes, skip: int, width: int, types: Types) -> pl.DataFrame:
    import polars as pl

    return pl.read_csv(
        content,
        has_header=False,
        skip_rows=skip,
        raise_if_empty=False,
        schema={str(index): types.get(index, pl.String) for index in range(width)},
    )


def _first_rows(file: Path, count: int) -> list[list[str]]:
    """Return the file's first rows, at most *count*."""
    with opened(file) as source:
        try:
            return csv_text.first_rows(source, file.name, count)
        except UnicodeDecodeError as error:
            raise AnalysisError(_not_text(file.name)) from error


def _unique(header: Sequence[str]) -> tuple[str, ...]:
    """Return the header's names, those that are empty or repeated with their position, as Spark does."""
    times = Counter(name.lower() for name in header)
    return tuple(
        f"_c{index}" if not name else f"{name}{index}" if times[name.lower()] > 1 else name
        for index, name in enumerate(header)
    )


def _check_text(content: bytes, place: _Place) -> None:
    if csv_text.not_utf8(content) is not None:
        raise AnalysisError(_not_text(place.file))


def _not_text(name: str) -> str:
    return f"{name!r} is not UTF-8; save the dataset as UTF-8 CSV"


def _check_widths(content: bytes, width: int, place: _Place) -> None:
    """Refuse rows that are narrower or wider than *width*: a reader would fill or drop their cells."""
    try:
        widths = csv_text.widths(content)
    except csv.Error as error:
        raise AnalysisError(f"{place.file!r} cannot be read as CSV: {error}") from error
    ragged = np.flatnonzero(widths != width)
    if len(ragged):
        first = int(ragged[0])
        raise AnalysisError(
            f"{place.file!r} has rows of different widths: row {place.rows_before + first + 1} has "
            f"{widths[first]} cells, the first row of the dataset has {width}; "
            "repair it, or quote cells that contain commas"
        )
