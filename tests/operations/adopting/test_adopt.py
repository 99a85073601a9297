"""Monitors that others made become a model's file, for which a plan holds their marks alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, AwsError, connect
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.adopting.adopt import Adopted, Asked, adopt
from sagemaker_monitor.operations.adopting.draft import Choices
from sagemaker_monitor.operations.destroy import look_at_model
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.plan import Plan, make_plan
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Model
from tests.operations import monitored
from tests.operations.adopting import notebook
from tests.operations.adopting.notebook import NAMES, make_definition, make_schedule, put
from tests.operations.faults import Faults

MARK = {"managed-by", "sagemaker-monitor:model", "sagemaker-monitor:environment"}
XGBOOST = "xgboost:1.7-1"


@pytest.fixture
def others(aws: Aws) -> Aws:
    """The emulator, with the notebook's bucket and baselines."""
    notebook.make_bucket(aws)
    notebook.make_documents(aws)
    return aws


def adopted(aws: Aws, conf: Path, asked: Asked, **choices: Any) -> Adopted:
    """Adopt as the model churn, by calls that read alone, and write its file."""
    reading = connect(aws.environment)
    file = conf / "models" / "churn.yaml"
    given = {"framework": XGBOOST, **choices}
    found = adopt(reading, asked, Choices("churn", **given), file, ["local", "prod"])
    assert reading.writes == []
    file.write_text(found.text)
    return found


def bundle_of(model: Model) -> Bundle:
    """Return the bundle of a model without pipelines."""
    return Bundle(model.model, "local", "0" * 64, "0", (), ())


def plan(aws: Aws, model: Model) -> Plan:
    """Return what upsert would do."""
    return make_plan(aws, bundle_of(model), model)


def bring(aws: Aws, model: Model) -> list[Change]:
    """Upsert, and return what was done."""
    return [each for each in upsert(aws, bundle_of(model), model) if each.done != "unchanged"]


def described(aws: Aws, name: str) -> dict[str, Any]:
    """Return a schedule's configuration."""
    answer = aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)
    config: dict[str, Any] = answer["MonitoringScheduleConfig"]
    return config


def tags(aws: Aws, name: str) -> dict[str, str]:
    """Return a schedule's tags."""
    arn = aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)[
        "MonitoringScheduleArn"
    ]
    return {
        each["Key"]: each["Value"] for each in aws.call("sagemaker", "list_tags", ResourceArn=arn)["Tags"]
    }


def told(found: Adopted) -> list[tuple[str, str]]:
    """Return resource and field of what the file does not say."""
    return [(each.resource, each.field) for each in found.items]


def one(aws: Aws, kind: str = "ModelBias", **more: Any) -> Asked:
    """Make one monitor, and return what asks for it."""
    make_definition(aws, kind, NAMES[kind])
    make_schedule(aws, kind, NAMES[kind], **more)
    return Asked(schedules=(NAMES[kind],))


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


def test_tags_that_others_set_stay(others: Aws, conf: Path) -> None:
    """They are for reasons of theirs, before and after the marks are set."""
    model = adopted(others, conf, one(others, Tags=[{"Key": "cost-center", "Value": "8812"}])).model

    bring(others, model)

    assert set(tags(others, "churn-bias")) == {"cost-center", *MARK}
    assert not plan(others, model).pending


def test_a_job_definition_is_replaced_once_the_file_says_something_else(others: Aws, conf: Path) -> None:
    """The schedule keeps name and tags and gets one of ours; that of others stays."""
    asked = one(others, Tags=[{"Key": "cost-center", "Value": "8812"}])
    model = adopted(others, conf, asked).model
    bring(others, model)
    section = model.monitoring_schedules["bias"].model_dump(mode="json", exclude_defaults=True)
    section |= {"of": "batches", "baseline": {"constraints": "b.json"}}
    assert section["adopted"]["local"]["digest"]
    document = model.model_dump(mode="json", by_alias=True)
    ours = Model.model_validate({**document, "monitoring_schedules": {"bias": section}})
    bundle = replace(monitored.bundle_of(ours, others.environment), model="churn", pipelines=(), assets=())

    would = make_plan(others, bundle, ours)
    done = [each for each in upsert(others, bundle, ours) if each.done != "unchanged"]

    told = {each.subject for each in would.differences}
    assert {"monitoring_schedules.bias.of", "monitoring_schedules.bias.baseline.constraints"} <= told
    assert [(each.kind, each.done) for each in done if each.kind != "asset"] == [
        ("model bias job definition", "created"),
        ("monitoring schedule", "updated"),
    ]
    assert described(others, "churn-bias")["MonitoringJobDefinitionName"].startswith("churn-bias-")
    assert set(tags(others, "churn-bias")) == {"cost-center", *MARK}
    others.call("sagemaker", "describe_model_bias_job_definition", JobDefinitionName="churn-bias")
    assert not make_plan(others, bundle, ours).pending
    assert ours.monitoring_schedule_name("bias", "prod") == "churn-bias-prod"


def test_what_was_changed_by_hand_is_told_and_put_right(others: Aws, conf: Path) -> None:
    """Another expression goes back to the file's; a schedule that is gone is made again of what is kept."""
    model = adopted(others, conf, one(others)).model
    bring(others, model)
    config = described(others, "churn-bias")
    changed = {**config, "ScheduleConfig": {"ScheduleExpression": "cron(0 6 ? * * *)"}}
    request = {"MonitoringScheduleName": "churn-bias"}
    others.call("sagemaker", "update_monitoring_schedule", **request, MonitoringScheduleConfig=changed)

    would = plan(others, model)
    assert [each.fields for each in would.drift] == [("expression",)]
    assert [each.done for each in bring(others, model)] == ["updated"]
    assert described(others, "churn-bias") == config

    others.call("sagemaker", "delete_monitoring_schedule", **request)
    assert [each.text[:7] for each in plan(others, model).differences] == ["adopted"]
    assert [each.done for each in bring(others, model)] == ["created"]
    assert described(others, "churn-bias") == config
    assert not plan(others, model).pending

    others.call("sagemaker", "delete_monitoring_schedule", **request)
    others.call("sagemaker", "delete_model_bias_job_definition", JobDefinitionName="churn-bias")
    with pytest.raises(UsageError, match="does not exist any more: remove adopted"):
        bring(others, model)


def test_what_is_in_no_file_any_more_is_found_and_goes(others: Aws, conf: Path) -> None:
    """The ledger has the names of others; without the section the schedule is deleted, not its definition."""
    model = adopted(others, conf, one(others)).model
    bring(others, model)
    assert [(kind.name, name) for kind, name in look_at_model(others, "churn").items] == [
        ("monitoring schedule", "churn-bias")
    ]

    without = model.model_copy(update={"monitoring_schedules": {}})

    assert [(each.name, each.done) for each in bring(others, without)] == [("churn-bias", "deleted")]
    others.call("sagemaker", "describe_model_bias_job_definition", JobDefinitionName="churn-bias")
    assert not plan(others, without).pending


def test_one_model_adopts_a_schedule(others: Aws, conf: Path) -> None:
    """What bears a mark is neither read as others' nor taken from the model that has it."""
    asked = one(others)
    model = adopted(others, conf, asked).model
    bring(others, model)

    with pytest.raises(UsageError, match="adopted already, for the model churn"):
        adopted(others, conf, asked)
    thief = model.model_copy(update={"model": "thief"})
    with pytest.raises(UsageError, match=r"bears the mark of another \(sagemaker-monitor:model=churn"):
        plan(others, thief)


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


def test_versions_of_others_and_what_the_gate_misses(others: Aws, conf: Path) -> None:
    """Baselines are read wherever they are; evidence, and what only metrics have, is told with the way."""
    others.call("sagemaker", "create_model_package_group", ModelPackageGroupName="churn-models")
    put(others, "b/analysis_config.json", notebook.bias_config())
    put(others, "b/analysis.json", notebook.analysis())
    source = {"ContentType": "application/json", "S3Uri": notebook.uri("b/analysis.json")}
    quality = {**source, "S3Uri": notebook.uri("baselines/DataQuality/constraints.json")}
    others.call(
        "sagemaker",
        "create_model_package",
        ModelPackageGroupName="churn-models",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": notebook.XGBOOST, "ModelDataUrl": notebook.uri("model.tar.gz")}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        ModelMetrics={"Bias": {"Report": source}, "ModelDataQuality": {"Constraints": quality}},
        DriftCheckBaselines={"Bias": {"PreTrainingConstraints": source}},
    )

    found = adopted(others, conf, Asked(group="churn-models"), framework=None)

    assert found.model.monitors.configured == ("bias",)
    assert found.model.artifact.version == "1.7-1"
    group, version = found.items[-2:]
    assert 'registry.model_package_group: "churn-models"' in group.do
    assert version.value == (
        "ModelBias in DriftCheckBaselines; DataQuality in ModelMetrics, which no check compares with"
    )
    assert "run register --model churn --mode bootstrap" in version.do


def test_a_pipeline_of_others(others: Aws, conf: Path) -> None:
    """Its checks become monitors; its other steps and what starts it are told, and it stays as it is."""
    put(others, "config/analysis_config.json", notebook.bias_config())
    definition = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Root", "Type": "String", "DefaultValue": notebook.uri("config")}],
        "Steps": [bias_step(), {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}],
    }
    arn = others.call(
        "sagemaker",
        "create_pipeline",
        PipelineName="churn-watch",
        PipelineDefinition=json.dumps(definition),
        RoleArn=notebook.ROLE,
    )["PipelineArn"]
    target = {"RoleArn": notebook.ROLE, "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution"}
    for name, started in (("weekly", arn), ("other", "another-pipeline")):
        others.call(
            "scheduler",
            "create_schedule",
            Name=name,
            ScheduleExpression="cron(0 6 ? * MON *)",
            ScheduleExpressionTimezone="Europe/Berlin",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={**target, "Input": json.dumps({"PipelineName": started})},
        )

    found = adopted(others, conf, Asked(pipelines=("churn-watch",)))

    assert found.model.monitors.configured == ("bias",)
    assert ("pipeline churn-watch", "checks") in told(found)
    assert ("EventBridge schedule default/weekly", "ScheduleExpression") in told(found)
    assert not any("other" in resource for resource, _ in told(found))
    assert found.text.endswith(
        "# schedules:    # as EventBridge schedule default/weekly starts it\n"
        '#   monitor-batch: {expression: "cron(0 6 ? * MON *)", timezone: Europe/Berlin}\n'
    )
    assert not plan(others, found.model).pending


def bias_step() -> dict[str, Any]:
    """Return a check step whose configuration is below a parameter."""
    place = {"Std:Join": {"On": "/", "Values": [{"Get": "Parameters.Root"}, "analysis_config.json"]}}
    given = {"S3Uri": place, "LocalPath": "/opt/ml/processing/input/config", "S3DataType": "S3Prefix"}
    output = {
        "S3Uri": notebook.uri("out"),
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    return {
        "Name": "Bias",
        "Type": "ClarifyCheck",
        "CheckType": "DATA_BIAS",
        "SkipCheck": False,
        "RegisterNewBaseline": False,
        "Arguments": {
            "AppSpecification": {"ImageUri": notebook.CLARIFY},
            "ProcessingInputs": [
                {"InputName": "analysis_config", "S3Input": {**given, "S3InputMode": "File"}},
                {
                    "InputName": "dataset",
                    "S3Input": {
                        "S3Uri": notebook.uri("data.csv"),
                        "LocalPath": "/opt/ml/processing/input/data",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                },
            ],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "analysis_result", "S3Output": output}]},
            "ProcessingResources": notebook.CLUSTER,
            "RoleArn": notebook.ROLE,
        },
    }
