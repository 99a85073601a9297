"""Monitors that others made become a model's file, for which a plan holds their marks alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.adopting.adopt import Asked
from sagemaker_monitor.operations.errors import UsageError
from tests.operations.adopting import notebook
from tests.operations.adopting.notebook import NAMES, make_definition, make_schedule, put
from tests.operations.adopting.team import (
    MARK,
    adopted,
    bring,
    described,
    one,
    plan,
    told,
)
from tests.operations.faults import Faults


def test_all_monitors_of_an_endpoint(aws: Aws, conf: Path) -> None:
    """Artifact, columns, threshold, facets, attributions, schedules; a plan has marks to set and no more."""
    notebook.make_bucket(aws)
    notebook.make_model(aws)
    notebook.make_endpoint(aws)
    notebook.make_monitors(aws)
    before = {name: described(aws, name) for name in NAMES.values()}

    found = adopted(aws, conf, Asked(endpoint="churn"), framework=None)

    model = found.model
    assert (model.artifact.framework, model.artifact.version) == ("xgboost", "1.7-1")
    assert model.data_schema.features == notebook.FEATURES
    assert (model.data_schema.label, model.data_schema.favourable) == (notebook.LABEL, 1)
    assert model.data_schema.prediction.threshold == 0.8
    assert model.monitors.configured == ("data_quality", "model_quality", "bias", "explainability")
    assert model.monitors.bias
    assert [(each.name, each.threshold) for each in model.monitors.bias.facets] == [("Account Length", 100.0)]
    assert model.monitors.explainability
    assert model.monitors.explainability.baseline == ((101, 0, 179.5),)
    assert model.monitors.explainability.num_samples == 50
    assert model.endpoint_in("local") == "churn"
    assert model.endpoint_in("prod") is None
    assert told(found) == [
        ("model churn", "ModelDataUrl"),
        ("job definition churn-model", "GroundTruthS3Input"),
    ]
    assert set(found.placeholders) == {
        ("artifact", "model_data"),
        ("schema", "record_key"),
        ("data", "baseline"),
        ("data", "ground_truth", "uri"),
    }

    first = plan(aws, model)
    assert {(each.kind, each.name, each.done) for each in first.pending} == {
        ("monitoring schedule", name, "tagged") for name in NAMES.values()
    }
    assert {each.subject.rpartition("tags.")[2] for each in first.differences} == MARK
    assert any("keep job definitions that others made" in note for note in first.notes)
    aws.writes.clear()
    assert {each.done for each in bring(aws, model)} == {"tagged"}
    assert {each for each in aws.writes if each.startswith("sagemaker:")} == {"sagemaker:add_tags"}

    assert {name: described(aws, name) for name in NAMES.values()} == before
    second = plan(aws, model)
    assert not second.pending
    assert not second.drift
    aws.writes.clear()
    assert bring(aws, model) == []
    assert aws.writes == []


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (Asked(endpoint="nowhere"), "endpoint nowhere"),
        (Asked(schedules=("nothing",)), "monitoring schedule nothing"),
        (Asked(group="nobody"), "model package group nobody"),
        (Asked(pipelines=("none",)), "pipeline none"),
        (Asked(), "name what is to be adopted"),
    ],
)
def test_what_is_not_there_is_named(aws: Aws, conf: Path, asked: Asked, what: str) -> None:
    """With the environment that was looked at; without a name it is asked for."""
    with pytest.raises(UsageError, match=what):
        adopted(aws, conf, asked)


def test_schedules_of_two_endpoints_are_two_models(others: Aws, conf: Path) -> None:
    """They are refused with which schedule watches which."""
    one(others)
    elsewhere = {"EndpointInput": {"EndpointName": "income", "LocalPath": "/opt/ml/processing/input"}}
    make_definition(others, "DataQuality", "income-data", DataQualityJobInput=elsewhere)
    make_schedule(others, "DataQuality", "income-data")

    with pytest.raises(UsageError, match="churn-bias watches churn, income-data watches income"):
        adopted(others, conf, Asked(schedules=("churn-bias", "income-data")))


def test_what_s3_has_no_more_is_told_and_the_rest_is_said(others: Aws, conf: Path) -> None:
    """Without its configuration nothing is known of bias, so that its schedule stays out, with the reason."""
    one(others, "ModelBias")
    one(others, "ModelExplainability")
    for key in ("monitors/churn-bias/analysis_config.json", "baselines/ModelExplainability/constraints.json"):
        others.call("s3", "delete_object", Bucket=notebook.BUCKET, Key=key)
    put(others, "baselines/ModelBias/constraints.json", ["not an analysis"])

    found = adopted(
        others, conf, Asked(schedules=("churn-bias", "churn-explainability")), label="Churn", record_key="id"
    )

    assert list(found.model.monitoring_schedules) == ["explainability"]
    assert [(each.resource, each.field) for each in found.items if "no object" in each.why] == [
        ("job definition churn-bias", "ConfigUri"),
        ("job definition churn-explainability", "ConstraintsResource"),
    ]
    (left_out,) = [each for each in found.items if each.resource == "the model's file"]
    assert left_out.field == "monitoring_schedules.bias"
    assert "does not have" in left_out.why


def test_a_permission_that_is_missing_is_named(emulator: Server, others: Aws, conf: Path) -> None:
    """What is needed stops with the call and its statement; what only helps is told, and the rest goes on."""
    asked = one(others)
    faults = Faults(emulator, seed=1)
    faults.denied = {"ListTags": "no"}
    found = adopted(others, conf, asked)
    (item,) = [each for each in found.items if each.field == "tags"]
    assert "sagemaker:ListTags" in item.why
    assert '"Action": "sagemaker:ListTags"' in item.why

    faults.denied = {"DescribeModelBiasJobDefinition": "no"}
    with pytest.raises(AwsError, match="not allowed to call sagemaker:DescribeModelBiasJobDefinition"):
        adopted(others, conf, asked)


def test_schedules_that_do_not_run_now(others: Aws, conf: Path) -> None:
    """A stopped one is adopted and stays so; one that ran once is told, and the file has what it watched."""
    one(others)
    others.call("sagemaker", "stop_monitoring_schedule", MonitoringScheduleName="churn-bias")
    make_definition(others, "ModelExplainability", "churn-explainability")
    once = {"DataAnalysisStartTime": "-PT2H", "DataAnalysisEndTime": "-PT0H", "ScheduleExpression": "NOW"}
    others.call(
        "sagemaker",
        "create_monitoring_schedule",
        MonitoringScheduleName="churn-once",
        MonitoringScheduleConfig={
            "ScheduleConfig": once,
            "MonitoringJobDefinitionName": "churn-explainability",
            "MonitoringType": "ModelExplainability",
        },
    )

    found = adopted(others, conf, Asked(schedules=("churn-bias", "churn-once")))

    assert ("monitoring schedule churn-bias", "MonitoringScheduleStatus") in told(found)
    assert ("monitoring schedule churn-once", "ScheduleConfig") in told(found)
    assert list(found.model.monitoring_schedules) == ["bias"]
    assert found.model.monitors.explainability
    bring(others, found.model)
    status = others.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName="churn-bias")
    assert status["MonitoringScheduleStatus"] == "Stopped"
    assert not plan(others, found.model).pending


def test_a_job_definition_inside_of_a_schedule(others: Aws, conf: Path) -> None:
    """As older SDKs made it: it is told whole, stays as it is, and is no less read for columns."""
    make_definition(others, "DataQuality", "pattern")
    named = others.call("sagemaker", "describe_data_quality_job_definition", JobDefinitionName="pattern")
    inline = {
        "BaselineConfig": named["DataQualityBaselineConfig"],
        "MonitoringInputs": [named["DataQualityJobInput"]],
        "MonitoringOutputConfig": named["DataQualityJobOutputConfig"],
        "MonitoringResources": named["JobResources"],
        "MonitoringAppSpecification": named["DataQualityAppSpecification"],
        "StoppingCondition": named["StoppingCondition"],
        "Environment": {"publish_cloudwatch_metrics": "Disabled"},
        "RoleArn": named["RoleArn"],
    }
    others.call(
        "sagemaker",
        "create_monitoring_schedule",
        MonitoringScheduleName="churn-old",
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinition": inline,
        },
    )

    found = adopted(others, conf, Asked(schedules=("churn-old",)), label="Churn")

    assert found.model.data_schema.features == notebook.FEATURES
    (item,) = [each for each in found.items if each.field == "MonitoringJobDefinition"]
    assert "DataQualityBaselineConfig" in item.value
    adopted_as = found.model.adopted_in("local")["data-quality"]
    assert (adopted_as.name, adopted_as.definition) == ("churn-old", None)
