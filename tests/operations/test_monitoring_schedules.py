"""Monitoring schedules are deployed from the model's file, changed, repaired, and taken away."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.plan import Plan, make_plan
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Model
from tests.operations.monitored import INPUTS, bundle_of, register_baselines, scheduled

NAME = "mortgage-inputs-local"


def bring(aws: Aws, model: Model) -> list[Change]:
    """Upsert the model's bundle and return what was done but for what stayed as it was."""
    changes = list(upsert(aws, bundle_of(model, aws.environment), model))
    return [change for change in changes if change.done != "unchanged"]


def plan(aws: Aws, model: Model) -> Plan:
    """Return what an upsert would do."""
    return make_plan(aws, bundle_of(model, aws.environment), model)


def schedule(aws: Aws, name: str = NAME) -> dict[str, Any]:
    """Return a deployed schedule."""
    return aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)


def told(found: Plan) -> list[tuple[str, str, Any, Any]]:
    """Return sign, subject and both sides of what a plan tells."""
    return [(each.sign, each.subject, each.before, each.after) for each in found.differences]


def definitions(aws: Aws, kind: str = "data_quality") -> list[str]:
    """Return the names of the job definitions there are."""
    listed = aws.pages("sagemaker", f"list_{kind}_job_definitions", "JobDefinitionSummaries")
    return [each["MonitoringJobDefinitionName"] for each in listed]


def test_a_schedule_waits_for_an_approved_version(aws: Aws, model: Model) -> None:
    """Without one nothing of it is deployed and the plan says why; with one it is, with its baseline."""
    watched = scheduled(model, inputs=INPUTS)
    waiting = plan(aws, watched)
    bring(aws, watched)

    assert any("waits for an approved version of mortgage" in note for note in waiting.notes)
    assert not any("monitoring" in each.subject for each in waiting.differences)
    with pytest.raises(NotFoundError):
        schedule(aws)
    assert not plan(aws, watched).pending
    assert not plan(aws, watched).drift


def test_a_schedule_is_created_with_its_job_definition(aws: Aws, model: Model) -> None:
    """With the approved version's documents, the script that leaves the features, and marks on both."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    first = plan(aws, watched)
    changes = bring(aws, watched)

    assert [
        (each.kind, each.done) for each in changes if "asset" not in each.kind and "group" not in each.kind
    ] == [
        ("pipeline", "created"),
        ("data quality job definition", "created"),
        ("monitoring schedule", "created"),
    ]
    created = next(each for each in first.differences if each.subject == f"monitoring schedule {NAME}")
    assert "data_quality of batches" in created.text
    assert "against the baseline of version 1" in created.text
    config = schedule(aws)["MonitoringScheduleConfig"]
    found = aws.call(
        "sagemaker",
        "describe_data_quality_job_definition",
        JobDefinitionName=config["MonitoringJobDefinitionName"],
    )
    root = aws.environment.storage.root
    assert found["DataQualityBaselineConfig"] == {
        "ConstraintsResource": {"S3Uri": f"{root}/version-1/ModelDataQuality-Constraints.json"},
        "StatisticsResource": {"S3Uri": f"{root}/version-1/ModelDataQuality-Statistics.json"},
    }
    assert found["DataQualityAppSpecification"]["RecordPreprocessorSourceUri"].endswith("/features_only.py")
    for arn in (found["JobDefinitionArn"], schedule(aws)["MonitoringScheduleArn"]):
        tags = {
            tag["Key"]: tag["Value"] for tag in aws.call("sagemaker", "list_tags", ResourceArn=arn)["Tags"]
        }
        assert (tags["sagemaker-monitor:model"], tags["sagemaker-monitor:environment"]) == (
            "mortgage",
            "local",
        )


def test_an_unchanged_schedule_writes_nothing(aws: Aws, model: Model) -> None:
    """Neither to SageMaker nor to the ledger."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    bring(aws, watched)
    aws.writes.clear()

    assert bring(aws, watched) == []
    assert aws.writes == []
    assert not plan(aws, watched).pending
    assert not plan(aws, watched).differences


def test_a_changed_window_is_another_job_definition(aws: Aws, model: Model) -> None:
    """The schedule is updated to it, the former is deleted afterwards, and the plan tells the key alone."""
    register_baselines(aws, 1)
    bring(aws, scheduled(model, inputs=INPUTS))
    (before,) = definitions(aws)
    wider = scheduled(model, inputs={**INPUTS, "window": {"start": "-PT6H"}})
    would = plan(aws, wider)
    changes = bring(aws, wider)

    key = "monitoring_schedules.inputs.window.start"
    assert told(would) == [("~", key, "-PT1H", "-PT6H")]
    (after,) = definitions(aws)
    assert after != before
    assert [(each.kind, each.name, each.done) for each in changes] == [
        ("data quality job definition", after, "created"),
        ("monitoring schedule", NAME, "updated"),
        ("data quality job definition", before, "deleted"),
    ]
    assert [(each.kind, each.name, each.done) for each in changes] == [
        (each.kind, each.name, each.done) for each in would.pending
    ]


def test_the_next_approved_version_is_told_as_that(aws: Aws, model: Model) -> None:
    """Another baseline is one line, and upsert pins it."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    bring(aws, watched)
    register_baselines(aws, 2)
    would = plan(aws, watched)
    bring(aws, watched)

    assert told(would) == [("~", f"monitoring schedule {NAME}: baseline version", 1, 2)]
    assert not plan(aws, watched).pending
    assert not would.drift


def test_what_a_hand_changed_is_told_and_put_back(aws: Aws, model: Model) -> None:
    """A stopped schedule is started, another cron is the configured one again."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    bring(aws, watched)
    config = schedule(aws)["MonitoringScheduleConfig"]
    daily = {**config, "ScheduleConfig": {"ScheduleExpression": "cron(0 5 ? * * *)"}}
    aws.call(
        "sagemaker", "update_monitoring_schedule", MonitoringScheduleName=NAME, MonitoringScheduleConfig=daily
    )
    aws.call("sagemaker", "stop_monitoring_schedule", MonitoringScheduleName=NAME)
    would = plan(aws, watched)
    bring(aws, watched)

    assert told(would) == [
        ("~", "monitoring_schedules.inputs.expression", "cron(0 5 ? * * *)", "cron(0 * ? * * *)"),
        ("~", f"monitoring schedule {NAME}: status", "Stopped", "Scheduled"),
    ]
    (drift,) = would.drift
    assert set(drift.fields) == {"expression", "status"}
    assert schedule(aws)["MonitoringScheduleStatus"] == "Scheduled"
    assert schedule(aws)["MonitoringScheduleConfig"] == config
    aws.call("sagemaker", "stop_monitoring_schedule", MonitoringScheduleName=NAME)
    bring(aws, watched)
    assert schedule(aws)["MonitoringScheduleStatus"] == "Scheduled"


def test_a_schedule_that_is_removed_is_deleted(aws: Aws, model: Model) -> None:
    """First the schedule, then its job definition; the plan says so."""
    register_baselines(aws, 1)
    bring(aws, scheduled(model, inputs=INPUTS))
    would = plan(aws, scheduled(model))
    changes = bring(aws, scheduled(model))

    assert ("-", f"monitoring schedule {NAME}") in [(sign, subject) for sign, subject, *_ in told(would)]
    assert [(each.kind, each.done) for each in changes] == [
        ("monitoring schedule", "deleted"),
        ("data quality job definition", "deleted"),
    ]
    assert definitions(aws) == []
    assert not plan(aws, scheduled(model)).pending
