"""The alert of a monitoring schedule: whether too many of its last executions failed.

The rule is that of AWS's Model Dashboard: after every execution, those of the evaluation period that failed
are counted; with as many as the datapoints to alert it is InAlert, until there are fewer
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-dashboard-alerts.html).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sagemaker_monitor.emulator.api.context import Context

KIND, HISTORY = "monitoring-alert", "monitoring-alert-history"
EXECUTION = "monitoring-execution"
IN_ALERT, OK = "InAlert", "OK"
_FAILURES = ("CompletedWithViolations", "Failed")
_DATAPOINTS = ("Completed", *_FAILURES)
Record = dict[str, Any]


def create(context: Context, schedule: str) -> Record:
    """Make the alert of a new schedule: one failure of the last execution raises it."""
    now = context.now()
    alert = {
        "MonitoringAlertName": schedule,
        "CreationTime": now,
        "LastModifiedTime": now,
        "AlertStatus": OK,
        "DatapointsToAlert": 1,
        "EvaluationPeriod": 1,
        "Actions": {"ModelDashboardIndicator": {"Enabled": True}},
    }
    context.store.put(KIND, schedule, alert)
    return alert


def evaluate(context: Context, schedule: str) -> None:
    """Look at the executions of a schedule anew; another status of its alert is kept in the history."""

    def change(alert: Record) -> Record:
        ended = context.store.list(EXECUTION, prefix=f"{schedule}/")
        seen = [each for each in ended if each["CreationTime"] >= alert["CreationTime"]]
        status = status_of(seen, alert["DatapointsToAlert"], alert["EvaluationPeriod"])
        if status == alert["AlertStatus"]:
            return alert
        now = context.now()
        entry = {
            "MonitoringScheduleName": schedule,
            "MonitoringAlertName": alert["MonitoringAlertName"],
            "CreationTime": now,
            "AlertStatus": status,
        }
        context.store.put(HISTORY, f"{schedule}/{context.store.next_number(HISTORY)}", entry)
        return alert | {"AlertStatus": status, "LastModifiedTime": now}

    try:
        context.store.update(KIND, schedule, change)
    except KeyError:  # the schedule was deleted meanwhile
        return


def status_of(executions: Iterable[Record], datapoints: int, period: int) -> str:
    """Return the status of an alert after *executions*, oldest first; stopped ones do not count."""
    ended = [each for each in executions if each["MonitoringExecutionStatus"] in _DATAPOINTS]
    failed = sum(each["MonitoringExecutionStatus"] in _FAILURES for each in ended[-period:])
    return IN_ALERT if failed >= datapoints else OK
