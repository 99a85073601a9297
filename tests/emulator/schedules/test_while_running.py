"""Schedules that are stopped, updated and deleted while a container of one's own runs for them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.lifecycle import fire
from sagemaker_monitor.emulator.server import Server
from tests.emulator.conftest import REGION, RunningEmulator, with_image

from .conftest import ANALYZER, CLUSTER, HOURLY, OUTPUT, ROLE

# Waits for a file, then ends as its environment says.
MONITOR = """
import os, pathlib, sys, time
while not pathlib.Path(os.environ["WAITS_FOR"]).exists():
    time.sleep(0.01)
pathlib.Path(os.environ["OUTPUT_MESSAGE_PATH"]).write_text(os.environ["SAYS"])
sys.exit(int(os.environ["CODE"]))
"""
CLEAN = "Completed: Job completed successfully with no violations."
VIOLATED = "CompletedWithViolations: Job completed successfully with 2 violations."


@dataclass
class Monitors:
    """One emulator whose monitors wait until they are let go."""

    running: RunningEmulator
    folder: Path

    @property
    def client(self) -> Any:
        """A SageMaker client."""
        return self.running.client("sagemaker")

    def definition(self, name: str, says: str = CLEAN, code: int = 0) -> None:
        """Make a job definition that ends with *says* once `go(name)` was called."""
        variables = {"WAITS_FOR": str(self.folder / name), "SAYS": says, "CODE": str(code)}
        image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/waits:1"
        self.client.create_data_quality_job_definition(
            JobDefinitionName=name,
            DataQualityAppSpecification={"ImageUri": image, "Environment": variables},
            DataQualityJobInput={
                "BatchTransformInput": {
                    "DataCapturedDestinationS3Uri": "s3://data/captures",
                    "DatasetFormat": {"Csv": {"Header": False}},
                    "LocalPath": "/opt/ml/processing/input/data",
                }
            },
            DataQualityJobOutputConfig=OUTPUT,
            JobResources=CLUSTER,
            RoleArn=ROLE,
        )

    def config(self, job: str) -> dict[str, Any]:
        """Return the configuration of an hourly schedule of a job definition."""
        return {
            "ScheduleConfig": HOURLY,
            "MonitoringJobDefinitionName": job,
            "MonitoringType": "DataQuality",
        }

    def start(self, name: str, **definition: Any) -> None:
        """Make a definition and a schedule of that name, and have an execution running."""
        self.definition(name, **definition)
        self.client.create_monitoring_schedule(
            MonitoringScheduleName=name, MonitoringScheduleConfig=self.config(name)
        )
        self.fire(name)

    def fire(self, name: str) -> None:
        """Fire the schedule over the hour that has captures; return once its job runs."""
        fire(self.running.url, REGION, name, "2026-03-01T12:00:00Z")
        self.until(name, "InProgress")

    def go(self, name: str) -> None:
        """Let the monitors of a definition end."""
        (self.folder / name).touch()

    def until(self, name: str, status: str) -> dict[str, Any]:
        """Return the newest execution of a schedule once it has that status and a job."""
        deadline = time.monotonic() + 30
        while True:
            listed = self.client.list_monitoring_executions(MonitoringScheduleName=name)
            newest: dict[str, Any] = listed["MonitoringExecutionSummaries"][0]
            if newest["MonitoringExecutionStatus"] == status and "ProcessingJobArn" in newest:
                return newest
            assert time.monotonic() < deadline, newest
            time.sleep(0.02)


@pytest.fixture(scope="module")
def monitors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitors]:
    """An emulator with a container of one's own, and the capture of one batch transform."""
    folder = tmp_path_factory.mktemp("waits")
    running = with_image(folder, "team/waits", MONITOR)
    s3 = running.client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="in/rows.csv", Body=b"1\n")
    manifest = json.dumps([{"prefix": "s3://data/in/"}, "rows.csv"])
    s3.put_object(Bucket="data", Key="captures/input/2026/03/01/11/one.json", Body=manifest)
    yield Monitors(running, folder)
    running.close()


def test_a_stopped_schedule_lets_its_execution_end(monitors: Monitors) -> None:
    """The status is the execution's exit text, whatever the schedule's."""
    monitors.start("stopped", says=VIOLATED)

    monitors.client.stop_monitoring_schedule(MonitoringScheduleName="stopped")
    monitors.go("stopped")

    monitors.until("stopped", "CompletedWithViolations")
    described = monitors.client.describe_monitoring_schedule(MonitoringScheduleName="stopped")
    assert described["MonitoringScheduleStatus"] == "Stopped"
    last = described["LastMonitoringExecutionSummary"]
    assert last["MonitoringExecutionStatus"] == "CompletedWithViolations"


def test_an_update_holds_from_the_next_execution_on(monitors: Monitors) -> None:
    """The one that runs ends as it was started; the schedule is another meanwhile."""
    monitors.start("before", says=VIOLATED)
    monitors.definition("after")
    monitors.go("after")

    monitors.client.update_monitoring_schedule(
        MonitoringScheduleName="before", MonitoringScheduleConfig=monitors.config("after")
    )
    monitors.go("before")
    first = monitors.until("before", "CompletedWithViolations")
    fire(monitors.running.url, REGION, "before", "2026-03-01T12:00:00Z")
    second = monitors.until("before", "Completed")

    assert (first["MonitoringJobDefinitionName"], second["MonitoringJobDefinitionName"]) == (
        "before",
        "after",
    )
    monitors.client.delete_data_quality_job_definition(JobDefinitionName="before")  # no schedule uses it now


def test_a_deleted_schedule_leaves_its_history(monitors: Monitors) -> None:
    """As AWS documents: deleting stops the schedule, its executions stay listed, and this one ends."""
    monitors.start("deleted")

    monitors.client.delete_monitoring_schedule(MonitoringScheduleName="deleted")
    monitors.go("deleted")

    monitors.until("deleted", "Completed")
    monitors.client.delete_data_quality_job_definition(JobDefinitionName="deleted")


def test_an_execution_is_stopped_by_its_job(monitors: Monitors) -> None:
    """It is Stopped, which is no failure of the monitor's."""
    monitors.start("halted")
    arn = monitors.until("halted", "InProgress")["ProcessingJobArn"]

    monitors.client.stop_processing_job(ProcessingJobName=arn.rpartition("/")[2])

    stopped = monitors.until("halted", "Stopped")
    listed = monitors.client.list_monitoring_executions(
        MonitoringScheduleName="halted", StatusEquals="Stopped"
    )
    assert listed["MonitoringExecutionSummaries"] == [stopped]


def test_a_container_that_fails_says_why(monitors: Monitors) -> None:
    """Its exit text is the execution's reason."""
    monitors.start("broken", says="There is no model of that name.", code=255)
    monitors.go("broken")

    failed = monitors.until("broken", "Failed")

    assert "There is no model of that name." in failed["FailureReason"]


def test_executions_beyond_those_that_run_are_pending(monitors: Monitors) -> None:
    """Four run at once; the others wait, and none is lost."""
    monitors.start("many")
    for _ in range(5):
        fire(monitors.running.url, REGION, "many", "2026-03-01T12:00:00Z")
    listed = monitors.client.list_monitoring_executions(MonitoringScheduleName="many", StatusEquals="Pending")
    assert len(listed["MonitoringExecutionSummaries"]) >= 2

    monitors.go("many")

    deadline = time.monotonic() + 30
    while True:
        done = monitors.client.list_monitoring_executions(
            MonitoringScheduleName="many", StatusEquals="Completed"
        )
        if len(done["MonitoringExecutionSummaries"]) == 6:
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_clock_fires_each_schedule_once_at_its_hours(monitors: Monitors) -> None:
    """Hourly, daily and every six hours, all at once; an hour that was slept through is not made up for."""
    monitors.definition("clock")
    names = {"hourly": "cron(0 * ? * * *)", "daily": "cron(0 12 ? * * *)", "sixes": "cron(0 0/6 ? * * *)"}
    for name, expression in names.items():
        config = {**monitors.config("clock"), "ScheduleConfig": {"ScheduleExpression": expression}}
        monitors.client.create_monitoring_schedule(
            MonitoringScheduleName=name, MonitoringScheduleConfig=config
        )
    context = monitors.running.context
    moments = ["05:59:50", "06:00:10", "06:00:40", "11:59:59", "12:00:00", "12:05:00", "15:10:00", "15:20:30"]
    clock = [datetime.fromisoformat(f"2026-02-01T{moment}+00:00") for moment in moments]

    for since, now in pairwise(clock):
        assert context.schedules.fire_due(context, since, now) >= 0

    fired = {name: _hours(monitors, name) for name in names}
    assert fired == {"hourly": [6, 12, 15], "daily": [12], "sixes": [6, 12]}
    for name in names:
        monitors.client.delete_monitoring_schedule(MonitoringScheduleName=name)


def _hours(monitors: Monitors, name: str) -> list[int]:
    """Return the hours that executions of a schedule were due at."""
    listed = monitors.client.list_monitoring_executions(
        MonitoringScheduleName=name, SortBy="ScheduledTime", SortOrder="Ascending"
    )["MonitoringExecutionSummaries"]
    return [each["ScheduledTime"].astimezone(UTC).hour for each in listed]


def test_an_emulator_that_fires_on_creation_spares_the_hour(tmp_path: Path) -> None:
    """`local up --fire-schedules`: a new schedule runs at once, as if the next full hour had come."""
    running = RunningEmulator(Server(EmulatorConfig(tmp_path, port=0, fire_on_creation=True)).start())
    try:
        monitors = Monitors(running, tmp_path)
        before = datetime.now(UTC)
        job = {
            "MonitoringInputs": [
                {
                    "BatchTransformInput": {
                        "DataCapturedDestinationS3Uri": "s3://nowhere/captures",
                        "DatasetFormat": {"Csv": {}},
                        "LocalPath": "/opt/ml/processing/input",
                    }
                }
            ],
            "MonitoringOutputConfig": OUTPUT,
            "MonitoringResources": CLUSTER,
            "MonitoringAppSpecification": {"ImageUri": ANALYZER},
            "RoleArn": ROLE,
        }
        config = {"ScheduleConfig": HOURLY, "MonitoringJobDefinition": job}
        monitors.client.create_monitoring_schedule(
            MonitoringScheduleName="spared", MonitoringScheduleConfig=config
        )
        (execution,) = monitors.client.list_monitoring_executions(MonitoringScheduleName="spared")[
            "MonitoringExecutionSummaries"
        ]
        assert timedelta() < execution["ScheduledTime"] - before <= timedelta(hours=1)
        assert execution["ScheduledTime"].minute == 0
    finally:
        running.close()
