"""What a batch transform with data capture leaves: manifests in folders of the hour, and ids in its output.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.strict import DocumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDED = 2
"""Columns that a transform with GenerateInferenceId appends last: inference id and inference time."""

_HOUR = "%Y/%m/%d/%H"
_IN_HOUR = re.compile(r"(\d{4}/\d\d/\d\d/\d\d)/.+", re.DOTALL)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass(frozen=True)
class Manifest:
    """One capture manifest: objects by their names below a prefix, which for the name "" is the object."""

    prefix: str
    names: tuple[str, ...]

    @property
    def uris(self) -> tuple[str, ...]:
        """The S3 URIs of the objects, in the manifest's order."""
        return tuple(self.prefix + name for name in self.names)

    def to_json(self) -> str:
        """Return the document as AWS writes it."""
        return json.dumps([{"prefix": self.prefix}, *self.names], indent=4)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read the document; raises DocumentError with what is wrong."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise DocumentError(f"a capture manifest is not JSON: {error}") from error
        head = document[0] if isinstance(document, list) and document else None
        prefix = head.get("prefix") if isinstance(head, dict) else None
        names = document[1:] if isinstance(prefix, str) else []
        if (
            not isinstance(prefix, str)
            or not prefix.startswith("s3://")
            or not names
            or not all(isinstance(name, str) for name in names)
        ):
            raise DocumentError('a capture manifest must be [{"prefix": "s3://…"}, "name", …]')
        return cls(prefix, tuple(names))


def hour_folder(hour: datetime) -> str:
    """Return the folder of *hour*, yyyy/mm/dd/hh in UTC, that captures and ground truth are kept in."""
    return hour.astimezone(timezone.utc).strftime(_HOUR)


def hour_of(path: str) -> datetime | None:
    """Return the hour of a key below the root of captures or ground truth; None outside of hour folders."""
    match = _IN_HOUR.fullmatch(path)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], _HOUR).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def inference_id(row: Sequence[str]) -> str | None:
    """Return the inference id of a row of captured CSV output; None where the transform appended none."""
    if len(row) <= ADDED or not row[-ADDED].strip() or not _TIME.fullmatch(row[-1].strip()):
        return None
    return row[-ADDED].strip()
