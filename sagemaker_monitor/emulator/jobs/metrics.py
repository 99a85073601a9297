"""Put the metric files that a monitoring job left to the emulator's CloudWatch, as SageMaker does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_monitor.analysis.documents import cloudwatch
from sagemaker_monitor.analysis.documents.cloudwatch import MetricRecord
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.clients import client
from sagemaker_monitor.emulator.jobs.staging import local_path

MOST_DATA = 1000
"""How many metrics one PutMetricData takes."""
_MOST_BYTES = 500_000  # of 1 MB, which the request's own form takes its part of
_MOST_LINE = 100_000
_MOST_WARNINGS = 20


def publish(context: Context, root: Path, environment: Mapping[str, str], log: Path) -> None:
    """Publish what the job below *root* left, if its *environment* asks for it; what is wrong, *log* says.

    The job is not failed by a line or file that cannot be published: AWS documents no such failure.
    """
    if environment.get("publish_cloudwatch_metrics") != "Enabled":
        return
    problems: list[str] = []
    by_namespace: dict[str, list[MetricRecord]] = {}
    for record in _records(local_path(root, cloudwatch.DIRECTORY), problems):
        where = cloudwatch.namespace(
            record,
            environment.get("analysis_type", ""),
            endpoint=bool(environment.get("sagemaker_endpoint_name")),
        )
        by_namespace.setdefault(where, []).append(record)
    if by_namespace:
        _put(context, by_namespace, problems)
    _say(log, problems)


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


def _put(context: Context, by_namespace: Mapping[str, list[MetricRecord]], problems: list[str]) -> None:
    with client(context, "cloudwatch") as cloudwatch_client:
        for namespace, records in by_namespace.items():
            for chunk in _chunks(records):
                try:
                    cloudwatch_client.put_metric_data(Namespace=namespace, MetricData=chunk)
                except (BotoCoreError, ClientError) as error:
                    problems.append(f"{len(chunk)} metrics of {namespace} could not be put: {error}")


def _chunks(records: list[MetricRecord]) -> Iterator[list[dict[str, Any]]]:
    """Yield the data of requests within PutMetricData's limits."""
    chunk: list[dict[str, Any]] = []
    size = 0
    for record in records:
        length = len(record.to_json())
        if chunk and (len(chunk) == MOST_DATA or size + length > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(record.to_datum())
        size += length
    yield chunk


def _say(log: Path, problems: list[str]) -> None:
    if not problems:
        return
    more = len(problems) - _MOST_WARNINGS
    lines = [*problems[:_MOST_WARNINGS], *([f"and {more} more"] if more > 0 else [])]
    with log.open("a", encoding="utf-8") as file:
        file.writelines(f"warning: CloudWatch metrics: {line}\n" for line in lines)
