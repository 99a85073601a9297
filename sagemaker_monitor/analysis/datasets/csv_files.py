"""Reading CSV files: cells verbatim, every row as wide as the others, a piece of a file at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis import csv_text
from sagemaker_monitor.analysis.compressed import opened
from sagemaker_monitor.analysis.datasets.dataset import MISMATCH, Dataset
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import polars as pl

    Wanted = Callable[[tuple[str, ...]], tuple[int, ...]]
    Types = Mapping[int, type[pl.DataType]]

PIECE = 4 << 20
"""Bytes of a file that are held at a time."""


@dataclass(frozen=True)
class CsvTable:
    """Files whose rows are one dataset: the columns' names, and whether a first row may repeat them."""

    files: Sequence[Path]
    names: tuple[str, ...]

    @classmethod
    def of(cls, files: Sequence[Path], headers: Sequence[str] | None) -> CsvTable:
        """Return the table of *files* whose columns are named by *headers*.

        A first row equal to *headers* is a header. Without *headers* the first row of each file names the
        columns when none of its cells is a number; otherwise they are column_0, column_1 and so on.
        Raises AnalysisError for files without any row, and text that is not UTF-8.
        """
        if headers:
            return cls(files, tuple(headers))
        for file in files:
            if first := _first_row(file):
                return cls(files, _names_in(first))
        raise empty(files)

    def blocks(
        self, chosen: Sequence[int], types: Types | None = None, *, size: int = PIECE
    ) -> Iterator[pl.DataFrame]:
        """Yield blocks of rows with the columns that are *chosen*, called by their positions, in that order.

        A block is of *size* bytes of a file and what is left of their last row. Cells are texts as they
        stand, or of *types*, by position. Raises AnalysisError for rows of different widths and text that is
        not UTF-8, and polars' ComputeError for a cell that is not of its type.
        """
        for file in self.files:
            first = _first_row(file)
            if not first:
                continue
            if len(first) != len(self.names):
                raise AnalysisError(
                    f"{MISMATCH} {file.name!r} has {len(first)} columns, the headers name {len(self.names)}"
                )
            skip, rows = int(tuple(first) == self.names), 0
            for content in csv_text.pieces(file, size):
                place = _Place(file.name, rows, len(self.names))
                frame = _parse(content, skip, chosen, types or {}, place)
                rows += frame.height + skip
                skip = 0
                if frame.height:
                    yield frame


def read_csv(files: Sequence[Path], headers: Sequence[str] | None, wanted: Wanted | None = None) -> Dataset:
    """Read *files* as one dataset whose columns are named as `CsvTable.of` says.

    Of the columns only those are read whose positions *wanted* returns for their names, or all.
    Raises AnalysisError for a dataset without rows, rows of different widths, or text that is not UTF-8.
    """
    import polars as pl

    table = CsvTable.of(files, headers)
    chosen = wanted(table.names) if wanted else tuple(range(len(table.names)))
    parts = list(table.blocks(chosen))
    if not parts:
        raise empty(files)
    return Dataset(table.names, pl.concat(parts), read=chosen if wanted else None)


def empty(files: Sequence[Path]) -> AnalysisError:
    """Return what is wrong with *files* that have no row."""
    return AnalysisError(
        f"the dataset is empty: no row of data in {len(files)} file(s); "
        "give at least one CSV row besides the header"
    )


@dataclass(frozen=True)
class _Place:
    """Where a piece of a file begins, and how wide its rows have to be."""

    file: str
    rows_before: int
    width: int


def _parse(content: bytes, skip: int, chosen: Sequence[int], types: Types, place: _Place) -> pl.DataFrame:
    """Return the cells of *content* after *skip* rows, of the columns that are *chosen*."""
    import polars as pl

    width = place.width
    # The last column is always read: it tells of rows that are too short, which the reader fills. Of rows
    # that are too long it tells only where it reads all columns; else commas do, but for those in quotes.
    columns = sorted({*chosen, width - 1})
    try:
        frame = pl.read_csv(
            content,
            has_header=False,
            schema={str(index): types.get(index, pl.String) for index in range(width)},
            skip_rows=skip,
            raise_if_empty=False,
            columns=list(columns),
        )
    except pl.exceptions.PolarsError as error:
        _check_text(content, place.file)
        rows = csv_text.without_blank_lines(content)
        _check_widths(rows, place)
        if types:
            raise
        reason = csv_text.never_closed(rows, place.rows_before)
        reason = reason or str(error).split("\n", 1)[0].split("`", 1)[0].strip()
        raise AnalysisError(f"{place.file!r} cannot be read as CSV: {reason}") from error
    surplus = len(columns) < width and csv_text.count(content, b",") != (frame.height + skip) * (width - 1)
    if surplus and b'"' in content:
        return _parse(content, skip, range(width), types, place).select(str(each) for each in chosen)
    if frame.height and (surplus or frame.to_series(-1).null_count()):
        rows = csv_text.without_blank_lines(content)
        if len(rows) < len(content):
            return _parse(rows, skip, chosen, types, place)
        _check_widths(content, place)
    return pl.DataFrame([frame.get_column(str(each)) for each in chosen])


def _names_in(first: Sequence[str]) -> tuple[str, ...]:
    """Return the names that the first row gives, or placeholders when it is data."""
    if any(_is_number(cell) for cell in first) or len(set(first)) < len(first):
        return tuple(f"column_{index}" for index in range(len(first)))
    return tuple(first)


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True


def _first_row(file: Path) -> list[str]:
    """Return the first row of *file* that is not blank, empty when there is none."""
    with opened(file) as source:
        try:
            return next(iter(csv_text.first_rows(source, file.name, 1)), [])
        except UnicodeDecodeError:
            pass
    for content in csv_text.pieces(file, PIECE):
        _check_text(content, file.name)
    raise AnalysisError(f"{file.name!r} is not UTF-8; save the dataset as UTF-8 CSV")


def _check_text(content: bytes, name: str) -> None:
    place = csv_text.not_utf8(content)
    if place is not None:
        raise AnalysisError(
            f"{name!r} is not UTF-8: byte {place} cannot be read; save the dataset as UTF-8 CSV"
        )


def _check_widths(content: bytes, place: _Place) -> None:
    """Refuse rows that are narrower or wider: a reader would fill or shift their cells."""
    widths = csv_text.widths(content)
    ragged = np.flatnonzero(widths != place.width)
    if len(ragged):
        first = int(ragged[0])
        raise AnalysisError(
            f"{MISMATCH} {place.file!r} has rows that are not {place.width} columns wide: "
            f"row {place.rows_before + first + 1} has {widths[first]}; "
            "repair them or quote cells that contain commas"
        )
