"""One side of captured records: what was asked, what was answered, or what came true, by record."""

from __future__ import annotations

import base64
import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.columns import column_of, series_of
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.expressions import found

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    Record = tuple[dict[str, Any], str]
    """A captured record, and how its line is named in a message."""


@dataclass(frozen=True)
class Side:
    """The content of one part of every record: a row of cells each, or a JSON document each."""

    name: str
    is_csv: bool
    contents: Sequence[Any]
    places: Sequence[str]

    @property
    def width(self) -> int:
        """The number of cells of a row."""
        return len(self.contents[0])

    def values(self, place: str, key: str, *, skip: int = 0) -> list[Any]:
        """Return the value at *place* of each record: an expression, or in CSV an index, after *skip* cells.

        Raises AnalysisError that names *key*.
        """
        if not self.is_csv:
            values = [found(place, key, each) for each in self.contents]
            if all(each is None for each in values):
                raise AnalysisError(f"{key} {place!r} finds nothing in the {self.name} of any record")
            return values
        if not place.isdecimal() or int(place) + skip >= self.width:
            raise AnalysisError(
                f"{key} is {place!r}: the {self.name} is CSV with {self.width - skip} column(s) for it; "
                "give the zero-based index of one"
            )
        return [row[int(place) + skip] for row in self.contents]

    def series(self, name: str, values: Sequence[Any]) -> pl.Series:
        """Return *values* of this side as a typed series: cells by what they spell, others as they are."""
        import polars as pl

        return (
            column_of(name, pl.Series(values, dtype=pl.String)).series()
            if self.is_csv
            else series_of(name, values)
        )


def side_of(records: Sequence[Record], name: str) -> Side:
    """Return the part called *name* of *records*; raises AnalysisError for one that lacks or spoils it."""
    parts = [_part(record, name, place) for record, place in records]
    kinds = {is_csv for is_csv, _ in parts}
    if len(kinds) > 1:
        raise AnalysisError(f"the records have {name} in CSV and in JSON; give records of one kind")
    side = Side(name, kinds == {True}, [content for _, content in parts], [place for _, place in records])
    if side.is_csv:
        widths = [len(row) for row in side.contents]
        other = next((row for row, width in enumerate(widths) if width != widths[0]), None)
        if other is not None:
            raise AnalysisError(
                f"{side.places[other]} has {widths[other]} columns in {name}, "
                f"the first record has {widths[0]}"
            )
    return side


def _part(record: dict[str, Any], name: str, place: str) -> tuple[bool, Any]:
    """Return whether the part is CSV, and its one row or its document."""
    part = record.get(name) or record.get("captureData", {}).get(name)
    if not isinstance(part, dict) or not isinstance(part.get("data"), str):
        raise AnalysisError(f"{place} has no {name}; capture input and output, and merge ground truth")
    text, encoding = part["data"], str(part.get("encoding", "")).upper()
    if encoding == "BASE64":
        try:
            text = base64.b64decode(text, validate=True).decode("utf-8")
        except ValueError as error:
            raise AnalysisError(f"{place} has {name} that is no BASE64 text: {error}") from error
        encoding = "JSON" if "json" in str(part.get("observedContentType", "")).lower() else "CSV"
    if encoding == "CSV":
        return True, _row(text, name, place)
    if encoding != "JSON":
        raise AnalysisError(f"{place} has {name} with encoding {encoding!r}; allowed: CSV, JSON, BASE64")
    try:
        return False, json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AnalysisError(
            f"{place} has {name} that is not one JSON document: {error}; "
            "a request with several records cannot be matched with one ground truth"
        ) from error


def _row(text: str, name: str, place: str) -> list[str]:
    if '"' not in text and "\n" not in text.strip():
        return text.strip("\r\n").split(",")
    rows = [row for row in csv.reader(text.splitlines()) if row]
    if len(rows) != 1:
        raise AnalysisError(
            f"{place} has {len(rows)} rows in {name}; bias needs one row in each captured request, "
            "because ground truth is one label for each"
        )
    return rows[0]
