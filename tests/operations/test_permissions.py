"""What docs/deploying.md says of permissions is what the commands call, no more and no less."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put
from sagemaker_monitor.operations.destroy import destroy, look_at_model
from sagemaker_monitor.operations.plan import make_plan
from sagemaker_monitor.operations.prune import prune
from sagemaker_monitor.operations.rollback import look_back, pipeline_versions, roll_back
from sagemaker_monitor.operations.unconfigured import unconfigured_models
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.deployed import bundle_of
from tests.operations.emulated import register_version

PAGE = Path(__file__).parents[2] / "docs" / "deploying.md"
READS = ("Describe", "List", "Get", "Head")
S3_ACTIONS = {"HeadObject": "GetObject", "ListObjectsV2": "ListBucket", "HeadBucket": "ListBucket"}


def documented(command: str) -> set[str]:
    """Return the actions in the command's row."""
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text(), re.MULTILINE))
    actions = set(re.findall(r"`(\w+:\w+)`", rows[command]))
    return actions | (documented("plan") if "those of `plan`" in rows[command] else set())


@pytest.fixture
def called(aws: Aws) -> set[str]:
    """The actions of all calls that leave this process from here on."""
    found: set[str] = set()

    def record(model: object, **_: object) -> None:
        service = model.service_model.service_name  # type: ignore[attr-defined]
        name = model.name  # type: ignore[attr-defined]
        found.add(f"{service}:{S3_ACTIONS.get(name, name) if service == 's3' else name}")

    aws._session.events.register("before-call.*.*", record)
    aws._clients.clear()  # those that were made before do not tell
    return found


@pytest.fixture
def bundles(environment: Environment) -> tuple[Bundle, Bundle]:
    """Two that differ in a file."""
    return bundle_of(environment), bundle_of(environment, b"{}")


def tag(aws: Aws) -> None:
    """Change tags by hand: one is missing and one is too many."""
    arn = aws.call("sagemaker", "describe_pipeline", PipelineName="mortgage-register-local")["PipelineArn"]
    aws.call("sagemaker", "add_tags", ResourceArn=arn, Tags=[{"Key": "stray", "Value": "1"}])
    aws.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=["sagemaker-monitor:owner"])


def test_plan_calls_what_is_documented_and_nothing_that_writes(
    aws: Aws, bundles: tuple[Bundle, Bundle], model: Model, called: set[str]
) -> None:
    """With nothing deployed, with something pending, with drift, and with a model that is gone."""
    make_plan(aws, bundles[0], model)
    recorded = set(called)
    list(upsert(aws, bundles[0], model))
    tag(aws)
    aws.call(
        "sagemaker", "update_pipeline", PipelineName="mortgage-register-local", PipelineDescription="mine"
    )
    called.clear()
    plan = make_plan(aws, bundles[1], model)
    assert unconfigured_models(aws, []) == ("mortgage",)
    assert plan.drift
    recorded |= called

    assert recorded - {"sts:GetCallerIdentity"} == documented("plan")
    assert [action for action in recorded if not action.partition(":")[2].startswith(READS)] == []


def test_upsert_calls_what_is_documented(
    aws: Aws, bundles: tuple[Bundle, Bundle], model: Model, called: set[str]
) -> None:
    """Creating, updating, tagging and untagging."""
    list(upsert(aws, bundles[0], model))
    recorded = set(called)
    tag(aws)
    called.clear()
    list(upsert(aws, bundles[1], model))
    recorded |= called

    # A role that upserts also plans; two of plan's actions are only its own.
    assert recorded - {"sts:GetCallerIdentity"} <= documented("upsert")
    assert documented("upsert") - recorded <= documented("plan")


def test_rollback_destroy_and_prune_call_what_is_documented(
    aws: Aws, bundles: tuple[Bundle, Bundle], model: Model, called: set[str]
) -> None:
    """Each of them, from what an upsert left to nothing."""

    def record(work: Callable[[], object]) -> set[str]:
        called.clear()
        work()
        return called - {"sts:GetCallerIdentity"}

    for each in bundles:
        list(upsert(aws, each, model))
    list(pipeline_versions(aws, "mortgage", "register"))
    back = record(lambda: list(roll_back(aws, look_back(aws, "mortgage", "register", 1))))
    assert back == documented("rollback")
    assert record(lambda: list(destroy(aws, look_at_model(aws, "mortgage")))) == documented("destroy")
    register_version(aws)
    put(aws, f"{aws.environment.storage.root}/assets/{'a' * 64}/spec.json", b"{}")
    assert record(lambda: prune(aws, timedelta(seconds=-5), {"local"})) == documented("prune")
