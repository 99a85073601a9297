"""What keys JSON records have and what kinds of values: the columns that Spark makes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.documents.jackson import double

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import polars as pl


class Kind(Enum):
    """What the values at one place of all records are."""

    NOTHING = auto()
    WHOLE = auto()
    FRACTION = auto()
    TEXT = auto()
    OBJECT = auto()
    ARRAY = auto()


_NUMBERS = {Kind.WHOLE, Kind.FRACTION}


@dataclass(frozen=True)
class Leaf:
    """A column: where it is in a record, and the kind of its values; *mixed* text has other values too."""

    path: tuple[str, ...]
    kind: Kind
    mixed: bool

    @property
    def name(self) -> str:
        """The column's name: the keys that lead to it, with dots between them."""
        return ".".join(self.path)


@dataclass
class Shape:
    """The kind of the values at one place of all records, and what is below it when they are objects.

    Whole numbers and fractions together are fractions; any other mixture is text. These are the rules by
    which Spark finds the schema of JSON (spark.apache.org, "JSON Files").
    """

    kind: Kind = Kind.NOTHING
    mixed: bool = False
    below: dict[str, Shape] = field(default_factory=dict)

    def add(self, kind: Kind) -> None:
        """Take values of one kind into account."""
        if kind is Kind.NOTHING or kind is self.kind:
            return
        if self.kind is Kind.NOTHING:
            self.kind = kind
        elif {kind, self.kind} == _NUMBERS:
            self.kind = Kind.FRACTION
        else:
            self.kind, self.mixed = Kind.TEXT, True

    def add_value(self, value: object) -> None:
        """Take a value, as json.loads gives it, into account."""
        self.add(_kind_of(value))
        if isinstance(value, dict):
            for key, item in value.items():
                self.below.setdefault(key, Shape()).add_value(item)

    def add_type(self, dtype: pl.DataType) -> None:
        """Take the type that Polars found for a column into account."""
        import polars as pl

        if isinstance(dtype, pl.Struct):
            self.add_schema({each.name: each.dtype for each in dtype.fields})  # type: ignore[misc]
        elif isinstance(dtype, pl.List | pl.Array):
            self.add(Kind.ARRAY)
        elif dtype.is_integer():
            self.add(Kind.WHOLE)
        elif dtype.is_float():
            self.add(Kind.FRACTION)
        elif dtype != pl.Null:
            self.add(Kind.TEXT)

    def add_schema(self, schema: Mapping[str, pl.DataType]) -> None:
        """Take objects with values of these types into account."""
        self.add(Kind.OBJECT)
        for name, dtype in schema.items():
            self.below.setdefault(name, Shape()).add_type(dtype)

    def leaves(self, path: tuple[str, ...] = ()) -> Iterator[Leaf]:
        """Yield the columns, the keys of each object in sorted order."""
        if self.kind is not Kind.OBJECT:
            yield Leaf(path, self.kind, self.mixed)
            return
        for key in sorted(self.below):
            yield from self.below[key].leaves((*path, key))


def text_of(value: Any) -> str | None:
    """Return a JSON value as Spark writes it as text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return double(value)
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def _kind_of(value: object) -> Kind:
    if value is None:
        return Kind.NOTHING
    if isinstance(value, str | bool):
        return Kind.TEXT
    if isinstance(value, dict):
        return Kind.OBJECT
    if isinstance(value, list):
        return Kind.ARRAY
    return Kind.WHOLE if isinstance(value, int) else Kind.FRACTION
