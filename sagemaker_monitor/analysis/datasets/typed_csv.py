"""CSV files read into numbers at once, where no analysis looks at a cell's own text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.columns import Kind, column_of
from sagemaker_monitor.analysis.datasets.csv_files import PIECE, CsvTable, read_csv
from sagemaker_monitor.analysis.datasets.dataset import Dataset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl

    from sagemaker_monitor.analysis.datasets.csv_files import Types

SAMPLE = 1 << 18
"""Bytes from which it is told what to read a column as."""


def read_typed_csv(
    files: Sequence[Path], headers: Sequence[str] | None, *, size: int = PIECE, sample: int = SAMPLE
) -> Dataset:
    """Return the dataset that `read_csv` returns, with numbers in place of the texts that spell them.

    A column is of the same type and has the same values. *size* bytes of a file are parsed at a time.
    Raises AnalysisError as `read_csv` does.
    """
    import polars as pl

    table = CsvTable.of(files, headers)
    try:
        cells = _cells(table, _types(table, sample), size)
    except pl.exceptions.ComputeError:
        # What looked like numbers is something else further on: every cell has to be seen as text.
        cells = None
    return read_csv(files, headers) if cells is None else Dataset(table.names, cells)


def _types(table: CsvTable, size: int) -> Types:
    """Return what to read columns as that have nothing but numbers in the first *size* bytes."""
    import polars as pl

    types: dict[int, type[pl.DataType]] = {}
    for block in table.blocks(range(len(table.names)), size=size):
        for index, cells in enumerate(block.iter_columns()):
            seen = column_of("", cells)
            if seen.kind is Kind.INTEGER and seen.values.dtype == np.int64:
                types[index] = pl.Int64
            elif seen.kind is Kind.FLOAT and seen.present.all():
                types[index] = pl.Float64
        break
    return types


def _cells(table: CsvTable, types: Types, size: int) -> pl.DataFrame | None:
    """Return the cells of *table*, numbers where *types* says so; None for files without a row."""
    import polars as pl

    blocks = list(table.blocks(range(len(table.names)), types, size=size))
    if not blocks:
        return None
    cells = pl.concat(blocks)
    # A gap may be one or many blanks, and NaN has several spellings: as texts these are not the same.
    doubtful = [index for index in types if _has_gaps(cells.to_series(index))]
    if doubtful:
        texts = pl.concat(list(table.blocks(doubtful, size=size)))
        cells = cells.with_columns(texts.get_columns())
    return cells


def _has_gaps(cells: pl.Series) -> bool:
    return bool(cells.null_count()) or (cells.dtype.is_float() and bool(cells.is_nan().any()))
