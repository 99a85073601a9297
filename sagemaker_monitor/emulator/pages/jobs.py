"""The page about one job: what it read and wrote, why it ended as it did, its violations and its log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs.records import PREFIXES
from sagemaker_monitor.emulator.pages import links, violations
from sagemaker_monitor.emulator.pages.page import (
    Cell,
    Page,
    Row,
    Table,
    Text,
    duration,
    facts,
    flat,
    status,
    value,
    when,
)

LOG_SHOWN = 64 << 10
_OF_EXECUTION = re.compile(r"pipelines-([a-z0-9]{12})-.+")
_MOVING = ("InProgress", "Stopping")
_HIDDEN = ("Environment", "HyperParameters")
Record = dict[str, Any]


def page(context: Context, kind: str, record: Record) -> Page:
    """Return the page about the job of that record."""
    prefix = PREFIXES[kind]
    name = record[f"{prefix}JobName"]
    moving = record[f"{prefix}JobStatus"] in _MOVING
    end = record.get(f"{prefix}EndTime", context.now() if moving else None)
    found = violations.of_job(context, record)
    return Page(
        name,
        f"{prefix} job",
        (Cell("jobs", links.to_list("jobs")),),
        status(record[f"{prefix}JobStatus"]),
        record.get("FailureReason") or "",
        facts(
            [
                ("Message", Cell(record.get("ExitMessage") or "")),
                ("ARN", Cell(record[f"{prefix}JobArn"], code=True)),
                ("Execution", _execution(context, name)),
                ("Schedule", value(record.get("MonitoringScheduleArn"))),
                ("Image", value(_image(record))),
                ("Model", _model(context, record)),
                ("Created", when(record["CreationTime"])),
                ("Started", when(record.get(f"{prefix}StartTime"))),
                ("Ran", duration(record.get(f"{prefix}StartTime"), end)),
            ]
        ),
        (
            *([found] if found is not None else []),
            Table("Where it read and wrote", ("Member", "Value"), tuple(_places(record)), "Nowhere."),
            _log(context, kind, name),
        ),
        moving,
    )


def log_path(context: Context, name: str) -> Path:
    """Return the log file of a job; it may not be there."""
    return context.job_dir(name) / "log.txt"


def _log(context: Context, kind: str, name: str) -> Text:
    path = log_path(context, name)
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - LOG_SHOWN))
            content = file.read(LOG_SHOWN).decode("utf-8", "replace")
    except OSError:
        return Text("Log", "", "The job has written no log.")
    if not content:
        return Text("Log", "", "The log is empty.")
    whole = Cell("The log as a file", f"{links.to_record(context.region, kind, name)}/log")
    note = f"The last {LOG_SHOWN >> 10} KiB of {size:,} bytes." if size > LOG_SHOWN else ""
    return Text("Log", content, note, whole)


def _execution(context: Context, name: str) -> Cell:
    match = _OF_EXECUTION.fullmatch(name)
    for record in context.store.list("execution") if match else ():
        arn: str = record["PipelineExecutionArn"]
        if match is not None and arn.endswith(f"/execution/{match[1]}"):
            return value(arn)
    return Cell("")


def _image(record: Record) -> Any:
    found = record.get("AppSpecification", {}).get("ImageUri")
    return found or record.get("AlgorithmSpecification", {}).get("TrainingImage")


def _model(context: Context, record: Record) -> Cell:
    name = record.get("ModelName")
    return Cell(name, links.to_record(context.region, "model", name), code=True) if name else Cell("")


def _places(record: Record) -> Iterator[Row]:
    shown = {key: each for key, each in record.items() if key not in _HIDDEN and not key.startswith("_")}
    for path, found in flat(shown):
        if isinstance(found, str) and found.startswith("s3://"):
            yield Cell(path), value(found)
