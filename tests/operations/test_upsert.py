"""Upsert sends what differs and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.pipelines import pipeline_tags
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.emulated import definition, fail_step, make_bundle

READS = ("Describe", "List", "Get", "Head")


@pytest.fixture
def bundle(environment: Environment) -> Bundle:
    """A bundle of two small pipelines."""
    return make_bundle(
        environment,
        register=definition(fail_step(), ModelDataUrl="s3://b/model.tar.gz"),
        monitor_batch=definition(fail_step("too biased")),
    )


@pytest.fixture
def wire(aws: Aws) -> list[str]:
    """The names of all operations that leave this process, as botocore sends them."""
    sent: list[str] = []

    def record(model: Any, **_: Any) -> None:
        sent.append(model.name)

    aws._session.events.register("before-call.*.*", record)
    return sent


def pipeline(aws: Aws, name: str = "register") -> dict[str, Any]:
    """Return a deployed pipeline."""
    return aws.call("sagemaker", "describe_pipeline", PipelineName=f"mortgage-{name}-local")


def tags(aws: Aws, name: str = "register") -> dict[str, str]:
    """Return a deployed pipeline's tags."""
    listed = aws.pages("sagemaker", "list_tags", "Tags", ResourceArn=pipeline(aws, name)["PipelineArn"])
    return {tag["Key"]: tag["Value"] for tag in listed}


def done(changes: list[Change]) -> list[tuple[str, str]]:
    """Return what was done to what."""
    return [(change.kind, change.done) for change in changes]


def test_the_first_run_creates_files_then_group_then_pipelines(
    aws: Aws, bundle: Bundle, model: Model
) -> None:
    """What is referred to is there before what refers to it."""
    changes = list(upsert(aws, bundle, model))

    assert done(changes) == [
        ("asset", "uploaded"),
        ("model package group", "created"),
        ("pipeline", "created"),
        ("pipeline", "created"),
    ]
    assert json.loads(pipeline(aws)["PipelineDefinition"]) == json.loads(
        bundle.pipeline("register").definition
    )
    assert read(aws, bundle.assets[0].uri) == bundle.assets[0].content


def test_the_second_run_writes_nothing(aws: Aws, bundle: Bundle, model: Model, wire: list[str]) -> None:
    """Unchanged means no call on the wire that writes, and every change says unchanged."""
    list(upsert(aws, bundle, model))
    wire.clear()
    aws.writes.clear()

    changes = list(upsert(aws, bundle, model))

    assert {change.done for change in changes} == {"unchanged"}
    assert aws.writes == []
    assert wire
    assert [name for name in wire if not name.startswith(READS)] == []


def test_a_changed_definition_is_the_only_thing_updated(aws: Aws, bundle: Bundle, model: Model) -> None:
    """One pipeline that differs is updated, the other is left alone."""
    list(upsert(aws, bundle, model))
    register, batch = bundle.pipelines
    document = json.loads(batch.definition)
    document["Steps"][0]["Arguments"]["ErrorMessage"] = "far too biased"
    changed = replace(bundle, pipelines=(register, replace(batch, definition=json.dumps(document))))
    aws.writes.clear()

    changes = list(upsert(aws, changed, model))

    assert [write for write in aws.writes if write != "s3:put_object"] == ["sagemaker:update_pipeline"]
    assert [(c.name, c.detail) for c in changes if c.done == "updated"] == [
        ("mortgage-monitor-batch-local", "definition")
    ]


def test_the_layout_of_the_json_is_no_change(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Definitions compare as JSON: other indentation is the same pipeline."""
    list(upsert(aws, bundle, model))
    compact = tuple(replace(p, definition=json.dumps(json.loads(p.definition))) for p in bundle.pipelines)
    aws.writes.clear()

    list(upsert(aws, replace(bundle, pipelines=compact), model))

    assert aws.writes == []


@pytest.mark.parametrize(
    ("by_hand", "named"),
    [
        ({"RoleArn": "arn:aws:iam::000000000000:role/another-role"}, "role"),
        ({"PipelineDisplayName": "renamed"}, "display name"),
        ({"PipelineDescription": "mine"}, "description"),
    ],
)
def test_what_was_changed_by_hand_is_put_back(
    aws: Aws, bundle: Bundle, model: Model, by_hand: dict[str, str], named: str
) -> None:
    """Role, display name and description of a deployed pipeline become the configured ones."""
    list(upsert(aws, bundle, model))
    aws.call("sagemaker", "update_pipeline", PipelineName="mortgage-register-local", **by_hand)

    changes = list(upsert(aws, bundle, model))

    assert [c.detail for c in changes if c.done == "updated"] == [named]
    assert {c.done for c in upsert(aws, bundle, model)} == {"unchanged"}


def test_tags_are_added_and_removed(aws: Aws, bundle: Bundle, model: Model) -> None:
    """A pipeline's tags become exactly the configured ones."""
    list(upsert(aws, bundle, model))
    arn = pipeline(aws)["PipelineArn"]
    aws.call("sagemaker", "add_tags", ResourceArn=arn, Tags=[{"Key": "stray", "Value": "1"}])
    aws.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=["sagemaker-monitor:model"])

    changes = list(upsert(aws, bundle, model))

    assert [(c.done, c.detail) for c in changes if c.done in ("tagged", "untagged")] == [
        ("untagged", "stray"),
        ("tagged", "sagemaker-monitor:model"),
    ]
    assert tags(aws) == pipeline_tags(model, aws.environment, "register")


def test_a_run_that_was_killed_is_completed_by_the_next(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Stopped after any number of steps, a second run converges to the same state."""
    for steps in range(4):
        list(islice(upsert(aws, bundle, model), steps))

    list(upsert(aws, bundle, model))

    assert {change.done for change in upsert(aws, bundle, model)} == {"unchanged"}


def test_a_bundle_of_another_environment_is_refused(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Nothing is sent when the bundle was built for somewhere else."""
    with pytest.raises(UsageError, match="in environment 'prod', not of 'mortgage' in 'local'"):
        list(upsert(aws, replace(bundle, environment="prod"), model))

    assert aws.writes == []


def test_a_definition_that_the_service_refuses_is_told(
    aws: Aws, environment: Environment, model: Model
) -> None:
    """The service's own words reach the caller, and the pipeline does not exist."""
    bad = definition(fail_step())
    bad["Steps"][0]["Arguments"]["ErrorMessage"] = {"Get": "Parameters.Undeclared"}

    with pytest.raises(AwsError, match="Undeclared"):
        list(upsert(aws, make_bundle(environment, register=bad), model))


def test_a_tag_that_aws_does_not_take_is_refused_before_anything_is_sent(
    environment: Environment, model: Model
) -> None:
    """A tag with a forbidden character is named."""
    odd = environment.model_copy(update={"tags": {"cost center": "a|b"}})

    with pytest.raises(UsageError, match=r"'cost center': 'a\|b'"):
        pipeline_tags(model, odd, "register")
