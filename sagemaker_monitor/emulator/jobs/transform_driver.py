"""The process of a batch transform: split files into requests, ask the model, join, filter and assemble."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from sagemaker_monitor.emulator.jobs.csv_records import RecordError, records
from sagemaker_monitor.emulator.jobs.transform_plan import CSV, JSON, JSON_LINES, MEBIBYTE, TransformPlan
from sagemaker_monitor.emulator.jobs.transform_records import records_of


class TransformError(Exception):
    """The transform cannot go on; the message says which file and why."""


class Model:
    """The model server, over one connection."""

    def __init__(self, plan: TransformPlan) -> None:
        parts = urlsplit(plan.endpoint)
        self._path = parts.path
        self._headers = {
            "Content-Type": plan.content_type,
            **({"Accept": plan.accept} if plan.accept else {}),
        }
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=600)

    def ask(self, payload: bytes) -> bytes:
        """Return the model's answer; raise RecordError with its words when it refuses."""
        try:
            self._connection.request("POST", self._path, body=payload, headers=self._headers)
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
    model = Model(plan)
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
        _transform_whole(plan, source, target, model)
        return
    finish = records_of(plan).finish
    count = 0
    for first, batch in _requests(plan, source):
        try:
            answer = model.ask("".join(f"{sent}\n" for _, sent in batch).encode())
        except RecordError as error:
            last = first + len(batch) - 1
            raise RecordError(f"the request of lines {first} to {last} failed: {error}") from error
        if plan.per_record:
            answers = _answers(plan, answer, len(batch), first)
            for number, ((record, _), given) in enumerate(zip(batch, answers, strict=True), start=first):
                try:
                    target.write(f"{finish(record, given)}\n".encode())
                except RecordError as error:
                    raise RecordError(f"line {number} {error}") from error
        else:
            target.write(_assembled(plan, answer))
        count += len(batch)
    if not count:
        raise RecordError("the file is empty; batch transform needs at least one record")


def _answers(plan: TransformPlan, answer: bytes, count: int, first: int) -> list[str]:
    """Return one answer for each of *count* records."""
    text = _decoded(answer).removesuffix("\n")
    if count == 1 and plan.content_type != CSV:
        # A JSON document may have several lines.
        return [text]
    answers = [line.removesuffix("\r") for line in text.split("\n")] if text else []
    if len(answers) != count:
        hint = ""
        if len(answers) == 1 and plan.content_type != CSV:
            hint = f"; ask for one answer a line (Accept {JSON_LINES}), or set BatchStrategy to SingleRecord"
        raise RecordError(
            f"the model gave {len(answers)} answers for the {count} records from line {first}{hint}"
        )
    return answers


def _decoded(answer: bytes) -> str:
    try:
        return answer.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordError("the model's answer is not UTF-8 text") from error


def _transform_whole(plan: TransformPlan, source: BinaryIO, target: BinaryIO, model: Model) -> None:
    """Ask for a whole file in one request; the file is one record where its type is JSON."""
    payload = _whole(plan, source)
    if plan.content_type != JSON:
        target.write(_assembled(plan, model.ask(payload)))
        return
    file = records_of(plan)
    record, sent = file.read(_decoded_file(payload))
    answer = model.ask(sent.encode())
    if plan.per_record:
        answer = file.finish(record, _decoded(answer)).encode()
    target.write(_assembled(plan, answer))


def _decoded_file(payload: bytes) -> str:
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordError(f"the file is not UTF-8 text: {error.reason} at byte {error.start}") from error


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


def _requests(plan: TransformPlan, source: BinaryIO) -> Iterator[tuple[int, list[tuple[Any, str]]]]:
    """Yield a request's first line number and its records: as they are, and as the model gets them."""
    batch: list[tuple[Any, str]] = []
    first, size = 1, 0
    for number, (record, sent) in enumerate(_read(plan, source), start=1):
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


def _read(plan: TransformPlan, source: BinaryIO) -> Iterator[tuple[Any, str]]:
    read = records_of(plan).read
    for number, text in enumerate(records(source), start=1):
        try:
            yield read(text)
        except RecordError as error:
            raise RecordError(f"line {number} {error}") from error


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
