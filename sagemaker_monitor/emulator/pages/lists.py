"""The lists of the overview: executions, jobs, endpoints, schedules, pipelines and groups of packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.executor.records import steps_of
from sagemaker_monitor.emulator.jobs.records import PREFIXES
from sagemaker_monitor.emulator.pages import links
from sagemaker_monitor.emulator.pages.page import Cell, Page, Row, Table, duration, status, when, words
from sagemaker_monitor.emulator.scheduler.records import SCHEDULE
from sagemaker_monitor.emulator.scheduler.targets import pipeline_of

PER_PAGE, OVERVIEW = 100, 10
_LONGEST_REASON = 300
Record = dict[str, Any]
_UNFINISHED = ("Executing", "InProgress", "Stopping", "Pending", "Creating", "Updating", "Deleting")


@dataclass(frozen=True)
class Noun:
    """One kind of list: the kinds of records it has, its headers, and what a record's row is."""

    title: str
    kinds: tuple[str, ...]
    headers: tuple[str, ...]
    row: Callable[[Context, Record], Row]
    empty: str


def rows(context: Context, noun: str, most: int, skip: int = 0) -> tuple[Row, ...]:
    """Return the rows of the newest records of a noun, of every region."""
    about = NOUNS[noun]
    found = context.store.newest(about.kinds, most, skip)
    return tuple(about.row(context.in_region(region), record) for region, record in found)


def moving(table_rows: tuple[Row, ...]) -> bool:
    """Return whether a row has a status that will not last."""
    return any(cell.tone and cell.text in _UNFINISHED for row in table_rows for cell in row)


def overview(context: Context) -> Page:
    """Return the first page: the newest of everything."""
    sections = []
    for noun, about in NOUNS.items():
        found = rows(context, noun, OVERVIEW)
        number = sum(context.store.count(kind) for kind in about.kinds)
        more = (
            Cell(f"All {number:,} {about.title.lower()}", links.to_list(noun)) if number > OVERVIEW else None
        )
        sections.append(Table(about.title, about.headers, found, about.empty, more))
    config = context.config
    facts = (
        ("Endpoint", Cell(config.url, code=True)),
        ("Account", Cell(config.account, code=True)),
        ("Region", Cell(config.default_region, code=True)),
        ("State", Cell(str(config.state_dir), code=True)),
        ("S3", Cell("buckets and objects", f"{links.ROOT}s3")),
    )
    live = any(moving(section.rows) for section in sections)
    return Page("Emulator of SageMaker", "Status", facts=facts, sections=tuple(sections), moving=live)


def whole(context: Context, noun: str, skip: int) -> Page:
    """Return one page of all records of a noun."""
    about = NOUNS[noun]
    found = rows(context, noun, PER_PAGE, skip)
    number = sum(context.store.count(kind) for kind in about.kinds)
    older = number - skip - len(found)
    more = Cell(f"{older:,} older", links.to_list(noun, skip + PER_PAGE)) if older > 0 else None
    table = Table(f"{about.title}, newest first", about.headers, found, about.empty, more)
    return Page(about.title, f"{number:,} in all", sections=(table,), moving=moving(found))


def execution_row(context: Context, record: Record) -> Row:
    """Return the row of an execution of a pipeline."""
    arn, ended = record["PipelineExecutionArn"], record["PipelineExecutionStatus"] not in _UNFINISHED
    return (
        Cell(arn.rpartition("/")[2], links.to_arn(arn), code=True),
        Cell(arn.split(":pipeline/")[-1].partition("/")[0], links.to_arn(record["PipelineArn"])),
        status(record["PipelineExecutionStatus"]),
        when(record["CreationTime"]),
        duration(record["CreationTime"], record["LastModifiedTime"] if ended else context.now()),
        _clipped(words(_why(context, record), short=True)),
    )


def _clipped(cell: Cell) -> Cell:
    """Return a cell of a list that one record cannot fill; the record's own page has all of it."""
    text = cell.text
    return cell if len(text) <= _LONGEST_REASON else replace(cell, text=f"{text[:_LONGEST_REASON]}…")


def _why(context: Context, record: Record) -> str:
    """Return why an execution failed: in the words of its first step that did, if one did."""
    if record["PipelineExecutionStatus"] != "Failed":
        return ""
    for step in steps_of(context, record["PipelineExecutionArn"]):
        if step["StepStatus"] == "Failed" and step.get("FailureReason"):
            return f"{step['StepName']}: {step['FailureReason']}"
    return record.get("FailureReason") or ""


def kind_of_job(record: Record) -> str:
    """Return the store's kind of a job's record, such as `processing-job`."""
    return next(kind for kind, prefix in PREFIXES.items() if f"{prefix}JobArn" in record)


def job_row(context: Context, record: Record) -> Row:
    """Return the row of a job of any kind."""
    kind = kind_of_job(record)
    prefix = PREFIXES[kind]
    name, ended = record[f"{prefix}JobName"], record[f"{prefix}JobStatus"] not in _UNFINISHED
    start = record.get(f"{prefix}StartTime")
    end = record.get(f"{prefix}EndTime", context.now() if not ended else None)
    return (
        Cell(name, links.to_record(context.region, kind, name), code=True),
        Cell(prefix),
        status(record[f"{prefix}JobStatus"]),
        when(record["CreationTime"]),
        duration(start, end),
        _clipped(words(record.get("FailureReason") or record.get("ExitMessage"))),
    )


def _endpoint_row(context: Context, record: Record) -> Row:
    name = record["EndpointName"]
    return (
        Cell(name, links.to_record(context.region, "endpoint", name), code=True),
        Cell(record["EndpointConfigName"]),
        status(record["EndpointStatus"]),
        when(record["CreationTime"]),
        _clipped(Cell(record.get("FailureReason") or "")),
    )


def _schedule_row(context: Context, record: Record) -> Row:
    name, config = record["MonitoringScheduleName"], record["MonitoringScheduleConfig"]
    runs = context.store.list("monitoring-execution", prefix=f"{name}/")
    last = runs[-1] if runs else {}
    return (
        Cell(name, links.to_record(context.region, "monitoring-schedule", name), code=True),
        Cell(config.get("MonitoringType", "DataQuality")),
        Cell((config.get("ScheduleConfig") or {}).get("ScheduleExpression", "NOW"), code=True),
        Cell(record["MonitoringScheduleStatus"], tone="plain"),
        status(last.get("MonitoringExecutionStatus")),
        when(last.get("ScheduledTime")),
    )


def _pipeline_schedule_row(context: Context, record: Record) -> Row:
    """Return what EventBridge Scheduler starts, when, and what became of the last time."""
    pipeline, zone = pipeline_of(record["Target"]), record["ScheduleExpressionTimezone"]
    execution, due = record.get("_PipelineExecutionArn"), record.get("_ScheduledTime")
    last = Cell(execution.rpartition("/")[2], links.to_arn(execution), code=True) if execution else Cell("")
    return (
        Cell(f"{record['GroupName']}/{record['Name']}", code=True),
        Cell(pipeline, links.to_record(context.region, "pipeline", pipeline), code=True),
        Cell(record["ScheduleExpression"] + ("" if zone == "UTC" else f" {zone}"), code=True),
        Cell(record["State"], tone="plain"),
        _clipped(Cell(record["_Failure"])) if record.get("_Failure") else last,
        when(due),
    )


def _pipeline_row(context: Context, record: Record) -> Row:
    name = record["PipelineName"]
    return (
        Cell(name, links.to_record(context.region, "pipeline", name), code=True),
        Cell(str(record["_Version"]), number=True),
        when(record["LastModifiedTime"]),
        when(record.get("LastRunTime")),
    )


def _group_row(context: Context, record: Record) -> Row:
    name = record["ModelPackageGroupName"]
    versions = context.store.list("model-package", ModelPackageGroupName=name)
    last = versions[-1] if versions else {}
    return (
        Cell(name, links.to_record(context.region, "model-package-group", name), code=True),
        Cell(str(len(versions)), number=True),
        Cell(str(last.get("ModelPackageVersion", "")), number=True),
        status(last.get("ModelApprovalStatus")),
        when(last.get("CreationTime")),
    )


NOUNS: dict[str, Noun] = {
    "executions": Noun(
        "Executions",
        ("execution",),
        ("Execution", "Pipeline", "Status", "Started", "Took", "Reason"),
        execution_row,
        "No pipeline was started yet.",
    ),
    "jobs": Noun(
        "Jobs",
        tuple(PREFIXES),
        ("Job", "Kind", "Status", "Created", "Ran", "Reason or message"),
        job_row,
        "No job was created yet.",
    ),
    "endpoints": Noun(
        "Endpoints",
        ("endpoint",),
        ("Endpoint", "Configuration", "Status", "Created", "Reason"),
        _endpoint_row,
        "No endpoint is there.",
    ),
    "pipeline-schedules": Noun(
        "Schedules that start pipelines",
        (SCHEDULE,),
        ("Schedule", "Starts", "When", "State", "Last start", "Was due"),
        _pipeline_schedule_row,
        "No schedule is there.",
    ),
    "schedules": Noun(
        "Monitoring schedules",
        ("monitoring-schedule",),
        ("Schedule", "Monitors", "When", "Status", "Last execution", "Was due"),
        _schedule_row,
        "No schedule is there.",
    ),
    "pipelines": Noun(
        "Pipelines",
        ("pipeline",),
        ("Pipeline", "Version", "Changed", "Last started"),
        _pipeline_row,
        "No pipeline is there: `sagemaker-monitor upsert` creates those of a configuration.",
    ),
    "groups": Noun(
        "Model package groups",
        ("model-package-group",),
        ("Group", "Versions", "Latest", "Approval", "Registered"),
        _group_row,
        "No model is registered.",
    ),
}
