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
    """The content of one part of the records: a row of cells for each, or a JSON document; or several."""

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


def side_of(records: Sequence[Record], name: str, *, several: bool = False) -> Side:
    """Return the part called *name* of *records*; raises AnalysisError for one that lacks or spoils it.

    A captured request may have *several* rows, or JSON documents in lines, where no ground truth, which is
    one for each request, has to be matched with it.
    """
    parts = [(*_part(record, name, place), place) for record, place in records]
    kinds = {is_csv for is_csv, _, _ in parts}
    if len(kinds) > 1:
        raise AnalysisError(f"the records have {name} in CSV and in JSON; give records of one kind")
    for is_csv, contents, place in parts:
        if not contents or (len(contents) > 1 and not several):
            raise AnalysisError(
                f"{place} has {len(contents)} {'rows' if is_csv else 'JSON documents'} in {name}; bias needs "
                "one in each captured request, because ground truth is one label for each"
            )
    contents = [content for _, contents, _ in parts for content in contents]
    side = Side(name, kinds == {True}, contents, [place for _, each, place in parts for _ in each])
    if side.is_csv:
        widths = [len(row) for row in side.contents]
        other = next((row for row, width in enumerate(widths) if width != widths[0]), None)
        if other is not None:
            raise AnalysisError(
                f"{side.places[other]} has {widths[other]} columns in {name}, "
                f"the first record has {widths[0]}"
            )
    return side


def _part(record: dict[str, Any], name: str, place: str) -> tuple[bool, list[Any]]:
    """Return whether the part is CSV, and its rows or its documents."""
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
        return True, _rows(text)
    if encoding != "JSON":
        raise AnalysisError(f"{place} has {name} with encoding {encoding!r}; allowed: CSV, JSON, BASE64")
    try:
        return False, _documents(text)
    except (ValueError, RecursionError) as error:
        raise AnalysisError(f"{place} has {name} that is no JSON: {error}") from error


def _documents(text: str) -> list[Any]:
    """Return the one document of *text*, or those of its lines. Raises ValueError or RecursionError."""
    try:
        return [json.loads(text)]
    except ValueError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            raise
        return [json.loads(line) for line in lines]


def _rows(text: str) -> list[list[str]]:
    if '"' not in text and "\n" not in text.strip():
        return [text.strip("\r\n").split(",")]
    return [row for row in csv.reader(text.splitlines()) if row]
