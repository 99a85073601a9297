"""Captured lines, merged with labels or not, as columns: the texts of each part, and whose a record is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.captured import TRUTH
from sagemaker_monitor.analysis.records.formats import BATCH_OUTPUT, ENDPOINT_INPUT, ENDPOINT_OUTPUT
from sagemaker_monitor.analysis.records.json_records import parsed
from sagemaker_monitor.analysis.records.typed_lines import records_of, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from sagemaker_monitor.analysis.records.lines import Block


class _Texts(msgspec.Struct, gc=False, rename="camel"):
    data: str | None = None
    encoding: str | None = None
    observed_content_type: str | None = None


class _Data(msgspec.Struct, gc=False, rename="camel"):
    endpoint_input: _Texts | None = None
    endpoint_output: _Texts | None = None
    batch_transform_output: _Texts | None = None


class _About(msgspec.Struct, gc=False, rename="camel"):
    invocation_source: str | None = None


class _Record(msgspec.Struct, gc=False, rename="camel"):
    capture_data: _Data | None = None
    ground_truth_data: _Texts | None = None
    event_metadata: _About | None = None


_RECORDS = msgspec.json.Decoder(_Record)
_NOTHING, _NO_DATA, _NOBODY = _Texts(), _Data(), _About()


def frame_of(block: Block) -> pl.DataFrame:
    """Return the records of a block: a structure of texts for each part, and which row of the block each is.

    Raises AnalysisError that names the line which is no captured record.
    """
    import polars as pl

    records = [*records_of(block, _RECORDS, _unusual)]
    data = [each.capture_data or _NO_DATA for each in records]
    about = [each.event_metadata or _NOBODY for each in records]
    return pl.DataFrame(
        [
            pl.Series("row", range(len(records)), pl.UInt32),
            _texts(TRUTH, [each.ground_truth_data for each in records]),
            pl.Series("invocationSource", [each.invocation_source for each in about], pl.String),
            _texts(ENDPOINT_INPUT, [each.endpoint_input for each in data]),
            _texts(ENDPOINT_OUTPUT, [each.endpoint_output for each in data]),
            _texts(BATCH_OUTPUT, [each.batch_transform_output for each in data]),
        ]
    )


def _texts(name: str, parts: Sequence[_Texts | None]) -> pl.Series:
    import polars as pl

    given = [each or _NOTHING for each in parts]
    columns = {
        "data": [each.data for each in given],
        "encoding": [each.encoding for each in given],
        "observedContentType": [each.observed_content_type for each in given],
    }
    return pl.DataFrame(columns, dict.fromkeys(columns, pl.String)).to_struct(name)


def _unusual(line: bytes, place: str) -> _Record:
    """Return the record of a line with other values than texts; raises AnalysisError where it has none."""
    record = parsed(line, place)
    data, about = (_object(record, name, place) for name in ("captureData", "eventMetadata"))
    return _Record(
        _Data(
            *(_texts_of(data or {}, name, place) for name in (ENDPOINT_INPUT, ENDPOINT_OUTPUT, BATCH_OUTPUT))
        ),
        _texts_of(record, TRUTH, place),
        _About(text((about or {}).get("invocationSource"))),
    )


def _texts_of(record: dict[str, Any], name: str, place: str) -> _Texts | None:
    found = _object(record, name, place)
    if found is None:
        return None
    return _Texts(
        text(found.get("data")), text(found.get("encoding")), text(found.get("observedContentType"))
    )


def _object(record: dict[str, Any], name: str, place: str) -> dict[str, Any] | None:
    found = record.get(name)
    if found is not None and not isinstance(found, dict):
        raise AnalysisError(f"{place} is no captured record: its {name} must be an object")
    return found
