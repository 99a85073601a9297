"""Alerts of monitoring schedules: the documented rule, and what executions do to them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.lifecycle import fire
from sagemaker_monitor.emulator.schedules.alerts import status_of
from tests.emulator.conftest import REGION
from tests.emulator.hosting.conftest import Hosted

from .conftest import due, ended, refused, schedule

EMPTY_HOUR = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("runs", "status"),
    [
        ("", "OK"),
        ("F", "OK"),
        ("FF", "InAlert"),  # the period has not been reached, the datapoints have
        ("FFC", "InAlert"),
        ("FFCC", "OK"),
        ("FFCCV", "OK"),
        ("FFCCVF", "InAlert"),
        ("FFCCVSF", "InAlert"),
    ],
)
def test_two_failures_of_the_last_three_raise_an_alert(runs: str, status: str) -> None:
    """As AWS documents it; violations count as failures, executions that were stopped are none at all."""
    names = {"F": "Failed", "C": "Completed", "V": "CompletedWithViolations", "S": "Stopped"}
    executions = [{"MonitoringExecutionStatus": names[run]} for run in runs]

    assert status_of(executions, datapoints=2, period=3) == status


def test_executions_raise_and_end_an_alert(watched: Hosted) -> None:
    """Each change is in the history, newest first; other numbers hold from the next execution on."""
    client = watched.sagemaker
    schedule(watched, "alerting", "good")
    (fresh,) = alerts(watched)

    run(watched, EMPTY_HOUR, "Failed")
    raised = until(watched, "InAlert")
    client.update_monitoring_alert(
        MonitoringScheduleName="alerting",
        MonitoringAlertName="alerting",
        DatapointsToAlert=2,
        EvaluationPeriod=3,
    )
    (changed,) = alerts(watched)
    run(watched, due(watched), "Completed")
    until(watched, "OK")
    run(watched, EMPTY_HOUR, "Failed")
    until(watched, "InAlert")

    assert (fresh["MonitoringAlertName"], fresh["AlertStatus"]) == ("alerting", "OK")
    assert (fresh["DatapointsToAlert"], fresh["EvaluationPeriod"]) == (1, 1)
    assert fresh["Actions"] == {"ModelDashboardIndicator": {"Enabled": True}}
    assert raised["LastModifiedTime"] > fresh["LastModifiedTime"]
    assert (changed["AlertStatus"], changed["DatapointsToAlert"], changed["EvaluationPeriod"]) == (
        "InAlert",
        2,
        3,
    )
    assert history(watched, MonitoringScheduleName="alerting") == ["InAlert", "OK", "InAlert"]
    assert history(watched, MonitoringAlertName="alerting", StatusEquals="OK") == ["OK"]
    assert history(watched, MonitoringAlertName="other") == []
    (oldest,) = client.list_monitoring_alert_history(
        MonitoringScheduleName="alerting", SortOrder="Ascending", MaxResults=1
    )["MonitoringAlertHistory"]
    later = history(watched, MonitoringScheduleName="alerting", CreationTimeAfter=oldest["CreationTime"])
    assert len(later) == 3
    assert history(watched, MonitoringScheduleName="alerting", CreationTimeBefore=oldest["CreationTime"]) == [
        "InAlert"
    ]


def test_a_deleted_schedule_takes_its_alert_along(watched: Hosted) -> None:
    """One of the same name begins without what the other's executions left."""
    schedule(watched, "again", "good")
    fire(watched.running.url, REGION, "again", EMPTY_HOUR)
    ended(watched, "again")
    watched.sagemaker.delete_monitoring_schedule(MonitoringScheduleName="again")

    assert "not found" in refused(watched.sagemaker.list_monitoring_alerts, MonitoringScheduleName="again")
    schedule(watched, "again", "good")
    described = watched.sagemaker.describe_monitoring_schedule(MonitoringScheduleName="again")
    assert "LastMonitoringExecutionSummary" not in described
    (alert,) = watched.sagemaker.list_monitoring_alerts(MonitoringScheduleName="again")[
        "MonitoringAlertSummaries"
    ]
    assert alert["AlertStatus"] == "OK"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"MonitoringScheduleName": "nobody"}, "Monitoring Schedule .*nobody not found"),
        ({"MonitoringAlertName": "nobody"}, "Monitoring Alert nobody of .* not found"),
        ({"DatapointsToAlert": 4}, "more than the EvaluationPeriod of 3 executions"),
    ],
)
def test_updates_that_mean_nothing_are_refused(
    watched: Hosted,
    request_: dict[str, Any],
    said: str,
) -> None:
    """Unknown names, and numbers that could never raise an alert."""
    if not any(each["MonitoringScheduleName"] == "named" for each in listed(watched)):
        schedule(watched, "named", "good")
    names = {"MonitoringScheduleName": "named", "MonitoringAlertName": "named"}

    with pytest.raises(ClientError, match=said):
        watched.sagemaker.update_monitoring_alert(
            **{**names, "DatapointsToAlert": 1, "EvaluationPeriod": 3, **request_}
        )


def run(hosted: Hosted, at: str, status: str) -> None:
    """Fire the schedule and wait for its end."""
    before = hosted.sagemaker.list_monitoring_executions(MonitoringScheduleName="alerting")
    fire(hosted.running.url, REGION, "alerting", at)
    execution = ended(hosted, "alerting")
    assert execution["MonitoringExecutionStatus"] == status, (execution, before)


def alerts(hosted: Hosted) -> list[dict[str, Any]]:
    """Return the alerts of the schedule."""
    found: list[dict[str, Any]] = hosted.sagemaker.list_monitoring_alerts(MonitoringScheduleName="alerting")[
        "MonitoringAlertSummaries"
    ]
    return found


def until(hosted: Hosted, status: str) -> dict[str, Any]:
    """Return the alert once it has that status: it is looked at after the execution's end."""
    for _ in range(200):
        (alert,) = alerts(hosted)
        if alert["AlertStatus"] == status:
            return alert
        time.sleep(0.02)
    raise AssertionError(alert)


def history(hosted: Hosted, **request: Any) -> list[str]:
    """Return the statuses that the history lists."""
    found = hosted.sagemaker.list_monitoring_alert_history(**request)["MonitoringAlertHistory"]
    return [each["AlertStatus"] for each in found]


def listed(hosted: Hosted) -> list[dict[str, Any]]:
    """Return the schedules."""
    found: list[dict[str, Any]] = hosted.sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]
    return found
