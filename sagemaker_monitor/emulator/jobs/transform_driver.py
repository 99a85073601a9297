"""The process of a batch transform: split files into requests, ask the model, join, filter and assemble."""

from __future__ import annotations

import http.client
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from sagemaker_monitor.emulator.jobs.csv_records import Filter, RecordError, cells, compile_filter, records
from sagemaker_monitor.emulator.jobs.transform_plan import MEBIBYTE, TransformPlan


class TransformError(Exception):
    """The transform cannot go on; the message says which file and why."""


class Model:
    """The model server, over one connection."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=600)

    def ask(self, payload: bytes) -> bytes:
        """Return the model's answer; raise RecordError with its words when it refuses."""
        try:
            self._connection.request("POST", self._path, body=payload, headers={"Content-Type": "text/csv"})
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise TransformError(f"the model server does not answer: {error!r:.200}") from error
        if response.status != 200:
            words = answer.decode("utf-8", "replace").strip()[:500]
            raise RecordError(
                f"the model answered {response.status}: {words or http.client.responses[response.status]}"
            )
        return answer


def transform(plan: TransformPlan) -> None:
    """Write every output file of *plan*; raise TransformError."""
    model = Model(plan.endpoint)
    for file in plan.files:
        Path(file.target).parent.mkdir(parents=True, exist_ok=True)
        try:
            with Path(file.source).open("rb") as source, Path(file.target).open("wb") as target:
                _transform_file(plan, source, target, model)
        except RecordError as error:
            raise TransformError(f"{file.name}: {error}") from error
        except OSError as error:
            raise TransformError(f"{file.name}: {error.strerror or error}") from error


def _transform_file(plan: TransformPlan, source: BinaryIO, target: BinaryIO, model: Model) -> None:
    if not plan.split:
        target.write(_assembled(plan, model.ask(_whole(plan, source))))
        return
    finish = _Finish(plan)
    count = 0
    for first, batch in _requests(plan, source):
        try:
            answer = model.ask("".join(f"{sent}\n" for _, sent in batch).encode())
        except RecordError as error:
            last = first + len(batch) - 1
            raise RecordError(f"the request of lines {first} to {last} failed: {error}") from error
        if plan.per_record:
            answers = answer.decode("utf-8").splitlines()
            if len(answers) != len(batch):
                raise RecordError(
                    f"the model gave {len(answers)} answers for the {len(batch)} records from line {first}"
                )
            target.writelines(
                finish(record, given) for (record, _), given in zip(batch, answers, strict=True)
            )
        else:
            target.write(_assembled(plan, answer))
        count += len(batch)
    if not count:
        raise RecordError("the file is empty; batch transform needs at least one record")


def _whole(plan: TransformPlan, source: BinaryIO) -> bytes:
    payload = source.read(plan.most_bytes + 1)
    if len(payload) > plan.most_bytes:
        raise RecordError(
            f"the file is larger than MaxPayloadInMB of {plan.most_bytes // MEBIBYTE}; set SplitType to Line"
        )
    if not payload.strip():
        raise RecordError("the file is empty; batch transform needs at least one record")
    return payload


def _assembled(plan: TransformPlan, answer: bytes) -> bytes:
    return answer + b"\n" if plan.assemble_lines and not answer.endswith(b"\n") else answer


def _requests(plan: TransformPlan, source: BinaryIO) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Yield a request's first line number and its records: as they are, and as the model gets them."""
    batch: list[tuple[str, str]] = []
    first, size = 1, 0
    for number, (record, sent) in enumerate(_filtered(plan, source), start=1):
        length = len(sent.encode()) + 1
        if length > plan.most_bytes:
            raise RecordError(f"line {number} is larger than MaxPayloadInMB of {plan.most_bytes // MEBIBYTE}")
        if batch and (plan.single_record or size + length > plan.most_bytes):
            yield first, batch
            batch, first, size = [], number, 0
        batch.append((record, sent))
        size += length
    if batch:
        yield first, batch


def _filtered(plan: TransformPlan, source: BinaryIO) -> Iterator[tuple[str, str]]:
    keep = compile_filter(plan.input_filter)
    width = 0
    for number, record in enumerate(records(source), start=1):
        try:
            row = cells(record)
            sent = record if keep is None else ",".join(keep(row))
        except RecordError as error:
            raise RecordError(f"line {number} {error}") from error
        # A filter would hide a missing or surplus cell, and the joined output could be read by nobody.
        width = width or len(row)
        if len(row) != width:
            raise RecordError(
                f"line {number} has {len(row)} cells, line 1 has {width}; every line needs the same number"
            )
        yield record, sent


class _Finish:
    """From a record and its answer to the line of the output."""

    def __init__(self, plan: TransformPlan) -> None:
        self._join = plan.join
        self._time = plan.inference_time
        self._filter: Filter | None = compile_filter(plan.output_filter)

    def __call__(self, record: str, answer: str) -> bytes:
        """Return the line: joined, then filtered, then with id and time, which no filter removes."""
        line = f"{record},{answer}" if self._join else answer
        if self._filter is not None:
            line = ",".join(self._filter(cells(line)))
        if self._time is not None:
            line = f"{line},{uuid.uuid4()},{self._time}"
        return f"{line}\n".encode()


def main(arguments: list[str]) -> int:
    """Run the plan in the first argument's file; write why it failed to the second's."""
    plan, message = (Path(argument) for argument in arguments)
    try:
        transform(TransformPlan.read(plan))
    except TransformError as error:
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(f"ClientError: {error}", encoding="utf-8")
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
