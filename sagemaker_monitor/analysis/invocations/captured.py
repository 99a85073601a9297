"""One line of real-time capture: who was asked when, with what, and what was answered.

The form is AWS's, read off records of real endpoints. Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any, Mapping

SHADOW = "ShadowExperiment"
"""The source of what a shadow variant was asked, whose answers nobody got."""
TEXTS, BASE64 = ("CSV", "JSON"), "BASE64"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z")


class UnusableError(ValueError):
    """A captured request that cannot be used; says why, and never what stands in it."""


@dataclass(frozen=True)
class Invocation:
    """One captured request: *input* and *output* are None where they were not captured.

    *time* is UTC in seconds, as text that sorts by time: 2026-03-01T09:00:00Z.
    """

    event_id: str
    inference_id: str | None
    time: str
    input: str | None
    output: str | None

    @property
    def id(self) -> str:
        """The id that labels name: the inference id, or where the client gave none the event's."""
        return self.inference_id or self.event_id


def read_invocation(line: str | bytes) -> Invocation | None:
    """Return the request that *line* records; None where a shadow variant was asked.

    Raises UnusableError.
    """
    try:
        document = json.loads(line)
    except ValueError as error:
        # Text that is not UTF-8 is such an error, too.
        raise UnusableError("is not JSON; one record is one line") from error
    data, metadata = (_part(document, name) for name in ("captureData", "eventMetadata"))
    if metadata.get("invocationSource") == SHADOW:
        return None
    event_id, inference_id = metadata.get("eventId"), metadata.get("inferenceId")
    if not isinstance(event_id, str) or not event_id.strip():
        raise UnusableError("is no captured record: it has no eventMetadata.eventId")
    time = _TIME.fullmatch(str(metadata.get("inferenceTime", "")))
    if time is None:
        raise UnusableError("is no captured record: its eventMetadata.inferenceTime is no time of UTC")
    return Invocation(
        event_id.strip(),
        inference_id.strip() or None if isinstance(inference_id, str) else None,
        f"{time[1]}Z",
        _text(data, "endpointInput"),
        _text(data, "endpointOutput"),
    )


def _part(document: object, name: str) -> Mapping[str, Any]:
    part = document.get(name) if isinstance(document, dict) else None
    if not isinstance(part, dict):
        raise UnusableError(f"is no captured record: it has no {name}")
    return part


def _text(data: Mapping[str, Any], name: str) -> str | None:
    """Return what was sent or answered as text; None where it was not captured."""
    part = data.get(name)
    if part is None:
        return None
    content, encoding = (part.get(key) if isinstance(part, dict) else None for key in ("data", "encoding"))
    if not isinstance(content, str):
        raise UnusableError(f"is no captured record: its {name} has no data")
    if encoding in TEXTS:
        return content
    if encoding != BASE64:
        raise UnusableError(f"has {name} with an encoding that is none of CSV, JSON and BASE64")
    try:
        return base64.b64decode(content, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UnusableError(f"has {name} in BASE64 that is no text of UTF-8") from error
