"""Put the metrics that a job left in files or in its log to the emulator's CloudWatch, as AWS does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_monitor.analysis.documents import cloudwatch, embedded_metrics
from sagemaker_monitor.analysis.documents.cloudwatch import MetricRecord
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.clients import client
from sagemaker_monitor.emulator.jobs.staging import local_path

Datum = dict[str, Any]
"""A member of PutMetricData's MetricData."""
MOST_DATA = 1000
"""How many metrics one PutMetricData takes."""
_MOST_BYTES = 500_000  # of 1 MB, which the request's own form takes its part of
_MOST_LINE = 100_000
_MOST_WARNINGS = 20


def publish(context: Context, root: Path, environment: Mapping[str, str], log: Path) -> None:
    """Publish what the job below *root* left in its *log*, and in files, if its *environment* asks for it.

    What is wrong, the log says.

    The job is not failed by a line or file that cannot be published: AWS documents no such failure.
    """
    problems: list[str] = []
    _put(context, _embedded(log), problems)
    if environment.get("publish_cloudwatch_metrics") == "Enabled":
        _put(context, _left(root, environment, problems), problems)
    _say(log, problems)


def _embedded(log: Path) -> dict[str, list[Datum]]:
    """Return the metrics in lines of a log, by namespace."""
    found: dict[str, list[Datum]] = {}
    if not log.is_file():
        return found
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            for where, datum in embedded_metrics.from_line(line):
                found.setdefault(where, []).append(datum)
    return found


def _left(root: Path, environment: Mapping[str, str], problems: list[str]) -> dict[str, list[Datum]]:
    """Return the metrics in a monitoring job's files, by namespace."""
    by_namespace: dict[str, list[Datum]] = {}
    for record in _records(local_path(root, cloudwatch.DIRECTORY), problems):
        where = cloudwatch.namespace(
            record,
            environment.get("analysis_type", ""),
            endpoint=bool(environment.get("sagemaker_endpoint_name")),
        )
        by_namespace.setdefault(where, []).append(record.to_datum())
    return by_namespace


def _records(directory: Path, problems: list[str]) -> Iterator[MetricRecord]:
    """Yield the records of all files, in name order; lines that are none become *problems*."""
    files = [directory] if directory.is_file() else sorted(directory.rglob("*"))
    inside = directory.resolve()
    for file in files:
        if not file.is_file():
            continue
        if not file.resolve().is_relative_to(inside):
            problems.append(f"{file.name} is a link out of its directory")
            continue
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{file.name} cannot be read: {error}")
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                if len(line) > _MOST_LINE:
                    raise DocumentError(f"the line has {len(line)} characters; a metric needs fewer")
                yield MetricRecord.from_json(line)
            except DocumentError as error:
                problems.append(f"{file.name}, line {number}: {error}")


def _put(context: Context, by_namespace: Mapping[str, list[Datum]], problems: list[str]) -> None:
    if not by_namespace:
        return
    with client(context, "cloudwatch") as cloudwatch_client:
        for namespace, data in by_namespace.items():
            for chunk in _chunks(data):
                try:
                    cloudwatch_client.put_metric_data(Namespace=namespace, MetricData=chunk)
                except (BotoCoreError, ClientError) as error:
                    problems.append(f"{len(chunk)} metrics of {namespace} could not be put: {error}")


def _chunks(data: list[Datum]) -> Iterator[list[Datum]]:
    """Yield the data of requests within PutMetricData's limits."""
    chunk: list[Datum] = []
    size = 0
    for datum in data:
        length = len(json.dumps(datum, default=str))
        if chunk and (len(chunk) == MOST_DATA or size + length > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(datum)
        size += length
    yield chunk


def _say(log: Path, problems: list[str]) -> None:
    if not problems:
        return
    more = len(problems) - _MOST_WARNINGS
    lines = [*problems[:_MOST_WARNINGS], *([f"and {more} more"] if more > 0 else [])]
    with log.open("a", encoding="utf-8") as file:
        file.writelines(f"warning: CloudWatch metrics: {line}\n" for line in lines)
