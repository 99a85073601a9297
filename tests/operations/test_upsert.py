"""Upsert sends what differs and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, AwsError, connect
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.aws.storage import delete, list_objects, read
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations import ledger
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.plan import make_plan
from sagemaker_monitor.operations.resources.kinds import desired
from sagemaker_monitor.operations.resources.pipelines import pipeline_tags
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.status import read_status
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.emulated import definition, fail_step, make_bundle
from tests.operations.faults import Cut, CutOffError, Faults

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
    aws._clients.clear()  # those that were made before do not tell
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


def test_a_long_definition_goes_by_s3(aws: Aws, environment: Environment, model: Model) -> None:
    """Above what a request takes the definition is an object, and everything else is as before."""
    requests: list[dict[str, Any]] = []
    real = aws.call

    def call(service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        if operation in ("create_pipeline", "update_pipeline"):
            requests.append(request)
        return real(service, operation, **request)

    aws.call = call  # type: ignore[method-assign]
    long = {f"P{number}": "x" * 1000 for number in range(120)}
    made = make_bundle(environment, register=definition(fail_step(), **long))

    list(upsert(aws, made, model))

    (request,) = requests
    assert "PipelineDefinition" not in request
    key = request["PipelineDefinitionS3Location"]["ObjectKey"]
    uri = f"s3://{environment.storage.bucket}/{key}"
    assert read(aws, uri).decode() == made.pipelines[0].definition == pipeline(aws)["PipelineDefinition"]
    delete(aws, uri)
    assert {change.done for change in upsert(aws, made, model)} == {"unchanged"}
    assert make_plan(aws, made, model).notes[1:] == ()


def test_a_bucket_that_does_not_exist_is_refused(
    environment: Environment, bundle: Bundle, model: Model
) -> None:
    """Nothing is written, and how it comes to be is said."""
    aws = connect(environment)

    with pytest.raises(UsageError, match=r"does not exist, and upsert does not create it: run .* local up"):
        list(upsert(aws, bundle, model))
    assert aws.writes == []


def test_a_bucket_in_another_region_is_refused(
    environment: Environment, bundle: Bundle, model: Model
) -> None:
    """Before anything is written, with both regions; the plan says so, too."""
    aws = connect(environment)
    location = {"LocationConstraint": "eu-central-1"}
    aws.call("s3", "create_bucket", Bucket=environment.storage.bucket, CreateBucketConfiguration=location)
    aws.writes.clear()
    told = "is in eu-central-1, and environment 'local' in eu-west-1"

    assert any(told in note for note in make_plan(aws, bundle, model).notes)
    with pytest.raises(UsageError, match=told):
        list(upsert(aws, bundle, model))
    assert aws.writes == []


def test_a_permission_that_is_missing_is_named_and_the_next_run_goes_on(
    aws: Aws, emulator: Server, bundle: Bundle, model: Model
) -> None:
    """The statement to add is in the message; with it, what was left is done."""
    faults = Faults(emulator, seed=1)
    said = "x is not authorized to perform: sagemaker:CreatePipeline on resource: arn:aws:sagemaker:r:1:p/n"
    faults.denied["CreatePipeline"] = said

    with pytest.raises(AccessDeniedError) as error:
        list(upsert(aws, bundle, model))

    assert '"Action": "sagemaker:CreatePipeline", "Resource": "arn:aws:sagemaker:r:1:p/n"' in str(error.value)
    faults.denied.clear()
    assert done(list(upsert(aws, bundle, model))) == [
        ("asset", "unchanged"),
        ("model package group", "unchanged"),
        ("pipeline", "created"),
        ("pipeline", "created"),
    ]


def test_who_schedules_nothing_needs_no_permission_to_look_for_schedules(
    aws: Aws, emulator: Server, bundle: Bundle, model: Model
) -> None:
    """Upsert does all the same; plan and status say what could not be looked for, and what would allow it."""
    faults = Faults(emulator, seed=1)
    faults.denied["/schedules"] = "x is not authorized to perform: scheduler:ListSchedules on resource: *"

    assert ("pipeline", "created") in done(list(upsert(aws, bundle, model)))
    plan = make_plan(aws, bundle, model)
    assert not any(action.done != "unchanged" for action in plan.actions)
    assert any("schedule left over" in note and '"scheduler:ListSchedules"' in note for note in plan.notes)
    (status,) = read_status(aws, {model.model: None})
    assert '"scheduler:ListSchedules"' in status.unseen_schedules


def test_cut_off_at_any_call_the_next_run_completes_it(
    aws: Aws, environment: Environment, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before or after each call that a change takes: the same state, and only files that are used."""
    monkeypatch.setattr(ledger, "is_gone", lambda _holder: True)  # as of a process that was killed
    bundles = [
        make_bundle(environment, content=text.encode(), register=definition(fail_step(text)))
        for text in ('{"a": 1}', '{"a": 2}')
    ]
    list(upsert(aws, bundles[0], model))
    for calls in range(100):
        wanted = bundles[(calls + 1) % 2]
        try:
            list(upsert(Cut(aws, after=calls, sent=calls % 4 < 2), wanted, model))
        except CutOffError:
            list(upsert(aws, wanted, model))
        else:
            break
        assert json.loads(pipeline(aws)["PipelineDefinition"]) == json.loads(wanted.pipelines[0].definition)
    assert 10 < calls < 50
    assert {change.done for change in upsert(aws, wanted, model)} == {"unchanged"}
    stored = {item.uri for item in list_objects(aws, f"{environment.storage.root}/assets/")}
    assert stored == {asset.uri for bundle in bundles for asset in bundle.assets}


@pytest.mark.long
def test_throttled_broken_and_lost_calls_change_nothing(
    aws: Aws, emulator: Server, environment: Environment, model: Model
) -> None:
    """A fifth of all calls is throttled, some break, some are done and their answers lost: the same state."""
    long = {f"P{number}": "x" * 1000 for number in range(120)}
    wanted = make_bundle(
        environment,
        register=definition(fail_step(), ModelDataUrl="s3://b/m"),
        monitor_batch=definition(fail_step(), **long),
    )
    faults = Faults(emulator, seed=3, throttled=0.2, broken=0.05, lost=0.15)

    list(upsert(connect(environment, patient=True), wanted, model))

    assert min(faults.counts[kind] for kind in ("throttled", "broken", "lost")) > 0
    faults.calm()
    assert {change.done for change in upsert(aws, wanted, model)} == {"unchanged"}
    assert aws.writes == []
    names = {each["PipelineName"] for each in aws.pages("sagemaker", "list_pipelines", "PipelineSummaries")}
    assert names == {each.name for each in wanted.pipelines}
    for each in wanted.pipelines:
        assert pipeline(aws, each.pipeline)["PipelineDefinition"] == each.definition
        assert tags(aws, each.pipeline) == pipeline_tags(model, environment, each.pipeline)


def test_without_a_pipeline_there_is_no_group(environment: Environment, model: Model) -> None:
    """Nothing would register a version in it, or look for one."""
    kinds = {each.kind for each in desired(make_bundle(environment), model, environment)}

    assert kinds == {"asset"}
