"""A saved plan is done exactly, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.plan_file import (
    PlanFile,
    SavedPlan,
    StaleError,
    basis,
    read_plan_file,
    require_fresh,
    require_same_place,
)
from sagemaker_monitor.operations.upsert import Outlook, look, upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.emulated import definition, deploy, fail_step, make_bundle

NAME = "mortgage-register-local"


@pytest.fixture
def old(environment: Environment) -> Bundle:
    """What is deployed first."""
    return make_bundle(environment, register=definition(fail_step()))


@pytest.fixture
def new(environment: Environment) -> Bundle:
    """What is planned: another file and another definition."""
    return make_bundle(environment, content=b'{"a": 1}', register=definition(fail_step("shut")))


def saved(outlook: Outlook) -> SavedPlan:
    """Return a plan as it is after it was written and read."""
    document = json.loads(json.dumps(basis(outlook)))
    return SavedPlan("mortgage", outlook.bundle.sha256, document["resources"], tuple(document["surplus"]))


def requiring(plan: SavedPlan) -> Callable[[Outlook], None]:
    """Return what refuses anything but *plan*."""
    return lambda outlook: require_fresh(plan, outlook)


def test_a_fresh_plan_is_done(aws: Aws, old: Bundle, new: Bundle, model: Model) -> None:
    """Nothing changed since: what was planned is written."""
    list(upsert(aws, old, model))
    plan = saved(look(aws, new, model))

    done = [change.done for change in upsert(aws, new, model, require=requiring(plan))]

    assert done == ["uploaded", "unchanged", "updated"]


def test_a_plan_that_was_done_in_part_is_completed(aws: Aws, old: Bundle, new: Bundle, model: Model) -> None:
    """Killed after any step, the same plan goes on from there; once done, it has nothing to do."""
    list(upsert(aws, old, model))
    plan = saved(look(aws, new, model))
    for steps in (1, 2, 3):
        changes = upsert(aws, new, model, require=requiring(plan))
        for _ in range(steps):
            next(changes)
        changes.close()

    assert {change.done for change in upsert(aws, new, model, require=requiring(plan))} == {"unchanged"}


@pytest.mark.parametrize(
    ("by_hand", "told"),
    [
        (lambda aws: aws.call("sagemaker", "delete_pipeline", PipelineName=NAME), f"pipeline {NAME} is gone"),
        (
            lambda aws: aws.call(
                "sagemaker", "update_pipeline", PipelineName=NAME, PipelineDescription="mine"
            ),
            f"pipeline {NAME} was changed (description)",
        ),
        (
            lambda aws: deploy(aws, "mortgage-monitor-batch-local", definition(fail_step())),
            "pipeline mortgage-monitor-batch-local was created by somebody else (",
        ),
    ],
)
def test_what_somebody_changed_since_makes_a_plan_stale(
    aws: Aws, old: Bundle, environment: Environment, model: Model, by_hand: Callable[[Aws], Any], told: str
) -> None:
    """The resource and its fields are named, and nothing is written."""
    list(upsert(aws, old, model))
    wanted = make_bundle(
        environment, register=definition(fail_step("shut")), monitor_batch=definition(fail_step())
    )
    plan = saved(look(aws, wanted, model))
    by_hand(aws)
    aws.writes.clear()

    with pytest.raises(StaleError) as error:
        list(upsert(aws, wanted, model, require=requiring(plan)))

    assert f"mortgage: the plan is stale: {told}" in str(error.value)
    assert aws.writes == []


def test_another_bundle_makes_a_plan_stale(aws: Aws, old: Bundle, new: Bundle, model: Model) -> None:
    """The configuration changed since: both hashes are told."""
    plan = saved(look(aws, old, model))

    with pytest.raises(
        StaleError, match=rf"another bundle now, {new.sha256[:12]} instead of {old.sha256[:12]}"
    ):
        list(upsert(aws, new, model, require=requiring(plan)))


def test_other_tags_make_a_plan_stale(aws: Aws, old: Bundle, environment: Environment, model: Model) -> None:
    """What is configured beside the definitions counts, too."""
    plan = saved(look(aws, old, model))
    aws.environment = environment.model_copy(update={"tags": {"team": "risk"}})

    with pytest.raises(StaleError, match=r"shall be another one now \(tags\)"):
        list(upsert(aws, old, model, require=requiring(plan)))


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (("prod", "000000000000", "eu-west-1", "abc"), "is of environment prod, and this is local"),
        (("local", "111122223333", "eu-west-1", "abc"), "is of account 111122223333"),
        (("local", "000000000000", "us-east-1", "abc"), "is of region us-east-1"),
        (("local", "000000000000", "eu-west-1", "def"), "is of revision def, and this is abc"),
    ],
)
def test_a_plan_of_another_place_or_revision_is_refused(
    environment: Environment, place: tuple[str, str, str, str], told: str
) -> None:
    """Environment, account, region and revision are those of the plan."""
    with pytest.raises(StaleError, match=told):
        require_same_place(PlanFile(*place, "2026-11-29T10:00:00Z", ()), environment, "abc")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file"),
        ("no JSON", "is no plan of this program"),
        ("[]", "is no plan of this program"),
        ('{"schema_version": 9}', "has schema_version 9; this version reads 1"),
        ('{"schema_version": 1, "environment": "local"}', "is no plan of this program"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, content: str | None, told: str) -> None:
    """The message says what it is not, and how one is written."""
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(UsageError, match=told):
        read_plan_file(path)
