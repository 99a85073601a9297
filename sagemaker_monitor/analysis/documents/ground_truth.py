"""Ground truth records: labels by inference id, as Model Monitor's merge reads them.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import Mapping

from sagemaker_monitor.analysis.documents.strict import DocumentError

ENCODINGS = ("CSV", "JSON")
VERSION = "0"
NO_ID = "it has no eventMetadata.eventId, which must be the inference id as text"
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
"""What JSON takes for a number."""


@dataclass(frozen=True)
class GroundTruthRecord:
    """One line of a ground truth file. The id is that of the inference, also where it is called eventId."""

    event_id: str
    data: str
    encoding: str = "CSV"

    @classmethod
    def of(cls, event_id: str, label: str) -> GroundTruthRecord:
        """Return the record of one label: a cell of CSV, in quotes where it needs them."""
        quoted = any(mark in label for mark in ',"\r\n')
        return cls(event_id, '"{}"'.format(label.replace('"', '""')) if quoted else label)

    @classmethod
    def of_columns(cls, event_id: str, columns: Mapping[str, str]) -> GroundTruthRecord:
        """Return the record of a label with further columns: a JSON object, numbers as they are written."""
        members = (f"{json.dumps(name)}:{_json_value(cell)}" for name, cell in columns.items())
        return cls(event_id, f"{{{','.join(members)}}}", "JSON")

    def to_json(self) -> str:
        """Return the record as one line, without its end."""
        document = {
            "groundTruthData": {"data": self.data, "encoding": self.encoding},
            "eventMetadata": {"eventId": self.event_id},
            "eventVersion": VERSION,
        }
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> GroundTruthRecord:
        """Read one line; keys that a label needs not are passed over. Raises DocumentError."""
        return cls.from_document(document_of(line))

    @classmethod
    def from_document(cls, document: object) -> GroundTruthRecord:
        """Read what is in one line. Raises DocumentError."""
        truth, event = (_part(document, name) for name in ("groundTruthData", "eventMetadata"))
        data, encoding, event_id = truth.get("data"), truth.get("encoding"), event.get("eventId")
        if not isinstance(event_id, str) or not event_id.strip():
            raise DocumentError(NO_ID)
        if not isinstance(data, str):
            raise DocumentError("it has no groundTruthData.data, which must be text")
        if encoding not in ENCODINGS:
            raise DocumentError(f"its groundTruthData.encoding must be one of {', '.join(ENCODINGS)}")
        return cls(event_id.strip(), data, encoding)

    def label(self, attribute: str) -> str:
        """Return the label as it is written; in JSON it is what *attribute* says. Raises DocumentError."""
        return self._json_label(attribute) if self.encoding == "JSON" else self._csv_label()

    def _csv_label(self) -> str:
        try:
            rows = list(csv.reader([self.data.strip()], strict=True))
        except csv.Error as error:
            raise DocumentError("its label is not CSV") from error
        if len(rows) > 1 or (rows and len(rows[0]) > 1):
            raise DocumentError("its label has more than one cell")
        return rows[0][0] if rows and rows[0] else ""

    def _json_label(self, attribute: str) -> str:
        try:
            # As text, so that 1 and 1.0 stay what they are.
            data = json.loads(self.data, parse_int=str, parse_float=str)
        except ValueError as error:
            raise DocumentError("its label is not JSON, although its encoding says so") from error
        if not isinstance(data, dict) or attribute not in data:
            raise DocumentError(f"its label is JSON without {attribute!r}")
        label = data[attribute]
        if label is None:
            return ""
        if not isinstance(label, str):
            raise DocumentError(f"{attribute!r} of its label is neither a number nor text")
        return label


def document_of(line: str) -> object:
    """Return what is in one line of JSON. Raises DocumentError."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DocumentError("it is not JSON; one record is one line") from error


def _json_value(cell: str) -> str:
    """Return a cell as JSON: a number stays as it is written."""
    text = cell.strip()
    return text if _NUMBER.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _part(document: object, name: str) -> dict[str, object]:
    part = document.get(name) if isinstance(document, dict) else None
    if not isinstance(part, dict):
        raise DocumentError(f"it has no {name}")
    return part
