"""Alerts of monitoring schedules: listed, changed, and when they were raised."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.monitoring_schedules import arn_of, require
from sagemaker_monitor.emulator.api.paging import page, within
from sagemaker_monitor.emulator.schedules import alerts

_NEWEST = {"CreationTime": "CreationTime", "Status": "AlertStatus"}


def list_monitoring_alerts(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListMonitoringAlerts: each schedule has one, called as the schedule."""
    found, token = page([_alert(context, request)], request, sort_fields=_NEWEST)
    return {"MonitoringAlertSummaries": found, "NextToken": token}


def update_monitoring_alert(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateMonitoringAlert; the new numbers count from the next execution on."""
    name, schedule = request["MonitoringAlertName"], request["MonitoringScheduleName"]
    alert = _alert(context, request)
    if alert["MonitoringAlertName"] != name:
        raise ApiError(
            "ResourceNotFound", f"Monitoring Alert {name} of {arn_of(context, schedule)} not found"
        )
    if request["DatapointsToAlert"] > request["EvaluationPeriod"]:
        raise ApiError(
            "ValidationException",
            f"DatapointsToAlert is {request['DatapointsToAlert']}, more than the EvaluationPeriod of "
            f"{request['EvaluationPeriod']} executions; it could never be reached",
        )
    changes = {member: request[member] for member in ("DatapointsToAlert", "EvaluationPeriod")}
    changes["LastModifiedTime"] = context.now()
    context.store.update(alerts.KIND, schedule, lambda document: document | changes)
    return {"MonitoringScheduleArn": arn_of(context, schedule), "MonitoringAlertName": name}


def list_monitoring_alert_history(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListMonitoringAlertHistory, the newest first."""
    schedule = request.get("MonitoringScheduleName")
    if schedule is not None:
        require(context, schedule)
    fields = {"MonitoringAlertName": "MonitoringAlertName", "StatusEquals": "AlertStatus"}
    found = [
        each
        for each in context.store.list(alerts.HISTORY, prefix=f"{schedule}/" if schedule else "")
        if all(request.get(asked, each[field]) == each[field] for asked, field in fields.items())
        and within(each, request, "CreationTime")
    ]
    history, token = page(found, request, sort_fields=_NEWEST)
    return {"MonitoringAlertHistory": history, "NextToken": token}


OPERATIONS: dict[str, Handler] = {
    "ListMonitoringAlerts": list_monitoring_alerts,
    "UpdateMonitoringAlert": update_monitoring_alert,
    "ListMonitoringAlertHistory": list_monitoring_alert_history,
}


def _alert(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    name = require(context, request["MonitoringScheduleName"])["MonitoringScheduleName"]
    return context.store.get(alerts.KIND, name) or alerts.create(context, name)
