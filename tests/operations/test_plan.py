"""A plan says what upsert then does, and says it of whatever is deployed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, AwsError, WriteRefusedError, connect
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.difference import Difference
from sagemaker_monitor.operations.plan import Plan, make_plan
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.deployed import bundle_of
from tests.operations.emulated import definition, deploy, fail_step

READS = ("Describe", "List", "Get", "Head")


@pytest.fixture
def bundle(environment: Environment) -> Bundle:
    """A bundle of two small pipelines and a file."""
    return bundle_of(environment)


@pytest.fixture
def deployed(aws: Aws, bundle: Bundle, model: Model) -> Bundle:
    """The bundle after it was upserted."""
    list(upsert(aws, bundle, model))
    aws.writes.clear()
    return bundle


def watched(environment: Environment) -> tuple[Aws, list[str]]:
    """Return an Aws, and the names of all operations that it sends, as botocore knows them."""
    aws = connect(environment)
    sent: list[str] = []
    aws._session.events.register("before-call.*.*", lambda model, **_: sent.append(model.name))
    return aws, sent


def told(plan: Plan) -> list[tuple[str, str]]:
    """Return sign and subject of each difference."""
    return [(each.sign, each.subject) for each in plan.differences]


def only(plan: Plan) -> Difference:
    """Return the one difference of a plan."""
    assert len(plan.differences) == 1, plan.differences
    return plan.differences[0]


def with_definition(bundle: Bundle, edit: Any, pipeline: str = "register") -> Bundle:
    """Return the bundle with one definition edited in place by *edit*; its hash is kept."""
    changed = []
    for each in bundle.pipelines:
        document = json.loads(each.definition)
        if each.pipeline == pipeline:
            edit(document)
        changed.append(replace(each, definition=json.dumps(document)))
    return replace(bundle, pipelines=tuple(changed))


def test_where_nothing_is_deployed_everything_is_created(aws: Aws, bundle: Bundle, model: Model) -> None:
    """The group and each pipeline come, with their steps, and the actions are those of a first upsert."""
    plan = make_plan(aws, bundle, model)

    assert told(plan) == [
        ("+", "model package group mortgage"),
        ("+", "pipeline mortgage-register-local"),
        ("+", "pipeline mortgage-monitor-batch-local"),
    ]
    assert plan.differences[1].text == "steps Decide"
    assert plan.actions == tuple(upsert(aws, bundle, model))


def test_what_was_upserted_has_nothing_pending(aws: Aws, deployed: Bundle, model: Model) -> None:
    """After upsert the plan is empty, and upsert writes nothing."""
    plan = make_plan(aws, deployed, model)

    assert (plan.pending, plan.differences, plan.notes) == ((), (), plan.notes)
    assert plan.deployed["mortgage-register-local"] == deployed.sha256
    list(upsert(aws, deployed, model))
    assert aws.writes == []


@pytest.mark.parametrize("is_deployed", [False, True])
def test_no_call_of_a_plan_writes(aws: Aws, bundle: Bundle, model: Model, *, is_deployed: bool) -> None:
    """Every call on the wire is one that reads, whatever is pending."""
    if is_deployed:
        list(upsert(aws, bundle, model))
    fresh, sent = watched(aws.environment)
    changed = bundle_of(aws.environment, b'{"threshold": 0.6}', "--more")

    plan = make_plan(fresh, changed, model)

    assert plan.pending
    assert "DescribePipeline" in sent
    assert [name for name in sent if not name.startswith(READS)] == []


def test_a_configuration_key_is_told_once_and_hashes_are_not(
    aws: Aws, deployed: Bundle, environment: Environment, model: Model
) -> None:
    """A value in a file changes its hash, the definitions, the bundle's hash, the descriptions: one line."""
    plan = make_plan(aws, bundle_of(environment, b'{"threshold": 0.6}'), model)

    change = only(plan)
    assert (change.kind, change.subject) == ("model", "schema.prediction.threshold")
    assert (change.before, change.after) == (0.5, 0.6)
    assert [action.done for action in plan.pending] == ["uploaded", "updated", "updated"]


def test_what_a_plan_says_upsert_does(
    aws: Aws, deployed: Bundle, environment: Environment, model: Model
) -> None:
    """The planned actions equal those that upsert then yields."""
    changed = bundle_of(environment, b'{"threshold": 0.6}')

    planned = make_plan(aws, changed, model).actions

    assert planned == tuple(upsert(aws, changed, model))


def test_a_step_that_differs_is_addressed_by_its_name(aws: Aws, deployed: Bundle, model: Model) -> None:
    """What is no configuration key is told with the path in the definition, and where."""

    def edit(document: dict[str, Any]) -> None:
        document["Steps"][0]["Arguments"]["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2

    change = only(make_plan(aws, with_definition(deployed, edit), model))

    assert change.subject == "Steps[Decide].Arguments.ProcessingResources.ClusterConfig.InstanceCount"
    assert (change.before, change.after, change.pipelines) == (1, 2, ("register",))


def test_steps_and_parameters_that_come_and_go_are_named(aws: Aws, deployed: Bundle, model: Model) -> None:
    """A step is told with its type, a parameter with its default."""

    def edit(document: dict[str, Any]) -> None:
        document["Steps"] = [fail_step()]
        document["Parameters"] = [{"Name": "GroundTruthUri", "Type": "String", "DefaultValue": "s3://b/l"}]

    plan = make_plan(aws, with_definition(deployed, edit), model)

    assert set(told(plan)) == {
        ("+", "step Refuse"),
        ("-", "step Decide"),
        ("+", "parameter GroundTruthUri"),
        ("-", "parameter ModelDataUrl"),
    }


def test_a_file_that_is_gone_comes_again(aws: Aws, deployed: Bundle, model: Model) -> None:
    """A deployed file that somebody deleted is named, and upsert sends it."""
    asset = deployed.assets[0]
    bucket, _, key = asset.uri.removeprefix("s3://").partition("/")
    aws.call("s3", "delete_object", Bucket=bucket, Key=key)

    plan = make_plan(aws, deployed, model)

    change = only(plan)
    assert (change.sign, change.subject) == ("+", "spec.json")
    assert "gone from S3" in change.text
    assert [action.done for action in plan.pending] == ["uploaded"]


def test_of_a_file_that_is_gone_the_changes_cannot_be_told(
    aws: Aws, deployed: Bundle, environment: Environment, model: Model
) -> None:
    """Where the deployed file cannot be read, that is what the plan says of it."""
    bucket, _, key = deployed.assets[0].uri.removeprefix("s3://").partition("/")
    aws.call("s3", "delete_object", Bucket=bucket, Key=key)

    change = only(make_plan(aws, bundle_of(environment, b'{"threshold": 0.6}'), model))

    assert change.subject == "spec.json"
    assert change.text == "the deployed one is gone from S3: what changes in it cannot be told"


def test_a_file_replaced_behind_its_address_is_noted(aws: Aws, deployed: Bundle, model: Model) -> None:
    """Other bytes of the same number, which upsert does not see, are a note and nothing pending."""
    asset = deployed.assets[0]
    bucket, _, key = asset.uri.removeprefix("s3://").partition("/")
    aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=asset.content.replace(b"5", b"7"))

    plan = make_plan(aws, deployed, model)

    assert plan.pending == ()
    assert plan.differences == ()
    assert any(asset.uri in note and "not what its address says" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("by_hand", "subject"),
    [
        ({"RoleArn": "arn:aws:iam::000000000000:role/another-role"}, "RoleArn"),
        ({"PipelineDisplayName": "renamed"}, "PipelineDisplayName"),
        ({"PipelineDescription": "mine"}, "PipelineDescription"),
    ],
)
def test_what_was_changed_by_hand_beside_the_definition_is_told(
    aws: Aws, deployed: Bundle, model: Model, by_hand: dict[str, str], subject: str
) -> None:
    """Role, display name and description are compared too."""
    aws.call("sagemaker", "update_pipeline", PipelineName="mortgage-monitor-batch-local", **by_hand)

    assert ("~", subject) in told(make_plan(aws, deployed, model))


def test_tags_are_told_by_their_keys(aws: Aws, deployed: Bundle, model: Model) -> None:
    """A stray tag goes, a missing one comes, under the key that configures it."""
    name = "mortgage-register-local"
    arn = aws.call("sagemaker", "describe_pipeline", PipelineName=name)["PipelineArn"]
    aws.call("sagemaker", "add_tags", ResourceArn=arn, Tags=[{"Key": "stray", "Value": "1"}])
    aws.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=["sagemaker-monitor:owner"])

    plan = make_plan(aws, deployed, model)

    assert set(told(plan)) == {("-", "tags.stray"), ("+", "inventory.owner")}
    assert {action.done for action in plan.pending} == {"untagged", "tagged"}


def test_parallelism_set_by_hand_is_noted_and_left(aws: Aws, deployed: Bundle, model: Model) -> None:
    """Upsert leaves the limit of parallel steps, and the plan says so."""
    aws.call(
        "sagemaker",
        "update_pipeline",
        PipelineName="mortgage-register-local",
        ParallelismConfiguration={"MaxParallelExecutionSteps": 3},
    )

    plan = make_plan(aws, deployed, model)

    assert plan.pending == ()
    assert any("at most 3 steps at a time" in note for note in plan.notes)


def test_a_definition_made_by_hand_is_said_to_be_one(aws: Aws, bundle: Bundle, model: Model) -> None:
    """It is compared by step names all the same, and what goes is named."""
    deploy(aws, "mortgage-register-local", definition(fail_step(), Mine="secret"))

    plan = make_plan(aws, bundle, model)

    assert {("-", "step Refuse"), ("+", "step Decide"), ("-", "parameter Mine")} <= set(told(plan))
    assert any("made or changed by hand" in note for note in plan.notes)


def test_when_only_the_hash_differs_that_is_told(aws: Aws, deployed: Bundle, model: Model) -> None:
    """With nothing else to explain it, the bundle's hash is a line of its own."""
    other = "a" * 64
    pipelines = tuple(
        replace(each, definition=each.definition.replace(deployed.sha256, other))
        for each in deployed.pipelines
    )

    plan = make_plan(aws, replace(deployed, sha256=other, pipelines=pipelines), model)

    assert ("~", "bundle") in told(plan)
    assert plan.pending


def test_a_bucket_that_does_not_exist_is_noted(
    environment: Environment, bundle: Bundle, model: Model
) -> None:
    """Upsert would fail at the first file; the plan says so before."""
    plan = make_plan(connect(environment), bundle, model)

    assert any("does not exist" in note and "local up" in note for note in plan.notes)


def test_credentials_of_another_account_are_refused(aws: Aws, bundle: Bundle, model: Model) -> None:
    """In another account nothing would seem to be deployed; the placeholder is named as one."""
    foreign = aws.environment.model_copy(update={"account": "111122223333"})

    with pytest.raises(WriteRefusedError, match=r"account 000000000000.*placeholder: put your account"):
        make_plan(connect(foreign), bundle, model)


def test_an_emulator_that_is_down_is_said_to_be(
    environment: Environment, bundle: Bundle, model: Model
) -> None:
    """The message names the command that starts it."""
    nowhere = environment.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})

    with pytest.raises(AwsError, match="local up"):
        make_plan(connect(nowhere), bundle, model)


def test_a_dry_run_sends_no_write_and_asks_once(aws: Aws) -> None:
    """Writes are noted; a description is asked once, also when there is nothing."""
    fresh, sent = watched(aws.environment)
    dry = DryRun(fresh)

    dry.call("s3", "put_object", Bucket=aws.environment.storage.bucket, Key="k", Body=b"x")
    for _ in range(2):
        with pytest.raises(AwsError):
            dry.call("sagemaker", "describe_pipeline", PipelineName="none")

    assert dry.writes == ["s3:put_object"]
    assert sent == ["DescribePipeline"]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Aws, Model]]:
    """One emulator for many examples."""
    import shutil

    from sagemaker_monitor.settings import load_environment, load_model
    from tests.operations.emulated import CONF

    folder: Path = tmp_path_factory.mktemp("plan")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        shutil.copytree(CONF, folder / "conf")
        local = folder / "conf" / "environments" / "local.yaml"
        local.write_text(local.read_text().replace("http://127.0.0.1:4780", server.url))
        aws = connect(load_environment("local", folder / "conf"))
        aws.call(
            "s3",
            "create_bucket",
            Bucket=aws.environment.storage.bucket,
            CreateBucketConfiguration={"LocationConstraint": aws.environment.region},
        )
        yield aws, load_model("mortgage", folder / "conf")


@pytest.mark.long
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    threshold=st.sampled_from([0.5, 0.6]),
    message=st.sampled_from(["closed", "shut"]),
    default=st.sampled_from(["s3://b/a", "s3://b/b"]),
    tag=st.sampled_from(["one", "two"]),
    first=st.booleans(),
)
def test_a_plan_is_empty_exactly_when_upsert_writes_nothing(
    lasting: tuple[Aws, Model], threshold: float, message: str, default: str, tag: str, *, first: bool
) -> None:
    """From whatever is deployed to whatever shall be: pending, differences and writes agree."""
    aws, model = lasting
    environment = aws.environment.model_copy(update={"tags": {"team": tag}})
    small = definition(fail_step(message), ModelDataUrl=default)
    made = bundle_of(environment, json.dumps({"threshold": threshold}).encode())
    wanted = with_definition(made, lambda document: document.update(copy.deepcopy(small)), "monitor-batch")
    changed = connect(environment)

    plan = make_plan(changed, wanted, model)
    done = tuple(upsert(changed, wanted, model))

    assert plan.actions == done
    assert bool(plan.pending) == bool(plan.differences) == bool(changed.writes)
    if first:
        assert make_plan(changed, wanted, model).differences == ()
