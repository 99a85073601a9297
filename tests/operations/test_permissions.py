"""What deploying calls is what sagemaker_monitor/aws/iam says that it calls, no more and no less."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.iam.commands import actions_of
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.storage import put
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.destroy import destroy, look_at_model
from sagemaker_monitor.operations.plan import make_plan
from sagemaker_monitor.operations.prune import prune
from sagemaker_monitor.operations.resources.alarms import ALARMS
from sagemaker_monitor.operations.resources.rules import RULES
from sagemaker_monitor.operations.rollback import look_back, pipeline_versions, roll_back
from sagemaker_monitor.operations.unconfigured import unconfigured_models
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model, load_environment
from sagemaker_monitor.settings.alarms import Alarm
from tests.operations.deployed import bundle_of, script_step
from tests.operations.emulated import (
    definition,
    deploy,
    make_bundle,
    processing_step,
    register_version,
    start,
    wait,
)
from tests.operations.monitored import bundle_of as monitored
from tests.operations.monitored import everything, make_endpoint, register_baselines
from tests.operations.test_schedules import scheduled
from tests.policy import judging
from tests.policy.judging import Judged
from tests.policy.recording import JOB, Recorder, recorded

RULE, TOPIC = "mortgage-notify-local", "arn:aws:sns:eu-west-1:000000000000:model-risk"
RECALL = "mortgage-recall-local"
QUEUE = "arn:aws:sqs:eu-west-1:000000000000:undelivered"
SCHEDULER_ROLE = "arn:aws:iam::000000000000:role/scheduler"
READS = ("Describe", "List", "Get", "Head")
MONITORS = ("data_quality", "model_quality", "model_bias", "model_explainability")
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}
IMAGES = {
    "quality": "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer",
    "clarify": "131013547314.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1.0",
}

Judge = Callable[[str], Judged]


@pytest.fixture
def environment(conf: Path) -> Iterator[Environment]:
    """The environment `local`, with a topic and schedules; what moto keeps of it goes with the test."""
    file = conf / "environments" / "local.yaml"
    file.write_text(f"{file.read_text()}notify: {{sns: {TOPIC}, dead_letter: {QUEUE}}}\n")
    local = load_environment("local", conf)
    roles = local.roles.model_copy(update={"scheduler": SCHEDULER_ROLE})
    local = local.model_copy(update={"roles": roles, "schedules": "enabled"})
    others = connect(local)
    others.call("sns", "create_topic", Name="model-risk")
    url = others.call("sqs", "create_queue", QueueName="undelivered")["QueueUrl"]
    yield local
    list(RULES.delete(others, RULE))
    others.call("sns", "delete_topic", TopicArn=TOPIC)
    others.call("sqs", "delete_queue", QueueUrl=url)


@pytest.fixture
def model(model: Model, environment: Environment) -> Iterator[Model]:
    """The model, its batches scored every day, with an alarm."""
    alarm = Alarm(match="model_quality/recall", pipeline="monitor-batch", below=0.8)
    found = scheduled(model, {"monitor-batch": "rate(1 day)"})
    yield found.model_copy(update={"alarms": {"recall": alarm}})
    list(ALARMS.delete(connect(environment), RECALL))


@pytest.fixture
def calls(emulator: Server) -> Iterator[Recorder]:
    """All calls from here on."""
    with recorded(emulator) as recorder:
        yield recorder


@pytest.fixture
def judged(calls: Recorder, environment: Environment) -> Judge:
    """How the calls since the last time fit what a command is said to call."""
    scope = Scope(environment, ("mortgage",), endpoints=("mortgage-local",))

    def judged(command: str) -> Judged:
        own = [request for request in calls.requests if request.by != JOB]
        calls.requests.clear()
        return judging.judged(own, command, scope)

    return judged


@pytest.fixture
def bundles(environment: Environment) -> tuple[Bundle, Bundle]:
    """Two that differ in a file."""
    return bundle_of(environment), bundle_of(environment, b"{}")


@pytest.fixture
def watched(aws: Aws, bundles: tuple[Bundle, Bundle], model: Model) -> tuple[Bundle, Bundle]:
    """See watching()."""
    return watching(aws, bundles, model)


def watching(aws: Aws, bundles: tuple[Bundle, Bundle], model: Model) -> tuple[Bundle, Bundle]:
    """Return these two with monitoring schedules of all kinds, whose version and endpoint are there."""
    register_baselines(aws, 1)
    make_endpoint(aws, "Input", "Output")
    first, second = (
        replace(bundle, monitoring=monitored(everything(model, start), aws.environment).monitoring)
        for bundle, start in zip(bundles, ("-PT2H", "-PT3H"), strict=True)
    )
    return first, second


@pytest.fixture
def long_bundle(environment: Environment) -> Bundle:
    """One whose definition is too long for a request."""
    texts = {f"Text{number}": "x" * 1000 for number in range(110)}
    return make_bundle(environment, register=definition(script_step(environment, "a" * 64), **texts))


def stop(aws: Aws) -> None:
    """Stop a schedule by hand, and change tags of it."""
    name = "mortgage-inputs-local"
    aws.call("sagemaker", "stop_monitoring_schedule", MonitoringScheduleName=name)
    schedule = aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)
    arn = schedule["MonitoringScheduleArn"]
    aws.call("sagemaker", "add_tags", ResourceArn=arn, Tags=[{"Key": "stray", "Value": "1"}])
    aws.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=["sagemaker-monitor:owner"])


def tag(aws: Aws) -> None:
    """Change tags by hand: one is missing and one is too many."""
    arn = aws.call("sagemaker", "describe_pipeline", PipelineName="mortgage-register-local")["PipelineArn"]
    aws.call("sagemaker", "add_tags", ResourceArn=arn, Tags=[{"Key": "stray", "Value": "1"}])
    aws.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=["sagemaker-monitor:owner"])
    alarm = aws.call("cloudwatch", "describe_alarms", AlarmNames=[RECALL])["MetricAlarms"][0]["AlarmArn"]
    aws.call("cloudwatch", "tag_resource", ResourceARN=alarm, Tags=[{"Key": "stray", "Value": "1"}])
    aws.call("cloudwatch", "untag_resource", ResourceARN=alarm, TagKeys=["sagemaker-monitor:owner"])
    rule = aws.call("events", "describe_rule", Name=RULE)["Arn"]
    aws.call("events", "tag_resource", ResourceARN=rule, Tags=[{"Key": "stray", "Value": "1"}])
    aws.call("events", "untag_resource", ResourceARN=rule, TagKeys=["sagemaker-monitor:owner"])
    aws.call("events", "put_targets", Rule=RULE, Targets=[{"Id": "mine", "Arn": TOPIC}])


def test_plan_calls_what_is_said_and_nothing_that_writes(
    aws: Aws,
    watched: tuple[Bundle, Bundle],
    long_bundle: Bundle,
    model: Model,
    calls: Recorder,
    judged: Judge,
) -> None:
    """With nothing deployed, with something pending, with drift, and with a model that is gone."""
    make_plan(aws, watched[0], model)
    make_plan(aws, long_bundle, model)
    before = judged("plan")
    list(upsert(aws, watched[0], model))
    tag(aws)
    stop(aws)
    aws.call(
        "sagemaker", "update_pipeline", PipelineName="mortgage-register-local", PipelineDescription="mine"
    )
    calls.requests.clear()
    plan = make_plan(aws, watched[1], model)
    assert unconfigured_models(aws, []) == ("mortgage",)
    assert plan.drift
    after = judged("plan")

    assert before.denied + after.denied == ()
    assert before.unused & after.unused == set()
    assert [action for action in actions_of("plan") if not action.partition(":")[2].startswith(READS)] == []


def test_upsert_calls_what_is_said(
    aws: Aws,
    bundles: tuple[Bundle, Bundle],
    long_bundle: Bundle,
    model: Model,
    calls: Recorder,
    judged: Judge,
) -> None:
    """Creating, updating, tagging and untagging, and what is no longer configured."""
    list(upsert(aws, bundles[0], model))
    first = judged("upsert")
    watched = watching(aws, bundles, model)
    calls.requests.clear()
    list(upsert(aws, watched[0], model))
    second = judged("upsert")
    tag(aws)
    stop(aws)
    group = aws.call("scheduler", "get_schedule_group", Name=aws.environment.schedule_group)["Arn"]
    aws.call(
        "scheduler",
        "tag_resource",
        ResourceArn=group,
        Tags=[{"Key": "managed-by", "Value": "hand"}],
    )
    calls.requests.clear()
    list(upsert(aws, watched[1], scheduled(model, {"monitor-batch": "rate(2 days)"})))
    silent = connect(aws.environment.model_copy(update={"notify": None}))
    list(upsert(silent, watched[1], model.model_copy(update={"alarms": {}})))
    list(upsert(aws, long_bundle, scheduled(model, {})))
    third = judged("upsert")

    assert first.denied + second.denied + third.denied == ()
    assert first.unused & second.unused & third.unused == set()


def test_rollback_and_destroy_call_what_is_said(
    aws: Aws, bundles: tuple[Bundle, Bundle], model: Model, calls: Recorder, judged: Judge
) -> None:
    """Each of them, from what an upsert left to nothing; also with schedules, whose group has versions."""
    for each in bundles:
        list(upsert(aws, each, model))
    calls.requests.clear()
    list(pipeline_versions(aws, "mortgage", "register"))
    list(roll_back(aws, look_back(aws, "mortgage", "register", 1)))
    back = judged("rollback")
    list(destroy(aws, look_at_model(aws, "mortgage")))
    empty = judged("destroy")
    list(upsert(aws, watching(aws, bundles, model)[0], model))
    calls.requests.clear()
    list(destroy(aws, look_at_model(aws, "mortgage")))
    full = judged("destroy")

    assert (back.denied, back.unused) == ((), set())
    assert empty.denied + full.denied == ()
    assert empty.unused & full.unused == set()


def test_prune_calls_what_is_said(
    aws: Aws, bundles: tuple[Bundle, Bundle], model: Model, calls: Recorder, judged: Judge
) -> None:
    """Where there is one of everything that may refer to a file, and a file that nothing refers to."""
    register_version(aws)
    list(upsert(aws, bundles[0], model))
    for kind in MONITORS:
        watch(aws, kind)
    deploy(aws, "slow", definition(processing_step(aws.environment, "import time; time.sleep(60)")))
    running = start(aws, "slow")
    put(aws, f"{aws.environment.storage.root}/assets/{'a' * 64}/spec.json", b"{}")
    while not aws.call("sagemaker", "list_processing_jobs", StatusEquals="InProgress")[
        "ProcessingJobSummaries"
    ]:
        time.sleep(0.02)
    calls.requests.clear()
    deleted = prune(aws, timedelta(seconds=-5), {"local"})
    found = judged("prune")
    aws.call("sagemaker", "stop_pipeline_execution", PipelineExecutionArn=running)
    wait(aws, running)

    assert len(deleted.unused) == 1
    assert (found.denied, found.unused) == ((), set())


def watch(aws: Aws, kind: str) -> None:
    """Make a job definition of a kind, and a schedule of it."""
    pascal = kind.title().replace("_", "")
    given: dict[str, Any] = {"S3Output": {"S3Uri": "s3://b/o", "LocalPath": "/opt/ml/processing/output"}}
    clarify = kind in ("model_bias", "model_explainability")
    application = {"ImageUri": IMAGES["clarify" if clarify else "quality"]}
    captured = {
        "DataCapturedDestinationS3Uri": "s3://b/c",
        "DatasetFormat": {"Csv": {"Header": False}},
        "LocalPath": "/opt/ml/processing/input",
    }
    inputs: dict[str, Any] = {"BatchTransformInput": captured}
    if kind in ("model_quality", "model_bias"):
        inputs["GroundTruthS3Input"] = {"S3Uri": "s3://b/labels"}
        captured |= {"StartTimeOffset": "-PT2H", "EndTimeOffset": "-PT1H"}
    if kind == "model_quality":
        application["ProblemType"] = "BinaryClassification"
        captured["ProbabilityAttribute"] = "0"
        captured["ProbabilityThresholdAttribute"] = 0.5  # type: ignore[assignment]
    if clarify:
        application["ConfigUri"] = "s3://b/analysis_config.json"
    aws.call(
        "sagemaker",
        f"create_{kind}_job_definition",
        JobDefinitionName=kind.replace("_", "-"),
        RoleArn=aws.environment.roles.execution,
        JobResources={"ClusterConfig": CLUSTER},
        **{
            f"{pascal}AppSpecification": application,
            f"{pascal}JobInput": inputs,
            f"{pascal}JobOutputConfig": {"MonitoringOutputs": [given]},
        },
    )
    if kind == "data_quality":
        aws.call(
            "sagemaker",
            "create_monitoring_schedule",
            MonitoringScheduleName="watch",
            MonitoringScheduleConfig={
                "ScheduleConfig": {"ScheduleExpression": "cron(0 3 ? * * *)"},
                "MonitoringJobDefinitionName": "data-quality",
                "MonitoringType": "DataQuality",
            },
        )
