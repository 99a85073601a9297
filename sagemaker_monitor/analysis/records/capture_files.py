"""Captured records as a dataset: the columns of the model's outputs beside those of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records import formats, payloads
from sagemaker_monitor.analysis.records.captured import CSV, Captured, captured
from sagemaker_monitor.analysis.records.dataset import NO_DATA
from sagemaker_monitor.analysis.records.json_records import FLAT, JsonTable, Lines
from sagemaker_monitor.analysis.records.shape import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from sagemaker_monitor.analysis.records.formats import DatasetFormat


@dataclass(frozen=True)
class CaptureFiles:
    """Records of an endpoint or a transform, each one row: of CSV by position, of JSON by sorted keys."""

    files: Sequence[Path]
    format: DatasetFormat
    doubt: str | None = None

    @property
    def is_merged(self) -> bool:
        """Whether the records have labels."""
        return self.format.kind is formats.Kind.MERGE

    @property
    def names(self) -> tuple[str, ...]:
        """Return _c0, _c1, … for CSV, the sorted keys of each part for JSON; raises AnalysisError."""
        if self.encoding == CSV:
            return tuple(f"_c{place}" for place in range(sum(self._widths)))
        for leaf in self.table.leaves:
            part = self.format.ordered_parts[int(leaf.path[0])]
            if leaf.kind is Kind.ARRAY or len(leaf.path) == 1:
                what = "an array" if leaf.kind is Kind.ARRAY else "a single value"
                raise AnalysisError(f"{'.'.join((part, *leaf.path[1:]))!r} is {what}; {FLAT}")
        return self.keys

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of JSON columns: keys, with their part before those that both parts have."""
        names = [".".join(leaf.path[1:]) for leaf in self.table.leaves]
        parts = [self.format.ordered_parts[int(leaf.path[0])] for leaf in self.table.leaves]
        return tuple(
            f"{part}.{name}" if names.count(name) > 1 else name
            for part, name in zip(parts, names, strict=True)
        )

    def blocks(self) -> Iterator[pl.DataFrame]:
        """Yield blocks of rows; columns are called by their position."""
        if self.encoding != CSV:
            yield from self.table.blocks()
            return
        for records in self.captured():
            yield self.cells(records)

    def captured(self) -> Iterator[Captured]:
        """Yield the records."""
        yield from captured(self.files, self.format)

    @property
    def encoding(self) -> str:
        """What all records are, CSV or JSON; raises AnalysisError when there is none."""
        return self._first.encoding

    @cached_property
    def table(self) -> JsonTable:
        """The records as objects of their parts, which are called by the place of their columns: 0, 1."""
        return JsonTable(self._lines)

    def cells(self, records: Captured) -> pl.DataFrame:
        """Return the cells of CSV records."""
        import polars as pl

        columns: list[pl.Series] = []
        for part, width in zip(self.format.ordered_parts, self._widths, strict=True):
            columns += payloads.cells_of(records.payloads[part], width, records.place).get_columns()
        return pl.DataFrame([column.alias(str(place)) for place, column in enumerate(columns)])

    def _lines(self) -> Iterator[Lines]:
        for records in self.captured():
            yield json_lines_of(records, self.format.ordered_parts)

    @cached_property
    def _first(self) -> Captured:
        first = next(self.captured(), None)
        if first is None:
            raise AnalysisError(NO_DATA)
        return first

    @cached_property
    def _widths(self) -> tuple[int, ...]:
        first, place = self._first.payloads.row(0, named=True), self._first.place
        return tuple(payloads.width_of(first[part], place) for part in self.format.ordered_parts)


def json_lines_of(records: Captured, parts: Sequence[str]) -> Lines:
    """Return JSON records as one line each: an object of the parts' payloads, called 0, 1, …"""
    import polars as pl

    # A line end within valid JSON is a blank between its tokens.
    texts = [pl.col(part).str.replace_all(r"[\r\n]", " ") for part in parts]
    pairs = [pl.format('"{}":{}', pl.lit(place), text) for place, text in enumerate(texts)]
    lines = records.payloads.select(pl.format("{{{}}}", pl.concat_str(pairs, separator=","))).to_series()
    return Lines("\n".join(lines).encode(), lambda number: f"what was captured in {records.place(number)}")
