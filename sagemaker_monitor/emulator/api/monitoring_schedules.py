"""Monitoring schedules: created, updated, started, stopped, deleted; and their executions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_monitor.emulator.api import job_definitions
from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.paging import kept, matches, within
from sagemaker_monitor.emulator.api.tags import forget_tags, put_tags
from sagemaker_monitor.emulator.schedules import alerts, executions
from sagemaker_monitor.emulator.schedules.monitors import Monitor, monitor_of
from sagemaker_monitor.emulator.schedules.runner import KIND
from sagemaker_monitor.emulator.schedules.times import Cron, TimeError, window

HALF_HOUR, HOUR = 1800, 3600
PATIENCE = 10.0
"""Seconds that a schedule which fires when it is made waits for captures and labels that are on their way."""
_HOURLY = Cron(0, 1)
DAY = timedelta(days=1)


def create_monitoring_schedule(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateMonitoringSchedule; one that says NOW runs at once, and never again."""
    name = request["MonitoringScheduleName"]
    config = request["MonitoringScheduleConfig"]
    cron = _check(context, config)
    arn, now = arn_of(context, name), context.now()
    document = _described(
        context,
        {
            "MonitoringScheduleArn": arn,
            "MonitoringScheduleName": name,
            "MonitoringScheduleStatus": "Scheduled",
            "CreationTime": now,
            "LastModifiedTime": now,
        },
        config,
    )
    if not context.store.create(KIND, name, document):
        raise ApiError("ResourceInUse", f"Monitoring Schedule with name {name} already exists ({arn})")
    alerts.create(context, name)
    put_tags(context, arn, request.get("Tags"))
    if cron is None or context.config.fire_on_creation:
        patience = PATIENCE if context.config.fire_on_creation else 0.0
        context.schedules.fire(context, document, _due(cron), patience)
    context.schedules.changed()
    return {"MonitoringScheduleArn": arn}


def update_monitoring_schedule(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateMonitoringSchedule; it goes on as scheduled, or at once where it says NOW."""
    name = request["MonitoringScheduleName"]
    config = request["MonitoringScheduleConfig"]
    require(context, name)
    cron = _check(context, config)

    def change(record: dict[str, Any]) -> dict[str, Any]:
        changed = record | {"MonitoringScheduleStatus": "Scheduled", "LastModifiedTime": context.now()}
        return _described(context, changed, config)

    document = context.store.update(KIND, name, change)
    if cron is None:
        context.schedules.fire(context, document, _due(cron))
    context.schedules.changed()
    return {"MonitoringScheduleArn": document["MonitoringScheduleArn"]}


def start_monitoring_schedule(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """StartMonitoringSchedule."""
    _set_status(context, request["MonitoringScheduleName"], "Scheduled")
    context.schedules.changed()
    return {}


def stop_monitoring_schedule(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """StopMonitoringSchedule; an execution that runs goes on."""
    _set_status(context, request["MonitoringScheduleName"], "Stopped")
    return {}


def describe_monitoring_schedule(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeMonitoringSchedule, with the last execution."""
    record = require(context, request["MonitoringScheduleName"])
    last = context.store.last(executions.KIND, f"{record['MonitoringScheduleName']}/")
    # Those of a deleted schedule of that name are still listed, and are not this one's.
    if last is None or last["CreationTime"] < record["CreationTime"]:
        return record
    return record | {"LastMonitoringExecutionSummary": _summary(executions.seen(context, last))}


def list_monitoring_schedules(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListMonitoringSchedules, the newest first."""
    fields = {
        "EndpointName": "EndpointName",
        "StatusEquals": "MonitoringScheduleStatus",
        "MonitoringTypeEquals": "MonitoringType",
    }
    sort_fields = {
        "Name": "MonitoringScheduleName",
        "CreationTime": "CreationTime",
        "Status": "MonitoringScheduleStatus",
    }
    schedules, token = kept(
        context.store,
        KIND,
        request,
        lambda each: (
            matches(each, request, "MonitoringScheduleName")
            and _equal(each, request, fields)
            and within(each, request, "LastModifiedTime")
            and request.get("MonitoringJobDefinitionName", _definition(each)) == _definition(each)
        ),
        sort_fields=sort_fields,
    )
    shown = (
        *("MonitoringScheduleName", "MonitoringScheduleArn", "CreationTime", "LastModifiedTime"),
        *("MonitoringScheduleStatus", "EndpointName", "MonitoringType"),
    )
    summaries = [
        {key: each[key] for key in shown if key in each} | {"MonitoringJobDefinitionName": _definition(each)}
        for each in schedules
    ]
    return {"MonitoringScheduleSummaries": summaries, "NextToken": token}


def delete_monitoring_schedule(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteMonitoringSchedule; its executions and reports stay."""
    record = require(context, request["MonitoringScheduleName"])
    context.store.delete(KIND, request["MonitoringScheduleName"])
    context.store.delete(alerts.KIND, request["MonitoringScheduleName"])
    forget_tags(context, record["MonitoringScheduleArn"])
    return {}


def list_monitoring_executions(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListMonitoringExecutions, the newest first."""
    name = request.get("MonitoringScheduleName")
    fields = {
        "EndpointName": "EndpointName",
        "StatusEquals": "MonitoringExecutionStatus",
        "MonitoringJobDefinitionName": "MonitoringJobDefinitionName",
        "MonitoringTypeEquals": "MonitoringType",
    }
    times = ("ScheduledTime", "CreationTime", "LastModifiedTime")
    sort_fields = {
        "CreationTime": "CreationTime",
        "ScheduledTime": "ScheduledTime",
        "Status": "MonitoringExecutionStatus",
    }
    seen, token = kept(
        context.store,
        executions.KIND,
        request,
        lambda each: _equal(each, request, fields) and all(within(each, request, time) for time in times),
        sort_fields=sort_fields,
        prefix=f"{name}/" if name else "",
        view=lambda record: executions.seen(context, record),
    )
    return {"MonitoringExecutionSummaries": [_summary(each) for each in seen], "NextToken": token}


def recover(context: Context) -> None:
    """End the executions that an emulator which is no more was running."""
    executions.recover(context)


OPERATIONS: dict[str, Handler] = {
    "CreateMonitoringSchedule": create_monitoring_schedule,
    "UpdateMonitoringSchedule": update_monitoring_schedule,
    "StartMonitoringSchedule": start_monitoring_schedule,
    "StopMonitoringSchedule": stop_monitoring_schedule,
    "DescribeMonitoringSchedule": describe_monitoring_schedule,
    "ListMonitoringSchedules": list_monitoring_schedules,
    "DeleteMonitoringSchedule": delete_monitoring_schedule,
    "ListMonitoringExecutions": list_monitoring_executions,
}


def arn_of(context: Context, name: str) -> str:
    """Return the ARN of a schedule; SageMaker spells its name in lower case."""
    return context.arn(KIND, name.lower())


def _check(context: Context, config: dict[str, Any]) -> Cron | None:
    """Return when the schedule runs, None for now; raise ApiError for one that could not run."""
    monitor = monitor_of(context, config)
    inline = config.get("MonitoringJobDefinition")
    if inline is not None:
        job_definitions.check_input(inline["MonitoringInputs"][0])
    plan = config.get("ScheduleConfig")
    if plan is None:
        raise ApiError("ValidationException", "MonitoringScheduleConfig needs a ScheduleConfig here")
    try:
        cron = Cron.of(plan["ScheduleExpression"])
        offsets = plan.get("DataAnalysisStartTime"), plan.get("DataAnalysisEndTime")
        if cron is None and not all(offsets):
            raise TimeError(
                "NOW needs DataAnalysisStartTime and DataAnalysisEndTime, such as -PT2H and -PT0H"
            )
        if cron is not None and any(offsets):
            raise TimeError("DataAnalysisStartTime and DataAnalysisEndTime go with NOW alone")
        given = (monitor.input.get("StartTimeOffset"), monitor.input.get("EndTimeOffset"))
        seen = window(datetime.now(UTC), *(offsets if cron is None else given))
        if cron is None and seen.end - seen.start > DAY:
            raise TimeError(
                f"{offsets[0]} to {offsets[1]} are more than 24 hours, which AWS does not let NOW look at"
            )
    except TimeError as error:
        raise ApiError("ValidationException", str(error)) from error
    if cron is not None:
        _check_runtime(monitor, cron)
    return cron


def _check_runtime(monitor: Monitor, cron: Cron) -> None:
    """Raise ApiError for jobs that may run longer than until the next execution.

    The rule is that of the API reference, MonitoringStoppingCondition.
    """
    says = "the StoppingCondition of the job definition says how long, 3600 without one"
    if monitor.kind.merges and cron == _HOURLY and monitor.seconds > HALF_HOUR:
        raise ApiError(
            "ValidationException",
            f"MaxRuntimeInSeconds is {monitor.seconds}: an hourly {monitor.kind.type} schedule runs two jobs "
            f"an hour, so each has at most {HALF_HOUR} seconds; {says}",
        )
    if monitor.seconds > cron.every * HOUR:
        raise ApiError(
            "ValidationException",
            f"MaxRuntimeInSeconds is {monitor.seconds}, and the schedule runs every {cron.every * HOUR} "
            f"seconds: it cannot exceed the frequency of the job; {says}",
        )


def _due(cron: Cron | None) -> datetime:
    """Return the time that an execution which starts at once is for: the next hour of a cron, or now."""
    now = datetime.now(UTC)
    return now if cron is None else _HOURLY.after(now)


def _described(context: Context, record: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    monitor = monitor_of(context, config)
    changed = {key: value for key, value in record.items() if key != "EndpointName"}
    changed |= {"MonitoringScheduleConfig": config, "MonitoringType": monitor.kind.type}
    return changed | ({"EndpointName": monitor.endpoint_name} if monitor.endpoint_name else {})


def require(context: Context, name: str) -> dict[str, Any]:
    """Return the record of a schedule; raise ApiError when there is none."""
    record = context.store.get(KIND, name)
    if record is None:
        raise ApiError("ResourceNotFound", f"Monitoring Schedule {arn_of(context, name)} not found")
    return record


def _set_status(context: Context, name: str, status: str) -> None:
    require(context, name)
    changes = {"MonitoringScheduleStatus": status, "LastModifiedTime": context.now()}
    context.store.update(KIND, name, lambda record: record | changes)


def _definition(schedule: dict[str, Any]) -> str | None:
    found: str | None = schedule["MonitoringScheduleConfig"].get("MonitoringJobDefinitionName")
    return found


def _equal(document: dict[str, Any], request: dict[str, Any], fields: dict[str, str]) -> bool:
    return all(
        request.get(asked, document.get(field)) == document.get(field) for asked, field in fields.items()
    )


def _summary(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if not key.startswith("_")}
