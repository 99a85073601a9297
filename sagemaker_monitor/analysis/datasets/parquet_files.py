"""Reading Parquet files: named columns, typed by the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.datasets.dataset import EMPTY, MISMATCH, Dataset
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl


def read_parquet(files: Sequence[Path], headers: Sequence[str] | None) -> Dataset:
    """Return the dataset of *files*, whose columns *headers* may rename.

    Raises AnalysisError for a file that is no Parquet or has other columns than the first, and for values
    that are neither numbers nor texts.
    """
    import polars as pl

    frames = [frame for frame in map(_read, files) if frame.height]
    if not frames:
        raise AnalysisError(f"{EMPTY}: no row of data in {len(files)} file(s)")
    first = frames[0].columns
    for frame in frames:
        if frame.columns != first:
            raise AnalysisError(
                f"the Parquet files have different columns: {', '.join(first[:10])} and "
                f"{', '.join(frame.columns[:10])}; give files with the same columns in the same order"
            )
        _check_kinds(frames[0], frame)
    if headers is not None and len(headers) != len(first):
        raise AnalysisError(
            f"{MISMATCH} the files have {len(first)} columns, the headers name {len(headers)}"
        )
    names = tuple(headers or first)
    cells = pl.concat(
        [frame.rename(dict(zip(first, map(str, range(len(first))), strict=True))) for frame in frames],
        how="vertical_relaxed",
    )
    columns = [_plain(each, names[place]) for place, each in enumerate(cells.get_columns())]
    return Dataset(names, pl.DataFrame(columns), typed=True)


def _check_kinds(first: pl.DataFrame, other: pl.DataFrame) -> None:
    """Refuse numbers in one file that are texts in another: put together, all of them would be texts."""
    for name, one, two in zip(first.columns, first.dtypes, other.dtypes, strict=True):
        kinds = {_kind(one), _kind(two)} - {None}
        if len(kinds) > 1:
            raise AnalysisError(
                f"the Parquet files have {name!r} as {one} and as {two}; "
                "give files whose columns have the same types"
            )


def _kind(dtype: pl.DataType) -> str | None:
    """Return what values of a type are, None for a column without any."""
    import polars as pl

    if dtype == pl.Null:
        return None
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "text"
    if dtype.is_temporal():
        return "time"
    return "number" if dtype.is_numeric() else str(dtype)


def _read(file: Path) -> pl.DataFrame:
    import polars as pl

    try:
        return pl.read_parquet(file, glob=False, hive_partitioning=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", 1)[0]
        raise AnalysisError(f"{file.name!r} cannot be read as Parquet: {reason}") from error


def _plain(values: pl.Series, name: str) -> pl.Series:
    import polars as pl

    dtype = values.dtype
    if dtype.is_decimal():
        return values.cast(pl.Float64)
    if dtype.is_numeric() or dtype in (pl.Boolean, pl.String):
        return values
    if dtype in (pl.Categorical, pl.Enum) or dtype.is_temporal():
        return values.cast(pl.String)
    if dtype == pl.Null:
        return values.cast(pl.Float64)
    raise AnalysisError(f"column {name!r} of the dataset holds {dtype}; a column holds numbers or texts")
