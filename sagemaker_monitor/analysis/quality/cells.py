"""What type each cell of a column has, told from its text as Model Monitor's analyzer tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.documents.statistics import FRACTIONAL, INTEGRAL, STRING, UNKNOWN
from sagemaker_monitor.analysis.quality.cell_types import (
    BOOLEAN_CELL,
    FRACTIONAL_CELL,
    INTEGRAL_CELL,
    WHOLE,
    is_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl
    from numpy.typing import NDArray


@dataclass(frozen=True)
class TypeCounts:
    """How many cells of a column have which type; empty ones are missing."""

    missing: int = 0
    fractional: int = 0
    integral: int = 0
    boolean: int = 0
    string: int = 0

    def __add__(self, other: TypeCounts) -> TypeCounts:
        """Return the counts of both."""
        return TypeCounts(
            self.missing + other.missing,
            self.fractional + other.fractional,
            self.integral + other.integral,
            self.boolean + other.boolean,
            self.string + other.string,
        )

    @property
    def present(self) -> int:
        """Return how many cells are not empty."""
        return self.fractional + self.integral + self.boolean + self.string

    @property
    def inferred(self) -> str:
        """Return the column's type: any text makes it String, any fraction Fractional.

        true and false beside numbers are texts to Deequ; alone they are Boolean to it, which documents of
        Model Monitor do not know: here they are String.
        """
        if self.string or self.boolean:
            return STRING
        if self.fractional:
            return FRACTIONAL
        return INTEGRAL if self.integral else UNKNOWN

    def share(self, inferred_type: str) -> float:
        """Return the share of present cells of exactly this type: 1 is neither Fractional nor String."""
        of_type = {
            FRACTIONAL: self.fractional,
            INTEGRAL: self.integral,
            STRING: self.string + self.boolean,
        }
        return of_type.get(inferred_type, 0) / self.present


@dataclass(frozen=True)
class Cells:
    """One column of a block of rows: the types of its cells, and its numbers when they are all numbers.

    Of a column with texts there may be *counts*: how often which text occurs.
    """

    types: TypeCounts
    numbers: NDArray[np.float64] | None
    counts: pl.DataFrame | None = None


def classify(frame: pl.DataFrame) -> list[Cells]:
    """Return the cells of every column of *frame*, null where empty.

    Columns are texts; one of Int64 has only cells that are Integral, one of Float64 only Fractional ones.
    """
    texts = [index for index, dtype in enumerate(frame.dtypes) if not dtype.is_numeric()]
    if len(texts) == frame.width:
        return _by_text(frame)
    numbers = [index for index, dtype in enumerate(frame.dtypes) if dtype.is_numeric()]
    done = dict(zip(numbers, _by_type(frame, numbers), strict=True))
    if texts:
        done.update(zip(texts, _by_text(frame[:, texts]), strict=True))
    return [done[index] for index in range(frame.width)]


def _by_type(frame: pl.DataFrame, indices: Sequence[int]) -> Iterator[Cells]:
    """Yield columns of which the reader has made numbers, since the cells of each are of one type."""
    values = frame[:, list(indices)].to_numpy(order="fortran").astype(np.float64, copy=False)
    for place, index in enumerate(indices):
        column, numbers = frame.to_series(index), values[:, place]
        missing = column.null_count()
        if missing:
            numbers = numbers[~np.isnan(numbers)]
        kind = "integral" if column.dtype.is_integer() else "fractional"
        yield Cells(TypeCounts(missing, **{kind: len(numbers)}), numbers)


def _by_text(frame: pl.DataFrame) -> list[Cells]:
    import polars as pl

    missing = frame.null_count().row(0)
    first = frame.select(pl.all().drop_nulls().first()).row(0)
    # Whole numbers are the quickest to tell, by converting them; patterns are for what is left.
    maybe_whole = [index for index, cell in enumerate(first) if cell is not None and WHOLE.match(cell)]
    whole = _floats(frame, maybe_whole, via=pl.Int64)
    done: dict[int, Cells] = {
        index: Cells(TypeCounts(missing[index]), None) for index, cell in enumerate(first) if cell is None
    }
    for index, column in zip(maybe_whole, whole, strict=True):
        if column.null_count() == missing[index]:
            types = TypeCounts(missing[index], integral=frame.height - missing[index])
            done[index] = Cells(types, _numbers(column))
    texts = [index for index, cell in enumerate(first) if cell is not None and not is_number(cell)]
    done.update(zip(texts, _by_value([frame.to_series(index) for index in texts]), strict=True))
    rest = [index for index in range(frame.width) if index not in done]
    done.update(zip(rest, _by_pattern(frame, rest, [missing[index] for index in rest]), strict=True))
    return [done[index] for index in range(frame.width)]


def _by_value(columns: Sequence[pl.Series]) -> list[Cells]:
    """Return columns of texts by their distinct ones, which are to be counted in any case."""
    import polars as pl

    if not columns:
        return []
    counts = [count_texts(each) for each in columns]
    text = pl.col("text")
    kinds = pl.when(text.str.contains(FRACTIONAL_CELL)).then(1).when(text.str.contains(INTEGRAL_CELL)).then(2)
    kind = kinds.when(text.str.contains(BOOLEAN_CELL)).then(3).otherwise(4)
    texts = pl.concat([each["text"] for each in counts]).to_frame()
    of_kind = np.zeros((len(columns), 5), dtype=np.int64)
    places = np.repeat(np.arange(len(columns)), [each.height for each in counts])
    often = np.concatenate([each["count"].to_numpy() for each in counts])
    np.add.at(of_kind, (places, texts.select(kind).to_series().to_numpy()), often)
    of_kind[:, 0] = [each.null_count() for each in columns]
    return [Cells(TypeCounts(*row), None, count) for row, count in zip(of_kind.tolist(), counts, strict=True)]


def count_texts(texts: pl.Series) -> pl.DataFrame:
    """Return how often which text occurs, in columns text and count; null is none."""
    texts = texts.alias("text")
    return (texts.drop_nulls() if texts.null_count() else texts).value_counts(name="count")


def _by_pattern(frame: pl.DataFrame, indices: Sequence[int], missing: Sequence[int]) -> list[Cells]:
    import polars as pl

    fractional = dict(zip(indices, _matches(frame, indices, FRACTIONAL_CELL), strict=True))
    left = {
        index: frame.height - absent - fractional[index]
        for index, absent in zip(indices, missing, strict=True)
    }
    integral = _left_over(frame, left, INTEGRAL_CELL)
    boolean = _left_over(frame, left, BOOLEAN_CELL)
    counts = {
        index: TypeCounts(
            absent, fractional[index], integral.get(index, 0), boolean.get(index, 0), left[index]
        )
        for index, absent in zip(indices, missing, strict=True)
    }
    numeric = [index for index in indices if counts[index].inferred in (FRACTIONAL, INTEGRAL)]
    numbers = {}
    for index, column in zip(numeric, _floats(frame, numeric), strict=True):
        if column.null_count() > counts[index].missing:
            # Spark trims before it converts; a blank between sign and digits it takes for no number.
            trimmed = frame.select(pl.nth(index).str.strip_chars_start(" "))
            (column,) = _floats(trimmed, [0])
        numbers[index] = _numbers(column)
    return [Cells(counts[index], numbers.get(index)) for index in indices]


def _left_over(frame: pl.DataFrame, left: dict[int, int], pattern: str) -> dict[int, int]:
    """Return how many cells match in columns that have some *left*, and take these from what is left."""
    some = [index for index, count in left.items() if count]
    found = dict(zip(some, _matches(frame, some, pattern), strict=True))
    for index, count in found.items():
        left[index] -= count
    return found


def _matches(frame: pl.DataFrame, indices: Sequence[int], pattern: str) -> tuple[int, ...]:
    import polars as pl

    if not indices:
        return ()
    return frame.select(pl.nth(*indices).str.contains(pattern).sum()).row(0)


def _floats(
    frame: pl.DataFrame, indices: Sequence[int], via: type[pl.DataType] | None = None
) -> list[pl.Series]:
    """Return columns as numbers, null where a cell is none, or none of the type *via*."""
    import polars as pl

    if not indices:
        return []
    cells = pl.nth(*indices)
    cells = cells if via is None else cells.cast(via, strict=False)
    return frame.select(cells.cast(pl.Float64, strict=False)).get_columns()


def _numbers(column: pl.Series) -> NDArray[np.float64]:
    return (column.drop_nulls() if column.null_count() else column).to_numpy()
