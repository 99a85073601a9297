"""The pages about what stays: endpoints, schedules with their executions, pipelines, models, packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.pages import jobs, lists, violations
from sagemaker_monitor.emulator.pages.links import to_arn, to_list, to_record
from sagemaker_monitor.emulator.pages.page import Cell, Page, Row, Table, facts, flat, status, value, when

Record = dict[str, Any]
_MOST = 100
_MEMBERS, _EXECUTIONS = ("Member", "Value"), lists.NOUNS["executions"].headers


def page(context: Context, kind: str, name: str) -> Page | None:
    """Return the page about a record, or None where there is no such record."""
    record = context.store.get(kind, name) or _by_lower_case(context, kind, name)
    if record is None:
        return None
    return _PAGES[kind](context, record)


def _by_lower_case(context: Context, kind: str, name: str) -> Record | None:
    """Return the endpoint or schedule of an ARN, in which SageMaker spells names in lower case."""
    field = {"endpoint": "EndpointName", "monitoring-schedule": "MonitoringScheduleName"}.get(kind, "")
    found = context.store.list(kind) if field else []
    return next((each for each in found if str(each[field]).lower() == name.lower()), None)


def _endpoint(context: Context, record: Record) -> Page:
    config = context.store.get("endpoint-config", record["EndpointConfigName"]) or {}
    models = {each["VariantName"]: each.get("ModelName", "") for each in config.get("ProductionVariants", [])}
    variants = tuple(
        (
            Cell(each["VariantName"]),
            Cell(models.get(each["VariantName"], ""), _to_model(context, models.get(each["VariantName"]))),
            Cell(f"{each['CurrentWeight']:g}", number=True),
        )
        for each in record.get("ProductionVariants", [])
    )
    watching = context.store.list("monitoring-schedule", EndpointName=record["EndpointName"])
    schedules = lists.NOUNS["schedules"]
    capture = record.get("_Capture") or {}
    return Page(
        record["EndpointName"],
        "Endpoint",
        (Cell("endpoints", to_list("endpoints")),),
        status(record["EndpointStatus"]),
        record.get("FailureReason") or "",
        facts(
            [
                ("ARN", Cell(record["EndpointArn"], code=True)),
                ("Configuration", Cell(record["EndpointConfigName"])),
                ("Created", when(record["CreationTime"])),
                ("Changed", when(record["LastModifiedTime"])),
                (
                    "Captures to",
                    value(capture.get("DestinationS3Uri") if capture.get("EnableCapture") else None),
                ),
            ]
        ),
        (
            Table("Variants", ("Variant", "Model", "Weight"), variants, "None is served."),
            Table(
                "Watched by",
                schedules.headers,
                tuple(schedules.row(context, each) for each in watching),
                "No schedule watches it.",
            ),
        ),
        lists.moving(((status(record["EndpointStatus"]),),)),
    )


def _schedule(context: Context, record: Record) -> Page:
    name, config = record["MonitoringScheduleName"], record["MonitoringScheduleConfig"]
    runs = context.store.list("monitoring-execution", prefix=f"{name}/")[::-1]
    rows = tuple(_schedule_execution(context, each) for each in runs[:_MOST])
    found = next((table for each in runs[:_MOST] if (table := _found(context, each)) is not None), None)
    return Page(
        name,
        "Monitoring schedule",
        (Cell("schedules", to_list("schedules")),),
        Cell(record["MonitoringScheduleStatus"], tone="plain"),
        record.get("FailureReason") or "",
        facts(
            [
                ("ARN", Cell(record["MonitoringScheduleArn"], code=True)),
                ("Monitors", Cell(config.get("MonitoringType", "DataQuality"))),
                (
                    "When",
                    Cell((config.get("ScheduleConfig") or {}).get("ScheduleExpression", "NOW"), code=True),
                ),
                ("Endpoint", _endpoint_cell(context, record)),
                ("Job definition", Cell(config.get("MonitoringJobDefinitionName") or "", code=True)),
                ("Created", when(record["CreationTime"])),
            ]
        ),
        (
            Table(
                "Executions, newest first",
                ("Was due", "Status", "Created", "Job", "Reason"),
                rows,
                "It did not run yet: `sagemaker-monitor local fire` runs it now.",
            ),
            *([found] if found is not None else []),
        ),
        lists.moving(rows),
    )


def _schedule_execution(context: Context, record: Record) -> Row:
    job = record.get("ProcessingJobArn") or ""
    return (
        when(record["ScheduledTime"]),
        status(record["MonitoringExecutionStatus"]),
        when(record["CreationTime"]),
        Cell(job.rpartition("/")[2], to_arn(job), code=True),
        Cell(record.get("FailureReason") or ""),
    )


def _found(context: Context, execution: Record) -> Table | None:
    """Return the violations of the last execution that reported."""
    name = (execution.get("ProcessingJobArn") or "").rpartition("/")[2]
    job = context.store.get("processing-job", name) if name else None
    found = violations.of_job(context, job) if job is not None else None
    if found is None:
        return None
    return replace(found, title=f"{found.title} of the execution due {when(execution['ScheduledTime']).text}")


def _pipeline(context: Context, record: Record) -> Page:
    name = record["PipelineName"]
    executions = context.store.list("execution", prefix=f"{record['PipelineArn']}/")[::-1]
    versions = context.store.list("pipeline-version", prefix=f"{name}/")[::-1]
    rows = tuple(lists.execution_row(context, each) for each in executions[:_MOST])
    return Page(
        name,
        "Pipeline",
        (Cell("pipelines", to_list("pipelines")),),
        facts=facts(
            [
                ("ARN", Cell(record["PipelineArn"], code=True)),
                ("Description", Cell(record.get("PipelineDescription") or "")),
                ("Version", Cell(str(record["_Version"]))),
                ("Created", when(record["CreationTime"])),
                ("Changed", when(record["LastModifiedTime"])),
            ]
        ),
        sections=(
            Table("Executions, newest first", _EXECUTIONS, rows, "It was not started yet."),
            Table(
                "Versions, newest first",
                ("Version", "Made"),
                tuple(
                    (Cell(str(each["PipelineVersionId"])), when(each["CreationTime"]))
                    for each in versions[:_MOST]
                ),
            ),
        ),
        moving=lists.moving(rows),
    )


def _group(context: Context, record: Record) -> Page:
    name = record["ModelPackageGroupName"]
    versions = context.store.list("model-package", ModelPackageGroupName=name)[::-1]
    rows = tuple(
        (
            Cell(str(each["ModelPackageVersion"])),
            status(each.get("ModelApprovalStatus")),
            when(each["CreationTime"]),
            Cell(each.get("ApprovalDescription") or each.get("ModelPackageDescription") or ""),
        )
        for each in versions[:_MOST]
    )
    details = (
        Table(
            f"Version {each['ModelPackageVersion']}",
            _MEMBERS,
            tuple(_evidence(each)),
            "It has neither metadata nor baselines.",
        )
        for each in versions[:5]
    )
    return Page(
        name,
        "Model package group",
        (Cell("groups", to_list("groups")),),
        facts=facts(
            [
                ("ARN", Cell(record["ModelPackageGroupArn"], code=True)),
                ("Description", Cell(record.get("ModelPackageGroupDescription") or "")),
            ]
        ),
        sections=(
            Table("Versions, newest first", ("Version", "Approval", "Registered", "Description"), rows),
            *details,
        ),
    )


def _evidence(package: Record) -> Iterator[Row]:
    members = ("CustomerMetadataProperties", "DriftCheckBaselines", "ModelMetrics", "InferenceSpecification")
    for member in members:
        found: Mapping[str, Any] = {member: package[member]} if package.get(member) else {}
        for path, each in flat(found):
            if ".Environment." not in path:
                yield Cell(path), value(each)


def _model(context: Context, record: Record) -> Page:
    shown = {key: record[key] for key in ("PrimaryContainer", "Containers") if record.get(key)}
    rows = tuple((Cell(path), value(each)) for path, each in flat(shown) if ".Environment." not in path)
    return Page(
        record["ModelName"],
        "Model",
        facts=facts(
            [("ARN", Cell(record["ModelArn"], code=True)), ("Created", when(record["CreationTime"]))]
        ),
        sections=(Table("Containers", _MEMBERS, rows),),
    )


def _to_model(context: Context, name: str | None) -> str:
    return to_record(context.region, "model", name) if name else ""


def _endpoint_cell(context: Context, record: Record) -> Cell:
    name = record.get("EndpointName")
    return Cell(name, to_record(context.region, "endpoint", name)) if name else Cell("")


def _job(kind: str) -> Callable[[Context, Record], Page]:
    def show(context: Context, record: Record) -> Page:
        return jobs.page(context, kind, record)

    return show


_PAGES: dict[str, Callable[[Context, Record], Page]] = {
    **{kind: _job(kind) for kind in lists.NOUNS["jobs"].kinds},
    "endpoint": _endpoint,
    "monitoring-schedule": _schedule,
    "pipeline": _pipeline,
    "model-package-group": _group,
    "model": _model,
}
