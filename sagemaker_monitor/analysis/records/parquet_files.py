"""Parquet files as blocks of text cells, written as Spark writes values of their types."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.dataset import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

CELLS = 1 << 20
"""Cells that are read at a time."""


@dataclass(frozen=True)
class ParquetFiles:
    """Files whose rows make one dataset; the first one says which columns there are, as it does to Spark."""

    files: Sequence[Path]
    doubt: str | None = None

    @cached_property
    def _schema(self) -> dict[str, pl.DataType]:
        schema = _schema(self.files[0])
        if not schema:
            raise AnalysisError(NO_DATA)
        return schema

    @cached_property
    def _columns(self) -> tuple[tuple[str, pl.Expr], ...]:
        return tuple(found for name, dtype in self._schema.items() for found in _cells((name,), dtype))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, those of structures with dots; raises AnalysisError for other nested types."""
        return tuple(name for name, _ in self._columns)

    def blocks(self) -> Iterator[pl.DataFrame]:
        """Yield blocks of rows; columns are called by their position. Raises AnalysisError."""
        import polars as pl

        for file in self.files:
            self._check(file)
            cells = [cell.alias(str(place)) for place, (_, cell) in enumerate(self._columns)]
            rows = max(1, CELLS // len(cells))
            try:
                frame = pl.scan_parquet(file, glob=False)
                height = int(frame.select(pl.len()).collect().item())
                for start in range(0, height, rows):
                    yield frame.slice(start, rows).select(cells).collect()
            except pl.exceptions.PolarsError as error:
                raise _unreadable(file, error) from error

    def _check(self, file: Path) -> None:
        found = _schema(file)
        if {*found} != {*self._schema}:
            other = sorted({*found} ^ {*self._schema})[0]
            raise AnalysisError(
                f"{file.name!r} has other columns than {self.files[0].name!r}, first {other[:60]!r}; "
                "give files with the same columns"
            )
        for name, dtype in self._schema.items():
            if found[name] != dtype:
                raise AnalysisError(
                    f"{file.name!r} has {name[:60]!r} as {found[name]}, {self.files[0].name!r} as {dtype}; "
                    "give files whose columns have the same types"
                )


def _schema(file: Path) -> dict[str, pl.DataType]:
    import polars as pl

    try:
        return dict(pl.read_parquet_schema(file))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> AnalysisError:
    reason = str(error).split("\n", 1)[0][:120]
    return AnalysisError(f"{file.name!r} cannot be read as Parquet: {reason}")


def _cells(path: tuple[str, ...], dtype: pl.DataType) -> Iterator[tuple[str, pl.Expr]]:
    """Yield the columns of text that a column becomes."""
    import polars as pl

    if isinstance(dtype, pl.Struct):
        for field in dtype.fields:
            yield from _cells((*path, field.name), field.dtype)  # type: ignore[arg-type]
        return
    name = ".".join(path)
    if dtype.is_nested() or dtype == pl.Object:
        raise AnalysisError(
            f"{name!r} is of the type {dtype}; the analyzer takes columns of single values: leave it out"
        )
    cell = pl.col(path[0])
    for key in path[1:]:
        cell = cell.struct.field(key)
    yield name, _text(cell, dtype)


def _text(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    import polars as pl

    if isinstance(dtype, pl.Datetime):
        return cell.dt.to_string("%Y-%m-%d %H:%M:%S%.f")
    text = cell.cast(pl.String)
    return text.replace({"inf": "Infinity", "-inf": "-Infinity"}) if dtype.is_float() else text
