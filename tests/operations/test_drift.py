"""What was changed by hand is told apart from what the configuration changes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.plan import make_plan
from sagemaker_monitor.operations.planning.drift import Drift
from sagemaker_monitor.operations.resources import kinds as all_kinds
from sagemaker_monitor.operations.resources.pipelines import PIPELINES
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.emulated import definition, fail_step, make_bundle

NAME = "mortgage-register-local"


@pytest.fixture
def bundle(aws: Aws, environment: Environment, model: Model) -> Bundle:
    """A bundle of one small pipeline, deployed."""
    made = make_bundle(environment, register=definition(fail_step()))
    list(upsert(aws, made, model))
    return made


def only(drift: tuple[Drift, ...]) -> Drift:
    """Return the one drift."""
    assert len(drift) == 1, drift
    return drift[0]


def edit(aws: Aws, message: str) -> None:
    """Change the deployed definition by hand."""
    document = json.dumps(definition(fail_step(message)))
    aws.call("sagemaker", "update_pipeline", PipelineName=NAME, PipelineDefinition=document)


def test_what_upsert_left_has_no_drift(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Nothing was changed by hand after an upsert, nor after a second one that writes nothing."""
    assert make_plan(aws, bundle, model).drift == ()


def test_a_definition_edited_by_hand_is_told_by_what_the_hand_changed(
    aws: Aws, bundle: Bundle, environment: Environment, model: Model
) -> None:
    """The drift goes from the version that was left to the deployed one, whatever shall be next."""
    edit(aws, "open sesame")
    wanted = make_bundle(environment, register=definition(fail_step("shut")))

    plan = make_plan(aws, wanted, model)

    drift = only(plan.drift)
    (difference,) = drift.differences
    assert (drift.name, drift.fields) == (NAME, ("definition",))
    assert difference.subject == "Steps[Refuse].Arguments.ErrorMessage"
    assert (difference.before, difference.after) == ("The gate is closed.", "open sesame")
    assert plan.pending


def test_drift_towards_the_configuration_is_told_and_nothing_is_pending(
    aws: Aws, bundle: Bundle, environment: Environment, model: Model
) -> None:
    """Who edits to what the configuration now says leaves nothing to do; that it was by hand is told."""
    wanted = make_bundle(environment, register=definition(fail_step("shut")))
    edit(aws, "shut")
    described = f"register of model mortgage; bundle {wanted.sha256}"
    aws.call("sagemaker", "update_pipeline", PipelineName=NAME, PipelineDescription=described)

    plan = make_plan(aws, wanted, model)

    assert only(plan.drift).fields == ("definition", "description")
    assert plan.pending == ()


def test_tags_changed_by_hand_are_told_by_key(aws: Aws, bundle: Bundle, model: Model) -> None:
    """A stray tag is drift, and is what upsert would remove."""
    arn = aws.call("sagemaker", "describe_pipeline", PipelineName=NAME)["PipelineArn"]
    aws.call("sagemaker", "add_tags", ResourceArn=arn, Tags=[{"Key": "stray", "Value": "1"}])

    plan = make_plan(aws, bundle, model)

    assert [each.subject for each in only(plan.drift).differences] == ["tags.stray"]
    assert [change.done for change in plan.pending] == ["untagged"]


def test_a_pipeline_deleted_by_hand_is_drift(aws: Aws, bundle: Bundle, model: Model) -> None:
    """It is told as gone, and would be created."""
    aws.call("sagemaker", "delete_pipeline", PipelineName=NAME)

    plan = make_plan(aws, bundle, model)

    assert only(plan.drift).fields == ()
    assert [change.done for change in plan.pending] == ["created"]


def test_a_limit_of_parallel_steps_set_by_hand_is_drift_until_it_is_recorded(
    aws: Aws, bundle: Bundle, model: Model
) -> None:
    """What is not configured is left alone; the next upsert records it, and it is drift no more."""
    limit = {"MaxParallelExecutionSteps": 3}
    aws.call("sagemaker", "update_pipeline", PipelineName=NAME, ParallelismConfiguration=limit)

    assert only(make_plan(aws, bundle, model).drift).fields == ("parallel steps",)
    assert {change.done for change in upsert(aws, bundle, model)} == {"unchanged"}
    assert make_plan(aws, bundle, model).drift == ()


def test_a_configured_limit_of_parallel_steps_is_planned_and_set(
    aws: Aws, bundle: Bundle, environment: Environment, model: Model
) -> None:
    """compute.max_parallel_steps is a line of the plan and reaches the pipeline."""
    compute = environment.compute.model_copy(update={"max_parallel_steps": 2})
    aws.environment = environment.model_copy(update={"compute": compute})

    plan = make_plan(aws, bundle, model)
    list(upsert(aws, bundle, model))

    assert [each.subject for each in plan.differences] == ["compute.max_parallel_steps"]
    assert make_plan(aws, bundle, model).pending == ()
    described = aws.call("sagemaker", "describe_pipeline", PipelineName=NAME)
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}


def test_after_an_upsert_that_was_stopped_no_hand_is_accused(
    aws: Aws, bundle: Bundle, environment: Environment, model: Model
) -> None:
    """Its own half-done work is no drift; the plan says that it was stopped."""
    wanted = make_bundle(environment, content=b'{"a": 1}', register=definition(fail_step("shut")))
    stopped = upsert(aws, wanted, model)
    while next(stopped).kind != "pipeline":
        pass
    stopped.close()

    plan = make_plan(aws, bundle, model)

    assert plan.drift == ()
    assert any("was stopped before it was finished" in note for note in plan.notes)


def test_what_is_no_longer_configured_is_told_and_left(
    aws: Aws, bundle: Bundle, environment: Environment, model: Model
) -> None:
    """A pipeline that upsert made and the bundle no longer has stays, with the command that removes it."""
    wanted = make_bundle(environment, monitor_batch=definition(fail_step()))

    plan = make_plan(aws, wanted, model)

    assert any(f"pipeline {NAME} was deployed by upsert" in note for note in plan.notes)
    assert "deleted" not in {change.done for change in plan.pending}


def test_a_pipeline_of_a_longer_model_name_is_another_models(
    aws: Aws, bundle: Bundle, environment: Environment, model: Model
) -> None:
    """mortgage-eu's pipelines are not mortgage's, although their names begin alike."""
    other = model.model_copy(update={"model": "mortgage-eu"})
    made = make_bundle(environment, register=definition(fail_step()))
    pipelines = tuple(
        type(each)(each.name.replace("mortgage", "mortgage-eu"), each.pipeline, each.definition)
        for each in made.pipelines
    )
    list(upsert(aws, type(made)("mortgage-eu", "local", made.sha256, "0", pipelines, made.assets), other))

    notes = make_plan(aws, bundle, model).notes
    assert not any("no longer configured" in note for note in notes)


def test_what_acts_by_itself_goes_when_it_is_no_longer_configured(
    aws: Aws, bundle: Bundle, environment: Environment, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a kind whose surplus is deleted, the plan says what goes, upsert deletes it and records that."""
    kinds = tuple(replace(kind, surplus="deleted") if kind is PIPELINES else kind for kind in all_kinds.KINDS)
    monkeypatch.setattr(all_kinds, "KINDS", kinds)
    wanted = make_bundle(environment, monitor_batch=definition(fail_step()))

    plan = make_plan(aws, wanted, model)
    changes = list(upsert(aws, wanted, model))

    assert ("-", "resource", f"pipeline {NAME}") in [
        (each.sign, each.kind, each.subject) for each in plan.differences
    ]
    assert changes[-1] == plan.pending[-1] == Change("pipeline", NAME, "deleted")
    assert {change.done for change in upsert(aws, wanted, model)} == {"unchanged"}
    assert make_plan(aws, wanted, model).pending == ()
