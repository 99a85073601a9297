"""Reading CSV files: cells verbatim, every row as wide as the others."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis import csv_text
from sagemaker_monitor.analysis.compressed import content_of
from sagemaker_monitor.analysis.datasets.dataset import MISMATCH, Dataset
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import polars as pl

    Wanted = Callable[[tuple[str, ...]], tuple[int, ...]]


def read_csv(files: Sequence[Path], headers: Sequence[str] | None, wanted: Wanted | None = None) -> Dataset:
    """Read *files* as one dataset whose columns are named by *headers*.

    Of the columns only those are read whose positions *wanted* returns for their names, or all.

    A first row equal to *headers* is a header. Without *headers* the first row of each file names the
    columns when none of its cells is a number; otherwise they are column_0, column_1 and so on.
    Raises AnalysisError for a dataset without rows, rows of different widths, or text that is not UTF-8.
    """
    import polars as pl

    parts: list[pl.DataFrame] = []
    names: tuple[str, ...] | None = tuple(headers) if headers else None
    for file in files:
        content = content_of(file).removeprefix(csv_text.BOM).lstrip(b"\r\n")
        if not content:
            continue
        first = _first_row(content, file.name)
        if names is None:
            names = _names_in(first)
        if len(first) != len(names):
            raise AnalysisError(
                f"{MISMATCH} {file.name!r} has {len(first)} columns, the headers name {len(names)}"
            )
        chosen = wanted(names) if wanted else tuple(range(len(names)))
        frame = _parse(content, int(tuple(first) == names), len(names), chosen, file.name)
        if frame.height:
            parts.append(frame)
    if names is None or not parts:
        raise AnalysisError(
            f"the dataset is empty: no row of data in {len(files)} file(s); "
            "give at least one CSV row besides the header"
        )
    return Dataset(names, pl.concat(parts), read=wanted(names) if wanted else None)


def _parse(content: bytes, skip: int, width: int, chosen: tuple[int, ...], name: str) -> pl.DataFrame:
    """Return the cells of *content* as texts, after *skip* rows, of the columns that are *chosen*."""
    import polars as pl

    # The last column is always read: it tells of rows that are too short, which the reader fills.
    columns = sorted({*chosen, width - 1})
    try:
        frame = pl.read_csv(
            content,
            has_header=False,
            infer_schema=False,
            skip_rows=skip,
            raise_if_empty=False,
            columns=columns if len(columns) < width else None,
        )
    except pl.exceptions.ColumnNotFoundError:
        # Nothing is left after the header.
        return pl.DataFrame()
    except pl.exceptions.ComputeError as error:
        _check_text(content, name)
        _check_widths(csv_text.without_blank_lines(content), width, name)
        reason = csv_text.never_closed(content) or str(error).split("\n", 1)[0].split("`", 1)[0].strip()
        raise AnalysisError(f"{name!r} cannot be read as CSV: {reason}") from error
    if not frame.height:
        return frame
    # Of rows that are too long the reader tells only when it reads all columns.
    surplus = len(columns) < width and content.count(b",") != (frame.height + skip) * (width - 1)
    if surplus or frame.to_series(-1).null_count():
        rows = csv_text.without_blank_lines(content)
        if len(rows) < len(content):
            return _parse(rows, skip, width, chosen, name)
        _check_widths(content, width, name)
    return frame.select(frame.columns[columns.index(each)] for each in chosen)


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


def _first_row(content: bytes, name: str) -> list[str]:
    try:
        return csv_text.first_rows(io.BytesIO(content), name, 1)[0]
    except UnicodeDecodeError:
        _check_text(content, name)
        raise


def _check_text(content: bytes, name: str) -> None:
    place = csv_text.not_utf8(content)
    if place is not None:
        raise AnalysisError(
            f"{name!r} is not UTF-8: byte {place} cannot be read; save the dataset as UTF-8 CSV"
        )


def _check_widths(content: bytes, width: int, name: str) -> None:
    """Refuse rows that are narrower or wider than *width*: a reader would fill or shift their cells."""
    widths = csv_text.widths(content)
    ragged = np.flatnonzero(widths != width)
    if len(ragged):
        raise AnalysisError(
            f"{MISMATCH} {name!r} has "
            f"{len(ragged)} row(s) that are not {width} columns wide: "
            f"row {ragged[0] + 1} has {widths[ragged[0]]}; "
            "repair them or quote cells that contain commas"
        )
