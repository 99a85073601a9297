"""What type each cell of a column has, told from its text as Model Monitor's analyzer tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.statistics import FRACTIONAL, INTEGRAL, STRING, UNKNOWN
from sagemaker_monitor.analysis.quality.cell_types import (
    BOOLEAN_CELL,
    FRACTIONAL_CELL,
    INTEGRAL_CELL,
    WHOLE,
    is_number,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
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
    """Return the cells of every column of *frame*, whose columns are texts, null where empty."""
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
    for index, cell in enumerate(first):
        if cell is not None and not is_number(cell):
            done[index] = _by_value(frame.to_series(index))
    rest = [index for index in range(frame.width) if index not in done]
    done.update(zip(rest, _by_pattern(frame, rest, [missing[index] for index in rest]), strict=True))
    return [done[index] for index in range(frame.width)]


def _by_value(texts: pl.Series) -> Cells:
    """Return a column of texts by its distinct ones, which are to be counted in any case."""
    import polars as pl

    counts = count_texts(texts)
    text, count = pl.col("text"), pl.col("count")
    fractional, integral, boolean = counts.select(
        count.filter(text.str.contains(pattern)).sum().alias(str(place))
        for place, pattern in enumerate((FRACTIONAL_CELL, INTEGRAL_CELL, BOOLEAN_CELL))
    ).row(0)
    present = int(counts["count"].sum())
    missing = len(texts) - present
    strings = present - fractional - integral - boolean
    return Cells(TypeCounts(missing, fractional, integral, boolean, strings), None, counts)


def count_texts(texts: pl.Series) -> pl.DataFrame:
    """Return how often which text occurs, in columns text and count; null is none."""
    return texts.alias("text").drop_nulls().value_counts(name="count")


def _by_pattern(frame: pl.DataFrame, indices: Sequence[int], missing: Sequence[int]) -> list[Cells]:
    import polars as pl

    fractional = _matches(frame, indices, FRACTIONAL_CELL)
    mixed = [
        index
        for index, count, absent in zip(indices, fractional, missing, strict=True)
        if count + absent < frame.height
    ]
    integral = dict(zip(mixed, _matches(frame, mixed, INTEGRAL_CELL), strict=True))
    boolean = dict(zip(mixed, _matches(frame, mixed, BOOLEAN_CELL), strict=True))
    counts = {}
    for index, count, absent in zip(indices, fractional, missing, strict=True):
        known = count + integral.get(index, 0) + boolean.get(index, 0)
        counts[index] = TypeCounts(
            absent, count, integral.get(index, 0), boolean.get(index, 0), frame.height - absent - known
        )
    numeric = [index for index in indices if counts[index].inferred in (FRACTIONAL, INTEGRAL)]
    numbers = {}
    for index, column in zip(numeric, _floats(frame, numeric), strict=True):
        if column.null_count() > counts[index].missing:
            # Spark trims before it converts; a blank between sign and digits it takes for no number.
            trimmed = frame.select(pl.nth(index).str.strip_chars_start(" "))
            (column,) = _floats(trimmed, [0])
        numbers[index] = _numbers(column)
    return [Cells(counts[index], numbers.get(index)) for index in indices]


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
