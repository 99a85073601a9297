"""What an endpoint captured, with its labels.

The form is that of merged records of AWS: the label first, then what was captured, whose texts stay as they
are, and the keys of each part in order of the alphabet. A record's id is its inference id, or the id of its
event where the client gave none. Records without a label, and labels without a record, are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.merge.truths import Truth
from sagemaker_monitor.analysis.records.captured import SHADOW
from sagemaker_monitor.analysis.records.formats import ENDPOINT_INPUT, ENDPOINT_OUTPUT
from sagemaker_monitor.analysis.records.json_records import parsed
from sagemaker_monitor.analysis.records.typed_lines import records_of, text

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.merge.truths import Truths
    from sagemaker_monitor.analysis.records.lines import Block


class _Part(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    data: str | None = None
    encoding: str | None = None
    mode: str | None = None
    observed_content_type: str | None = None


class _Data(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    endpoint_input: _Part | None = None
    endpoint_output: _Part | None = None


class _About(msgspec.Struct, gc=False, rename="camel", omit_defaults=True):
    event_id: str | None = None
    inference_id: str | None = None
    inference_time: str | None = None
    custom_attributes: list[str | None] | None = None
    invocation_source: str | None = None


class _Captured(msgspec.Struct, gc=False, rename="camel"):
    capture_data: _Data
    event_metadata: _About


class _Merged(msgspec.Struct, gc=False, rename="camel", tag_field="eventVersion", tag="0"):
    ground_truth_data: Truth
    capture_data: _Data
    event_metadata: _About


_CAPTURED = msgspec.json.Decoder(_Captured)
_ENCODER = msgspec.json.Encoder()


def merged(block: Block, truths: Truths) -> tuple[bytes, int, int]:
    """Return the lines of the block's records that have a label, in their order.

    With them how many they are, and how many records the block has. Raises AnalysisError that names the line
    which is no captured record.
    """
    records: list[_Captured] = []
    ids: list[str] = []
    shadows = 0
    for record in records_of(block, _CAPTURED, _unusual):
        about = record.event_metadata
        event = about.event_id if about.inference_id is None else about.inference_id
        if event is None or about.invocation_source is not None or record.capture_data.endpoint_input is None:
            if about.invocation_source == SHADOW:
                shadows, event = shadows + 1, ""
            else:
                event = _event_of(record, block, len(ids))
                about.invocation_source = None
        records.append(record)
        ids.append(event.strip())
    rows, true = truths.find(ids)
    found = [records[row] for row in rows]
    data, events = ([each.capture_data for each in found], [each.event_metadata for each in found])
    return _ENCODER.encode_lines(map(_Merged, true, data, events)), len(rows), len(records) - shadows


def _event_of(record: _Captured, block: Block, row: int) -> str:
    """Return the id of the record in a row; raises AnalysisError where it is none."""
    data, about = record.capture_data, record.event_metadata
    if data.endpoint_input is None and data.endpoint_output is None:
        _refuse(block.place_of_row(row), f"captureData must have {ENDPOINT_INPUT} or {ENDPOINT_OUTPUT}")
    event = about.event_id if about.inference_id is None else about.inference_id
    if event is None:
        _refuse(block.place_of_row(row), "eventMetadata has neither inferenceId nor eventId")
    return event


def _unusual(line: bytes, place: str) -> _Captured:
    """Return the record of a line with other values than texts; raises AnalysisError where it has none."""
    record = parsed(line, place)
    data, about = (_object(record, name) or {} for name in ("captureData", "eventMetadata"))
    attributes = about.get("customAttributes")
    if not isinstance(attributes, list | None):
        _refuse(place, "customAttributes must be an array")
    return _Captured(
        _Data(_part(data, ENDPOINT_INPUT, place), _part(data, ENDPOINT_OUTPUT, place)),
        _About(
            text(about.get("eventId")),
            text(about.get("inferenceId")),
            text(about.get("inferenceTime")),
            None if attributes is None else [text(each) for each in attributes],
            text(about.get("invocationSource")),
        ),
    )


def _part(data: dict[str, Any], name: str, place: str) -> _Part | None:
    if data.get(name) is None:
        return None
    part = _object(data, name)
    if part is None:
        _refuse(place, f"{name} must be an object")
    return _Part(*(text(part.get(key)) for key in ("data", "encoding", "mode", "observedContentType")))


def _object(record: dict[str, Any], name: str) -> dict[str, Any] | None:
    found = record.get(name)
    return found if isinstance(found, dict) else None


def _refuse(place: str, what: str) -> NoReturn:
    raise AnalysisError(f"{place} is no captured record: its {what}")
