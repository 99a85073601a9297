"""JSON records as a table: flat or nested objects, their columns in the order of their sorted keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.quality.cell_types import FRACTIONAL_CELL, INTEGRAL_CELL
from sagemaker_monitor.analysis.records.dataset import NO_DATA
from sagemaker_monitor.analysis.records.shape import Kind, Leaf, Shape, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import polars as pl

    Record = dict[str, Any]

FLAT = "the analyzer takes flat JSON records; flatten it with a record_preprocessor_script"


class Piece(Protocol):
    """Some records."""

    def describe(self, shape: Shape) -> None:
        """Take the records into account in *shape*."""
        ...

    def cells(self, leaves: Sequence[Leaf]) -> pl.DataFrame:
        """Return the cells at *leaves* as text; columns are called by their position."""
        ...

    def records(self) -> Iterator[Record]:
        """Yield the records."""
        ...


@dataclass(frozen=True)
class Records:
    """Records that are parsed already."""

    parsed: Sequence[Record]

    def describe(self, shape: Shape) -> None:
        """Take the records into account in *shape*."""
        for record in self.parsed:
            shape.add_value(record)

    def cells(self, leaves: Sequence[Leaf]) -> pl.DataFrame:
        """Return the cells at *leaves* as text; columns are called by their position."""
        import polars as pl

        return pl.DataFrame([self._column(leaf).alias(str(place)) for place, leaf in enumerate(leaves)])

    def _column(self, leaf: Leaf) -> pl.Series:
        import polars as pl

        values = [_at(record, leaf.path) for record in self.parsed]
        if leaf.kind is Kind.FRACTION:
            # As a column, so that its texts are those of columns that were never Python's.
            texts = pl.Series(values, dtype=pl.Float64, strict=False).cast(pl.String)
            return texts.replace({"inf": "Infinity", "-inf": "-Infinity"})
        return pl.Series([text_of(value) for value in values], dtype=pl.String)

    def records(self) -> Iterator[Record]:
        """Yield the records."""
        yield from self.parsed


@dataclass(frozen=True)
class Lines:
    """Records as they are written, one a line; *place* says where the line with a number is from."""

    content: bytes
    place: Callable[[int], str]

    def describe(self, shape: Shape) -> None:
        """Take the records into account in *shape*."""
        import polars as pl

        if not self.content.strip():
            return
        try:
            # Read as well as inferred: the inference alone lets conflicts pass.
            schema = pl.read_ndjson(self.content, infer_schema_length=None).schema
        except pl.exceptions.PolarsError:
            Records([*self.records()]).describe(shape)
        else:
            shape.add_schema(schema)

    def cells(self, leaves: Sequence[Leaf]) -> pl.DataFrame:
        """Return the cells at *leaves* as text; columns are called by their position."""
        import polars as pl

        try:
            frame = pl.read_ndjson(self.content, schema=_schema(leaves))
            cells = frame.select(_column(leaf, place) for place, leaf in enumerate(leaves))
        except pl.exceptions.PolarsError:
            return Records([*self.records()]).cells(leaves)
        if any(leaf.mixed or _looks_mixed(cells, place, leaf) for place, leaf in enumerate(leaves)):
            # Polars writes 1.0 among texts as 1, which would be a whole number, and objects with blanks.
            return Records([*self.records()]).cells(leaves)
        return cells

    def records(self) -> Iterator[Record]:
        """Yield the records; raises AnalysisError that names the line of one that is none."""
        for number, line in enumerate(self.content.split(b"\n")):
            if line.strip():
                yield parsed(line, self.place(number))


@dataclass(frozen=True)
class JsonTable:
    """Records whose columns are found in a first pass over them."""

    pieces: Callable[[], Iterator[Piece]]
    doubt: str | None = None

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The columns; raises AnalysisError when there is no record."""
        shape = Shape()
        for piece in self.pieces():
            piece.describe(shape)
        if shape.kind is Kind.NOTHING:
            raise AnalysisError(NO_DATA)
        leaves = tuple(shape.leaves())
        if not leaves:
            raise AnalysisError("the records have no keys; each must be an object with a value per column")
        return leaves

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names; raises AnalysisError for arrays, which are no columns."""
        for leaf in self.leaves:
            if leaf.kind is Kind.ARRAY:
                raise AnalysisError(f"{leaf.name!r} is an array; {FLAT}")
        return tuple(leaf.name for leaf in self.leaves)

    def blocks(self) -> Iterator[pl.DataFrame]:
        """Yield blocks of rows; columns are called by their position."""
        yield from self.columns(self.leaves)

    def columns(self, leaves: Sequence[Leaf]) -> Iterator[pl.DataFrame]:
        """Yield blocks of the columns at *leaves*; they are called by their position there."""
        for piece in self.pieces():
            cells = piece.cells(leaves)
            if cells.height:
                yield cells


def parsed(line: bytes | str, place: str) -> Record:
    """Return the record in *line*; raises AnalysisError, naming the *place*, when it is none."""
    try:
        # Given bytes, the module would guess their encoding, line by line.
        record = json.loads(line.decode() if isinstance(line, bytes) else line)
    except (ValueError, RecursionError) as error:
        reason = "text that is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise AnalysisError(f"{place} is not JSON: {reason}; a record is one JSON object") from error
    if not isinstance(record, dict):
        raise AnalysisError(f"{place} is {_named(record)}; a record must be a JSON object")
    return record


def _named(value: object) -> str:
    if isinstance(value, list):
        return "a JSON array"
    return "null" if value is None else f"a single {type(value).__name__}"


def _at(record: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    return record


def _schema(leaves: Sequence[Leaf], depth: int = 0) -> dict[str, pl.DataType]:
    """Return the types to read with: whole numbers as the text they are written as, fractions as numbers."""
    import polars as pl

    below: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        below.setdefault(leaf.path[depth], []).append(leaf)
    return {
        key: (pl.Float64() if found[0].kind is Kind.FRACTION else pl.String())
        if len(found[0].path) == depth + 1
        else pl.Struct(_schema(found, depth + 1))
        for key, found in below.items()
    }


def _column(leaf: Leaf, place: int) -> pl.Expr:
    import polars as pl

    column = pl.col(leaf.path[0])
    for key in leaf.path[1:]:
        column = column.struct.field(key)
    return column.cast(pl.String).alias(str(place))


def _looks_mixed(cells: pl.DataFrame, place: int, leaf: Leaf) -> bool:
    """Tell whether a column of text has what may have been written as a number, an object or an array."""
    if leaf.kind is not Kind.TEXT:
        return False
    column = cells.to_series(place).drop_nulls()
    numbers = column.str.contains(f"{INTEGRAL_CELL}|{FRACTIONAL_CELL}")
    nested = column.str.contains(r"^[\[{]")
    return bool(nested.any()) or (bool(numbers.any()) and not bool(numbers.all()))
