"""What type the values of a column have: integer, float, boolean or string, as Clarify's reader sees them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

# Cells that pandas, which Clarify reads CSV with, takes as absent.
ABSENT = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"),
    *("N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"),
)
TRUE, FALSE = ("True", "TRUE", "true"), ("False", "FALSE", "false")

_FIRST, _LAST = -(2**63), 2**63 - 1
"""The integers that are held with a sign; from 0 to 2^64 - 1 they are without."""
_WHOLE = r"^[+-]?[0-9]+$"
UNIQUENESS = 0.05
"""From this share of distinct values on, integers are continuous."""


class Kind(StrEnum):
    """The type of a column's values."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    STRING = "string"


@dataclass(frozen=True)
class Column:
    """A column's values, int64 or uint64, float64, bool or str objects, and which of them are present.

    An absent value is NaN among floats and an empty text among texts; other kinds have none. With *weights*,
    each value stands for that of so many rows.
    """

    name: str
    kind: Kind
    values: NDArray[Any]
    present: NDArray[np.bool_]
    weights: NDArray[np.int64] | None = None

    @property
    def rows(self) -> int:
        """Return how many rows there are."""
        return len(self.values) if self.weights is None else int(self.weights.sum())

    @property
    def rows_present(self) -> int:
        """Return how many rows have a value."""
        present = self.present if self.weights is None else self.weights[self.present]
        return int(present.sum())

    @property
    def is_numeric(self) -> bool:
        """Whether distances between values are defined; true and false count as 1 and 0."""
        return self.kind is not Kind.STRING

    def is_continuous(self, values: Sequence[object] = ()) -> bool:
        """Tell a continuous column from a categorical one by Clarify's rules.

        *values* are the facet's or label's, as configured: more than one makes the column categorical.
        Floats are always continuous; integers are when at least 5 % of the values are distinct, so the same
        column can be continuous in a small batch and categorical in a large one.
        """
        if len(values) > 1 or self.kind is Kind.BOOLEAN:
            return False
        if self.kind is Kind.FLOAT:
            return True
        present = self.values[self.present]
        if self.kind is Kind.STRING and not _all_integers(present):
            return False
        if not len(present):
            return False
        rows = self.rows_present
        if self.kind is Kind.INTEGER and int(present.max()) - int(present.min()) + 1 < UNIQUENESS * rows:
            # So few integers lie between them that counting the distinct ones changes nothing.
            return False
        return len(np.unique(present)) / rows >= UNIQUENESS

    def numbers(self) -> NDArray[Any]:
        """Return the values as numbers, NaN for an absent one."""
        if self.kind is not Kind.STRING:
            return self.values
        if self.present.all():
            return self.values.astype(np.int64)
        return np.where(self.present, self.values, "nan").astype(np.float64)

    def series(self) -> pl.Series:
        """Return the values as a typed series, null where absent."""
        import polars as pl

        values = pl.Series(self.name, self.values)
        return values if self.present.all() else values.set(pl.Series(~self.present), None)

    def distinct(self) -> list[Any]:
        """Return the distinct values as Python objects, in order of appearance."""
        return [value for value, _ in self.rows_by_value()]

    def rows_by_value(self) -> list[tuple[Any, NDArray[np.intp]]]:
        """Return each distinct value as a Python object with the positions of its rows, as they appear."""
        present = np.flatnonzero(self.present)
        values, codes = np.unique(self.values[present], return_inverse=True)
        rows = present[np.argsort(codes, kind="stable")]
        parts = np.split(rows, np.cumsum(np.bincount(codes, minlength=len(values)))[:-1]) if len(rows) else []
        return sorted(zip(values.tolist(), parts, strict=True), key=lambda each: int(each[1][0]))

    def equal_to_any(self, values: Sequence[object]) -> NDArray[np.bool_]:
        """Return which rows have one of *values*, cast to the column's type when no row has as they stand.

        Raises ValueError when they cannot be cast.
        """
        rows = self._equal(values)
        return rows if rows.any() else self._equal([self._cast(value) for value in values])

    def has_any(self, values: Sequence[object]) -> bool:
        """Tell whether any row has one of *values*."""
        try:
            return bool(self.equal_to_any(values).any())
        except ValueError:
            return False

    def _equal(self, values: Sequence[object]) -> NDArray[np.bool_]:
        rows = np.zeros(len(self.values), dtype=bool)
        for value in values:
            # A text equals no number, and numpy would warn about the comparison.
            if isinstance(value, str) == (self.kind is Kind.STRING):
                rows |= (self.values == value) & self.present
        return rows

    def _cast(self, value: object) -> object:
        if self.kind is Kind.STRING:
            return str(value)
        if self.kind is Kind.BOOLEAN:
            return value.lower() == "true" if isinstance(value, str) and value.isalpha() else bool(value)
        text = str(value)
        return int(text) if re.match(_WHOLE, text) else float(text)


def column_of_values(name: str, values: Sequence[Any], *, texts: bool = False) -> Column:
    """Return the column of *values* as JSON types them; with *texts*, cells typed by what they spell.

    None is absent. Raises AnalysisError for a list or an object among them, and a text that is none.
    """
    import polars as pl

    if texts:
        return column_of(name, pl.Series(values, dtype=pl.String))
    return column_of_series(name, series_of(name, values))


def series_of(name: str, values: Sequence[Any]) -> pl.Series:
    """Return the typed series of JSON *values*: text where one is a text, else numbers, true or false."""
    import polars as pl

    kinds = set(map(type, values)) - {type(None)}
    if kinds & {list, dict, tuple}:
        raise AnalysisError(f"{name!r} has a list or an object where a number or a text is needed")
    if str in kinds:
        cells = [each if isinstance(each, (str, type(None))) else json.dumps(each) for each in values]
        try:
            return pl.Series(name, cells, dtype=pl.String)
        except UnicodeEncodeError as error:
            half = error.object[error.start : error.start + 1].encode("unicode_escape").decode()
            raise AnalysisError(
                f"{name!r} has {half}, half of a character that JSON writes as two; repair that text"
            ) from error
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    return pl.Series(name, values, dtype=_number_type(kinds, values), strict=False)


def _number_type(kinds: set[type], values: Sequence[Any]) -> type[pl.DataType]:
    import polars as pl

    if not kinds or not kinds <= {int, bool}:
        return pl.Float64
    least = min(each for each in values if each is not None)
    most = max(each for each in values if each is not None)
    if least >= _FIRST and most <= _LAST:
        return pl.Int64
    return pl.UInt64 if least >= 0 and most < 2**64 else pl.Float64


def column_of_series(name: str, values: pl.Series) -> Column:
    """Return the column of typed *values*: text stays text, and a gap turns integers into floats."""
    import polars as pl

    present = values.is_not_null().to_numpy() if values.null_count() else np.ones(len(values), dtype=bool)
    if values.dtype == pl.Boolean and present.all():
        return Column(name, Kind.BOOLEAN, values.to_numpy(), present)
    if values.dtype.is_integer() and present.all():
        signed = values.cast(pl.Int64, strict=False)
        whole = values if signed.null_count() else signed
        return Column(name, Kind.INTEGER, whole.to_numpy(), present)
    if values.dtype.is_numeric():
        floats = values.cast(pl.Float64)
        numbers = (floats.fill_null(float("nan")) if floats.null_count() else floats).to_numpy()
        return Column(name, Kind.FLOAT, numbers, ~np.isnan(numbers))
    return Column(name, Kind.STRING, values.cast(pl.String).fill_null("").to_numpy(), present)


def column_of(name: str, cells: pl.Series) -> Column:
    """Return the column of *cells*, texts as they stand in the file."""
    import polars as pl

    integers = cells.cast(pl.Int64, strict=False)
    if not integers.null_count():
        return Column(name, Kind.INTEGER, integers.to_numpy(), np.ones(len(cells), dtype=bool))
    floats = cells.cast(pl.Float64, strict=False)
    if not floats.null_count():
        values = floats.to_numpy()
        if np.nanmax(np.abs(values), initial=0.0) >= _LAST and cells.str.contains(_WHOLE).all():
            return _column_of_large(name, cells)
        return Column(name, Kind.FLOAT, values, ~np.isnan(values))
    return _column_with_gaps(name, cells)


def _column_of_large(name: str, cells: pl.Series) -> Column:
    """Return the column of whole numbers that a double could not tell apart: as numbers or else as texts."""
    import polars as pl

    present = np.ones(len(cells), dtype=bool)
    unsigned = cells.cast(pl.UInt64, strict=False)
    if unsigned.null_count():
        return Column(name, Kind.STRING, cells.to_numpy(), present)
    return Column(name, Kind.INTEGER, unsigned.to_numpy(), present)


def _column_with_gaps(name: str, cells: pl.Series) -> Column:
    """Return the column of *cells* of which some are absent, padded with blanks, or no numbers."""
    import polars as pl

    text = cells.str.strip_chars()
    absent = cells.is_null() | cells.is_in(ABSENT)
    missing = int(absent.sum())
    present = (~absent).to_numpy()
    integers = text.cast(pl.Int64, strict=False)
    if not integers.null_count():
        return Column(name, Kind.INTEGER, integers.to_numpy(), present)
    floats = text.cast(pl.Float64, strict=False).set(absent, None)
    if floats.null_count() == missing:
        return Column(name, Kind.FLOAT, floats.fill_null(float("nan")).to_numpy(), present)
    if not missing and bool(cells.is_in((*TRUE, *FALSE)).all()):
        return Column(name, Kind.BOOLEAN, cells.is_in(TRUE).to_numpy(), present)
    return Column(name, Kind.STRING, cells.set(absent, "").to_numpy(), present)


def _all_integers(values: NDArray[Any]) -> bool:
    try:
        values.astype(np.int64)
    except (ValueError, OverflowError):
        return False
    return True
