"""Records as a preprocessor script gets them: a captured record as an object, CSV as a line, JSON as a dict.

Names and contents are those of AWS's documentation, "Preprocessing and Postprocessing" of Model Monitor.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.compressed import opened
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.captured import TRUTH, events
from sagemaker_monitor.analysis.records.formats import BATCH_OUTPUT, ENDPOINT_INPUT, ENDPOINT_OUTPUT, Kind
from sagemaker_monitor.analysis.records.json_files import json_documents, json_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sagemaker_monitor.analysis.records.formats import DatasetFormat

_ATTRIBUTES = {
    "endpoint_input": ENDPOINT_INPUT,
    "endpoint_output": ENDPOINT_OUTPUT,
    "batch_transform_output": BATCH_OUTPUT,
}


class EventMetadata:
    """What is known of one inference besides its data; None is what the record does not say."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Take the values of a record's eventMetadata."""
        self.event_id = document.get("eventId")
        self.event_time = document.get("inferenceTime")
        self.custom_attribute = document.get("customAttributes")
        self.inference_id = document.get("inferenceId")


class EventData:
    """One captured part, or the label; the data stands as it was captured."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Take the values of a record's part."""
        self.encoding = document.get("encoding")
        self.data = document.get("data")
        self.observedContentType = document.get("observedContentType")
        self.mode = document.get("mode")

    def as_dict(self) -> dict[str, Any]:
        """Return the part as it stands now, in the record's words."""
        return {name: value for name, value in vars(self).items() if value is not None}


class InferenceRecord:
    """A captured record, merged with its label or not; parts that it does not have are None."""

    endpoint_input: EventData | None
    endpoint_output: EventData | None
    batch_transform_output: EventData | None

    def __init__(self, event: dict[str, Any]) -> None:
        """Take the values of a line of a capture file."""
        self.event_dict = event
        self.event_version = event.get("eventVersion")
        metadata = event.get("eventMetadata")
        self.event_metadata = EventMetadata(metadata) if isinstance(metadata, dict) else None
        self.ground_truth = _part(event, TRUTH)
        data = event.get("captureData")
        for attribute, name in _ATTRIBUTES.items():
            setattr(self, attribute, _part(data if isinstance(data, dict) else {}, name))

    def as_dict(self) -> dict[str, Any]:
        """Return the record as it stands now, what was changed in its parts included."""
        parts = {name: getattr(self, attribute) for attribute, name in _ATTRIBUTES.items()}
        found = {**self.event_dict}
        if any(part is not None for part in parts.values()):
            changed = {name: part.as_dict() for name, part in parts.items() if part is not None}
            found["captureData"] = {**self.event_dict.get("captureData", {}), **changed}
        if self.ground_truth is not None:
            found[TRUTH] = self.ground_truth.as_dict()
        return found


@dataclass(frozen=True)
class RawRecord:
    """One record, and how it is named in a message."""

    value: Any
    place: str


def raw_records(format: DatasetFormat, files: Sequence[Path]) -> Iterator[RawRecord]:
    """Yield the records of *files*; raises AnalysisError for what is none, and for Parquet."""
    if format.is_capture:
        for event, place in events(files):
            yield RawRecord(InferenceRecord(event), place.rstrip(","))
    elif format.kind is Kind.CSV:
        for file in files:
            yield from _csv_lines(file, header=format.header)
    elif format.kind is Kind.JSON:
        table = json_lines(files) if format.lines else json_documents(files)
        records = (record for piece in table.pieces() for record in piece.records())
        for number, record in enumerate(records, 1):
            yield RawRecord(record, f"record {number}")
    else:
        raise AnalysisError(
            f"record_preprocessor_script is not supported for {format.kind.value}; "
            "it is for captured records, csv and json"
        )


def _part(event: dict[str, Any], name: str) -> EventData | None:
    part = event.get(name)
    return EventData(part) if isinstance(part, dict) else None


def _csv_lines(file: Path, *, header: bool) -> Iterator[RawRecord]:
    """Yield the rows of a CSV file as they are written, without the header; a row ends where quotes do."""
    with opened(file) as plain, TextIOWrapper(plain, encoding="utf-8-sig", newline="") as source:
        row, first = "", 0
        try:
            for number, line in enumerate(source, 1):
                row, first = row + line, first or number
                if row.count('"') % 2:
                    continue
                text = row.rstrip("\r\n")
                if text and not header:
                    yield RawRecord(text, f"{file.name!r}, line {first}")
                header = header and not text
                row, first = "", 0
        except UnicodeDecodeError as error:
            raise AnalysisError(f"{file.name!r} is not UTF-8; save the dataset as UTF-8 CSV") from error
    if row:
        raise AnalysisError(f"{file.name!r}, line {first}, opens a quote that is never closed")
