"""What batch transforms with data capture left, with its labels: CSV rows and JSON Lines, by inference id.

The form is that of merged records of AWS, as is what Spark makes of CSV: in a column of numbers that are
not all whole, every number is written as Java writes a double (`0.10` is `0.1`).
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.compressed import opened
from sagemaker_monitor.analysis.documents.capture import ADDED, inference_id
from sagemaker_monitor.analysis.documents.jackson import double
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ID_KEY, TIME_KEY = "SageMakerInferenceId", "SageMakerInferenceTime"
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def merged_csv(file: Path, truths: Mapping[str, str]) -> Iterator[str | None]:
    """Yield the merged record of each row of a transform's CSV output, None for a row without a label.

    *truths* has the JSON text of groundTruthData by inference id. Raises AnalysisError for a file that is
    no CSV, or whose rows have no inference id.
    """
    rows = _rows(file)
    columns = list(zip(*(row[:-ADDED] for row in rows), strict=True)) if rows else []
    written = [_as_spark(column) for column in columns]
    for number, row in enumerate(rows):
        event_id = row[-ADDED].strip()
        truth = truths.get(event_id)
        cells = [column[number] for column in written]
        yield None if truth is None else _record(event_id, truth, _line(cells), "CSV")


def merged_json(file: Path, truths: Mapping[str, str]) -> Iterator[str | None]:
    """Yield the merged record of each line of a transform's JSON Lines output, None for one without a label.

    Raises AnalysisError that names the line which is no JSON object with an inference id.
    """
    with opened(file) as source:
        for number, line in enumerate(source, start=1):
            if not line.strip():
                continue
            record = _object(line, f"{file.name!r}, line {number},")
            event_id = str(record.pop(ID_KEY)).strip()
            record.pop(TIME_KEY, None)
            truth = truths.get(event_id)
            data = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            yield None if truth is None else _record(event_id, truth, data, "JSON")


def _rows(file: Path) -> list[list[str]]:
    try:
        with opened(file) as source:
            text = io.TextIOWrapper(source, encoding="utf-8-sig", newline="")
            rows = [row for row in csv.reader(text, strict=True) if row]
    except (csv.Error, UnicodeDecodeError) as error:
        raise AnalysisError(f"{file.name!r} is not CSV: {error}") from error
    for number, row in enumerate(rows, start=1):
        place = f"{file.name!r}: row {number}"
        if len(row) != len(rows[0]):
            raise AnalysisError(f"{place} has {len(row)} cells, the first has {len(rows[0])}")
        if inference_id(row) is None:
            raise AnalysisError(
                f"{place} does not end with an inference id and a time; the transform job needs "
                "DataCaptureConfig.GenerateInferenceId"
            )
    return rows


def _as_spark(column: Sequence[str]) -> Sequence[str]:
    present = {cell.strip() for cell in column} - {""}
    if not present or all(map(_WHOLE.fullmatch, present)) or not all(map(_NUMBER.fullmatch, present)):
        return column
    return [double(float(cell)) if cell.strip() else cell for cell in column]


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _object(line: bytes, place: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise AnalysisError(f"{place} is not JSON: {error}") from error
    if not isinstance(record, dict) or not record.get(ID_KEY):
        raise AnalysisError(
            f"{place} has no {ID_KEY}; the transform job needs DataCaptureConfig.GenerateInferenceId"
        )
    return record


def _record(event_id: str, truth: str, data: str, encoding: str) -> str:
    about = json.dumps({"eventId": event_id}, separators=(",", ":"), ensure_ascii=False)
    output = json.dumps({"data": data, "encoding": encoding}, separators=(",", ":"), ensure_ascii=False)
    return (
        f'{{"eventMetadata":{about},"eventVersion":"0","groundTruthData":{truth},'
        f'"captureData":{{"batchTransformOutput":{output}}}}}'
    )
