"""The process of a batch transform: split files into requests, ask the model, join, filter and assemble."""

from __future__ import annotations

import gzip
import sys
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from sagemaker_monitor.analysis.short_lived import lives_shortly
from sagemaker_monitor.emulator.jobs.csv_records import RecordError, records
from sagemaker_monitor.emulator.jobs.transform_client import Model, ModelFailedError
from sagemaker_monitor.emulator.jobs.transform_plan import (
    CSV,
    JSON,
    JSON_LINES,
    MEBIBYTE,
    FilePlan,
    TransformPlan,
)
from sagemaker_monitor.emulator.jobs.transform_records import records_of

MOST_REASONS = 5
"""Files whose reasons are told one by one."""


def transform(plan: TransformPlan) -> dict[str, RecordError]:
    """Write the output file of every file of *plan*; return why those failed that did, by their names.

    A file that fails has no output, and the others are transformed all the same. Source: Use Batch Transform,
    SageMaker's developer guide.
    """
    strategy = "SINGLE_RECORD" if plan.single_record else "MULTI_RECORD"
    print(
        f"[sagemaker logs]: MaxConcurrentTransforms={plan.concurrent}, "
        f"MaxPayloadInMB={plan.most_bytes // MEBIBYTE}, BatchStrategy={strategy}",
        flush=True,
    )
    own = threading.local()

    def work(file: FilePlan) -> RecordError | None:
        if not hasattr(own, "model"):
            own.model = Model(plan)
        return _attempt(plan, file, own.model)

    with ThreadPoolExecutor(plan.concurrent) as threads:
        outcomes = zip(plan.files, threads.map(work, plan.files), strict=True)
        return {file.name: error for file, error in outcomes if error is not None}


def _attempt(plan: TransformPlan, file: FilePlan, model: Model) -> RecordError | None:
    Path(file.target).parent.mkdir(parents=True, exist_ok=True)
    try:
        with _opened(plan, file) as source, Path(file.target).open("wb") as target:
            _transform_file(plan, source, target, model)
    except RecordError as error:
        return _failed(file, error)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        return _failed(file, RecordError(f"CompressionType is Gzip, and it is no gzip file: {error}"))
    except OSError as error:
        return _failed(file, RecordError(error.strerror or str(error)))
    return None


def _opened(plan: TransformPlan, file: FilePlan) -> IO[bytes]:
    return gzip.open(file.source) if plan.gzip else Path(file.source).open("rb")  # type: ignore[return-value]


def _failed(file: FilePlan, error: RecordError) -> RecordError:
    Path(file.target).unlink(missing_ok=True)
    print(f"[sagemaker logs]: {file.name.removeprefix('s3://')}: {error}", file=sys.stderr, flush=True)
    return error


def _transform_file(plan: TransformPlan, source: IO[bytes], target: IO[bytes], model: Model) -> None:
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
            raise type(error)(f"the request of lines {first} to {last} failed: {error}") from error
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


def _transform_whole(plan: TransformPlan, source: IO[bytes], target: IO[bytes], model: Model) -> None:
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


def _whole(plan: TransformPlan, source: IO[bytes]) -> bytes:
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


def _requests(plan: TransformPlan, source: IO[bytes]) -> Iterator[tuple[int, list[tuple[Any, str]]]]:
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


def _read(plan: TransformPlan, source: IO[bytes]) -> Iterator[tuple[Any, str]]:
    read = records_of(plan).read
    for number, text in enumerate(records(source), start=1):
        try:
            yield read(text)
        except RecordError as error:
            raise RecordError(f"line {number} {error}") from error


def reason(failed: dict[str, RecordError]) -> str:
    """Return the job's FailureReason: the model's fault if any file's is, and the first files by name."""
    kind = "Algorithm" if any(isinstance(error, ModelFailedError) for error in failed.values()) else "Client"
    told = "; ".join(f"{name}: {error}" for name, error in list(failed.items())[:MOST_REASONS])
    more = len(failed) - MOST_REASONS
    return f"{kind}Error: {told}" + (f"; and {more} more files, see the job's log" if more > 0 else "")


def main(arguments: list[str]) -> int:
    """Run the plan in the first argument's file; write why it failed to the second's."""
    plan, message = (Path(argument) for argument in arguments)
    failed = transform(TransformPlan.read(plan))
    if failed:
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(reason(failed), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    lives_shortly()
    sys.exit(main(sys.argv[1:]))
