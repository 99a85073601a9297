"""What batch transform does to one record, by the content type of the input: filter, send, join, filter."""

from __future__ import annotations

import uuid
from typing import Any, Protocol

from sagemaker_monitor.emulator.jobs import csv_records, json_records
from sagemaker_monitor.emulator.jobs.csv_records import RecordError
from sagemaker_monitor.emulator.jobs.transform_plan import CSV, JSON, JSON_LINES, TransformPlan

INFERENCE_ID, INFERENCE_TIME = "SageMakerInferenceId", "SageMakerInferenceTime"
INPUT, OUTPUT = "SageMakerInput", "SageMakerOutput"


class Records(Protocol):
    """The records of one file; both methods raise RecordError, which says what is wrong with the record."""

    def read(self, text: str) -> tuple[Any, str]:
        """Return a record as `finish` wants it, and what of it the model is sent."""
        ...

    def finish(self, record: Any, answer: str) -> str:
        """Return a record's output: joined, filtered, then with id and time, which no filter removes."""
        ...


def records_of(plan: TransformPlan) -> Records:
    """Return what reads and finishes the records of one file of *plan*."""
    if plan.content_type == CSV:
        return CsvRecords(plan)
    return JsonRecords(plan) if plan.content_type in (JSON, JSON_LINES) else PlainRecords()


class PlainRecords:
    """Lines of any other type, which are neither filtered nor joined."""

    def read(self, text: str) -> tuple[str, str]:
        """Return the line, and the line."""
        return text, text

    def finish(self, record: str, answer: str) -> str:
        """Return the answer."""
        return answer


class CsvRecords:
    """Lines of cells, verbatim; every line of a file has as many."""

    def __init__(self, plan: TransformPlan) -> None:
        self._plan = plan
        self._keep = csv_records.compile_filter(plan.input_filter)
        self._filter = csv_records.compile_filter(plan.output_filter)
        self._width = 0

    def read(self, text: str) -> tuple[str, str]:
        """Return the line, and its cells that the input filter keeps."""
        row = csv_records.cells(text)
        sent = text if self._keep is None else ",".join(self._keep(row))
        # A filter would hide a missing or surplus cell, and the joined output could be read by nobody.
        self._width = self._width or len(row)
        if len(row) != self._width:
            raise RecordError(
                f"has {len(row)} cells, line 1 has {self._width}; every line needs the same number"
            )
        return text, sent

    def finish(self, record: str, answer: str) -> str:
        """Return the answer, behind the record when they are joined."""
        line = f"{record},{answer}" if self._plan.join else answer
        if self._filter is not None:
            line = ",".join(self._filter(csv_records.cells(line)))
        if self._plan.inference_time is not None:
            line = f"{line},{uuid.uuid4()},{self._plan.inference_time}"
        return line


class JsonRecords:
    """JSON values, one a line or one a file.

    Joined, the answer is the record's member SageMakerOutput; a record that is no object becomes the member
    SageMakerInput of a new one. Source: Associate Prediction Results with Input Records, in SageMaker's
    developer guide.
    """

    def __init__(self, plan: TransformPlan) -> None:
        self._plan = plan
        self._keep = json_records.compile_filter(plan.input_filter)
        self._filter = json_records.compile_filter(plan.output_filter)

    def read(self, text: str) -> tuple[Any, str]:
        """Return the record's value, and its text: as it stands, or what the input filter selects."""
        value = json_records.parse(text)
        return value, text if self._keep is None else json_records.render(self._keep(value))

    def finish(self, record: Any, answer: str) -> str:
        """Return the answer, in the record when they are joined, with its keys sorted."""
        plan = self._plan
        try:
            value = json_records.parse(answer)
        except RecordError as error:
            raise RecordError(f"was answered with what {error}") from error
        if plan.join:
            value = {**(record if isinstance(record, dict) else {INPUT: record}), OUTPUT: value}
        if self._filter is not None:
            value = self._filter(value)
        if plan.inference_time is not None:
            value = value if isinstance(value, dict) else {OUTPUT: value}
            value = {**value, INFERENCE_ID: str(uuid.uuid4()), INFERENCE_TIME: plan.inference_time}
        return json_records.render(value)
