"""Monitoring schedules over HTTP: their life, their executions, and what could not run."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.lifecycle import LifecycleError, fire
from tests.emulator.conftest import REGION
from tests.emulator.hosting.conftest import ROLE, Hosted

from .conftest import ANALYZER, CLUSTER, HOURLY, OUTPUT, definition, due, ended, refused, schedule

ENVIRONMENT = """
schema_version: 1
account: "000000000000"
region: {region}
endpoint_url: {url}
roles: {{execution: "arn:aws:iam::000000000000:role/monitor"}}
storage: {{bucket: data}}
"""


def test_an_execution_waits_for_data_on_their_way(watched: Hosted) -> None:
    """One with patience begins when a capture of its hour arrives; without, it fails for want of any."""
    schedule(watched, "early", "good")
    context = watched.running.context
    record = context.store.get("monitoring-schedule", "early")
    assert record is not None
    at = datetime(2020, 1, 1, 1, tzinfo=UTC)
    (captured, *_) = watched.captured("captures/scale/", 3)

    context.schedules.fire(context, record, at).result()
    assert "nothing was captured" in ended(watched, "early")["FailureReason"]
    patient = context.schedules.fire(context, record, at, patience=30.0)
    time.sleep(0.3)
    assert not patient.done()
    source = {"Bucket": "data", "Key": captured}
    key = "captures/scale/doubles/2020/01/01/00/late.jsonl"
    watched.s3.copy_object(Bucket="data", Key=key, CopySource=source)
    patient.result(30)

    last = ended(watched, "early")
    assert last["MonitoringExecutionStatus"] == "Completed", last.get("FailureReason")


def test_an_execution_that_violates_says_so_and_where(watched: Hosted) -> None:
    """As recorded: status, exit text, the report's hour, the job's name, and its variables."""
    schedule(watched, "strict", "bad")
    at = fire(watched.running.url, REGION, "strict", due(watched)).scheduled

    execution = ended(watched, "strict")

    assert execution["MonitoringExecutionStatus"] == "CompletedWithViolations", execution
    assert execution["ScheduledTime"] == at
    assert execution["EndpointName"] == "scale"
    job = watched.sagemaker.describe_processing_job(
        ProcessingJobName=execution["ProcessingJobArn"].rpartition("/")[2]
    )
    assert job["ProcessingJobName"].startswith(f"model-monitoring-{at:%Y%m%d%H%M}-")
    assert job["ExitMessage"] == "CompletedWithViolations: Job completed successfully with 1 violations."
    assert job["MonitoringScheduleArn"].endswith(":monitoring-schedule/strict")
    assert job["Environment"]["start_time"] == (at - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert job["Environment"]["monitoring_input_type"] == "ENDPOINT_INPUT"
    key = f"reports/scale/strict/{at:%Y/%m/%d/%H}/constraint_violations.json"
    found = json.loads(watched.s3.get_object(Bucket="data", Key=key)["Body"].read())["violations"]
    assert [each["feature_name"] for each in found] == ["weight"]


def test_a_schedule_that_says_now_runs_once(watched: Hosted) -> None:
    """Over the hours that it names, when it is made; honest traffic violates nothing."""
    plan = {"ScheduleExpression": "NOW", "DataAnalysisStartTime": "-PT1H", "DataAnalysisEndTime": "PT1H"}
    schedule(watched, "at-once", "good", plan)

    execution = ended(watched, "at-once")

    assert execution["MonitoringExecutionStatus"] == "Completed", execution
    described = watched.sagemaker.describe_monitoring_schedule(MonitoringScheduleName="at-once")
    assert described["LastMonitoringExecutionSummary"]["MonitoringExecutionStatus"] == "Completed"


def test_an_hour_without_traffic_fails_with_the_recorded_reason(watched: Hosted) -> None:
    """No job is started for it."""
    schedule(watched, "quiet", "good")
    fire(watched.running.url, REGION, "quiet", "2020-01-01T12:00:00Z")

    execution = ended(watched, "quiet")

    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert execution["FailureReason"].startswith("Job inputs had no data")
    assert "ProcessingJobArn" not in execution


def test_a_missing_baseline_fails_the_execution_with_the_text_of_aws(watched: Hosted) -> None:
    """The job cannot be given its inputs."""
    watched.sagemaker.create_data_quality_job_definition(**definition("nowhere"))
    schedule(watched, "lost", "nowhere")
    fire(watched.running.url, REGION, "lost", due(watched))

    execution = ended(watched, "lost")

    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert "No S3 objects found" in execution["FailureReason"]


def test_an_endpoint_that_is_watched_is_not_deleted(watched: Hosted) -> None:
    """Nor the job definition of a schedule: first the schedule, then what it uses."""
    schedule(watched, "holding", "good")

    endpoint = refused(watched.sagemaker.delete_endpoint, EndpointName="scale")
    job = refused(watched.sagemaker.delete_data_quality_job_definition, JobDefinitionName="good")

    assert "Cannot delete Endpoint with associated Monitoring Schedules:" in endpoint
    assert "holding" in endpoint
    assert "is used by the monitoring schedules" in job
    watched.sagemaker.delete_monitoring_schedule(MonitoringScheduleName="holding")
    assert "not found" in refused(
        watched.sagemaker.describe_monitoring_schedule, MonitoringScheduleName="holding"
    )


def test_schedules_are_stopped_started_listed_and_tagged(watched: Hosted) -> None:
    """Lists filter by status, type, endpoint and job definition."""
    schedule(watched, "living", "good")
    client = watched.sagemaker

    client.stop_monitoring_schedule(MonitoringScheduleName="living")
    stopped = client.list_monitoring_schedules(StatusEquals="Stopped", EndpointName="scale")
    client.start_monitoring_schedule(MonitoringScheduleName="living")
    started = client.list_monitoring_schedules(
        NameContains="livin", StatusEquals="Scheduled", MonitoringJobDefinitionName="good"
    )
    other = client.list_monitoring_schedules(NameContains="livin", MonitoringTypeEquals="ModelBias")

    assert [each["MonitoringScheduleName"] for each in stopped["MonitoringScheduleSummaries"]] == ["living"]
    (summary,) = started["MonitoringScheduleSummaries"]
    assert summary["MonitoringJobDefinitionName"] == "good"
    assert other["MonitoringScheduleSummaries"] == []
    client.add_tags(ResourceArn=summary["MonitoringScheduleArn"], Tags=[{"Key": "team", "Value": "risk"}])
    assert client.list_tags(ResourceArn=summary["MonitoringScheduleArn"])["Tags"]


def test_an_hourly_schedule_is_due_at_the_next_hour(watched: Hosted) -> None:
    """The clock fires what is scheduled and nothing that is stopped or has had its turn."""
    runner, context = watched.running.context.schedules, watched.running.context
    schedule(watched, "ticking", "good")
    schedule(watched, "still", "good")
    watched.sagemaker.stop_monitoring_schedule(MonitoringScheduleName="still")
    moment = datetime(2026, 3, 1, 11, 59, tzinfo=UTC)

    before = {each["MonitoringScheduleName"]: at for at, each, _ in runner.due(context, moment, moment)}
    passed = {
        each["MonitoringScheduleName"]: at
        for at, each, _ in runner.due(context, moment, moment + timedelta(minutes=2))
    }

    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (before["ticking"], passed["ticking"]) == (noon, noon)
    assert "still" not in before


BIAS_INPUT = {
    "EndpointInput": {"EndpointName": "scale", "LocalPath": "/opt/ml/processing/input/endpoint"},
    "GroundTruthS3Input": {"S3Uri": "s3://data/truth"},
}


@pytest.mark.parametrize(
    ("plan", "job", "said"),
    [
        ({"ScheduleExpression": "cron(30 * ? * * *)"}, "good", "is not one of: cron(0 * ? * * *)"),
        ({"ScheduleExpression": "NOW"}, "good", "NOW needs DataAnalysisStartTime"),
        (
            {"ScheduleExpression": "NOW", "DataAnalysisStartTime": "-PT25H", "DataAnalysisEndTime": "-PT0H"},
            "good",
            "-PT25H to -PT0H are more than 24 hours",
        ),
        (
            {**HOURLY, "DataAnalysisStartTime": "-PT1H", "DataAnalysisEndTime": "-PT0H"},
            "good",
            "go with NOW alone",
        ),
        (HOURLY, "nobody", "Could not find job definition"),
    ],
)
def test_a_schedule_that_could_not_run_is_refused(
    watched: Hosted, plan: dict[str, str], job: str, said: str
) -> None:
    """When it is made."""
    config = {"ScheduleConfig": plan, "MonitoringJobDefinitionName": job, "MonitoringType": "DataQuality"}
    text = refused(
        watched.sagemaker.create_monitoring_schedule,
        MonitoringScheduleName="refused",
        MonitoringScheduleConfig=config,
    )

    assert said in text


def test_an_hourly_schedule_that_merges_has_half_an_hour(watched: Hosted) -> None:
    """Two jobs run in its hour."""
    client = watched.sagemaker
    client.create_model_bias_job_definition(
        JobDefinitionName="slow",
        ModelBiasAppSpecification={"ImageUri": ANALYZER, "ConfigUri": "s3://data/c.json"},
        ModelBiasJobInput=BIAS_INPUT,
        ModelBiasJobOutputConfig=OUTPUT,
        JobResources=CLUSTER,
        RoleArn=ROLE,
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )
    config = {
        "ScheduleConfig": HOURLY,
        "MonitoringJobDefinitionName": "slow",
        "MonitoringType": "ModelBias",
    }

    text = refused(
        client.create_monitoring_schedule, MonitoringScheduleName="slow", MonitoringScheduleConfig=config
    )

    assert "MaxRuntimeInSeconds is 3600: an hourly ModelBias schedule runs two jobs an hour" in text


def test_inputs_that_are_none_or_two_are_refused(watched: Hosted) -> None:
    """A job definition watches an endpoint or batch transforms, at offsets that are some."""
    create = watched.sagemaker.create_data_quality_job_definition
    endpoint = {"EndpointName": "scale", "LocalPath": "/opt/ml/processing/input/endpoint"}

    none = refused(create, **definition("none", DataQualityJobInput={}))
    crooked = refused(
        create,
        **definition("x", DataQualityJobInput={"EndpointInput": {**endpoint, "StartTimeOffset": "-PT1X"}}),
    )

    assert "either EndpointInput or BatchTransformInput" in none
    assert "StartTimeOffset" in crooked


@pytest.mark.parametrize(
    ("name", "at", "said"),
    [("nobody", None, "there is no schedule 'nobody'"), ("strict", "noon", "'noon' is no time")],
)
def test_what_cannot_be_fired_is_said(watched: Hosted, name: str, at: str | None, said: str) -> None:
    """In the emulator's words."""
    if (
        name == "strict"
        and not watched.sagemaker.list_monitoring_schedules(NameContains="strict")[
            "MonitoringScheduleSummaries"
        ]
    ):
        schedule(watched, "strict", "bad")
    with pytest.raises(LifecycleError, match=said):
        fire(watched.running.url, REGION, name, at)


def test_the_command_that_fires_exits_by_what_was_found(
    watched: Hosted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """10 for violations, 0 for none, 3 where there was nothing to look at; with the reports' place."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "local.yaml").write_text(
        ENVIRONMENT.format(region=REGION, url=watched.running.url)
    )
    for name, job in (("by-hand", "bad"), ("by-hand-too", "good")):
        schedule(watched, name, job)
    options = ("--conf-dir", str(tmp_path))

    codes = [
        main(["local", "fire", "by-hand", "--at", due(watched), *options]),
        main(["local", "fire", "by-hand-too", "--at", due(watched), "--format", "json", *options]),
        main(["local", "fire", "by-hand", "--at", "2020-01-01T12:00:00Z", *options]),
        main(["local", "fire", "nobody", *options]),
        main(["local", "fire", "by-hand", "--region", "ap-south-1", *options]),
    ]

    told = capsys.readouterr()
    assert codes == [10, 0, 3, 3, 3]
    assert "by-hand: CompletedWithViolations" in told.out
    assert "reports: s3://data/reports/scale/by-hand/" in told.out
    assert '"MonitoringExecutionStatus": "Completed"' in told.out
    assert "Job inputs had no data" in told.out
    assert "there is no schedule 'nobody'" in told.err
    assert f"'by-hand' in ap-south-1; it is in {REGION}: --region {REGION}" in told.err


def test_executions_that_a_kill_interrupted_have_failed(watched: Hosted) -> None:
    """They are ended when the emulator starts again, and schedules are as they were."""
    store = watched.running.context.store
    schedule(watched, "interrupted", "good")
    fire(watched.running.url, REGION, "interrupted", due(watched))
    execution = ended(watched, "interrupted")
    (record,) = store.list("monitoring-execution", prefix="interrupted/")
    store.put("monitoring-execution", record["_Key"], {**record, "MonitoringExecutionStatus": "InProgress"})

    watched.restart()

    assert execution["MonitoringExecutionStatus"] == "Completed"
    after = ended(watched, "interrupted")
    assert (after["MonitoringExecutionStatus"], after["FailureReason"]) == (
        "Failed",
        "the emulator was stopped while the execution ran; fire the schedule again",
    )
