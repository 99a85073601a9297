"""Pipelines of a team's own are deployed and started, and what cannot be meant is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.bundle import Bundle, PipelineDefinition
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.embedded import conclude_embedded, deploy, start_embedded
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import follow
from sagemaker_monitor.operations.plan import make_plan
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.emulated import definition, fail_step, make_bundle, make_verdict, put_verdict

NAME = "mortgage-training-local"


@pytest.fixture
def bundle(environment: Environment) -> Bundle:
    """A bundle of one pipeline with a parameter, and a file."""
    made = make_bundle(environment, training=definition(fail_step(), required=("TrainingDataUri",)))
    (only,) = made.pipelines
    return replace(made, pipelines=(PipelineDefinition(NAME, "embedded", only.definition),))


def done(aws: Aws, bundle: Bundle) -> list[tuple[str, str]]:
    """Deploy, and return what was done with what."""
    return [(change.done, change.kind) for change in deploy(aws, bundle)]


def test_it_is_written_once(aws: Aws, bundle: Bundle, environment: Environment) -> None:
    """Files first; a second time nothing; what differs then alone; with the environment's tags and role."""
    assert done(aws, bundle) == [("uploaded", "asset"), ("created", "pipeline")]
    aws.writes.clear()
    assert done(aws, bundle) == [("unchanged", "asset"), ("unchanged", "pipeline")]
    assert aws.writes == []
    (old,) = bundle.pipelines
    changed = replace(bundle, pipelines=(replace(old, definition=old.definition.replace("closed", "shut")),))
    assert done(aws, changed) == [("unchanged", "asset"), ("updated", "pipeline")]

    found = aws.call("sagemaker", "describe_pipeline", PipelineName=NAME)
    tags = aws.call("sagemaker", "list_tags", ResourceArn=found["PipelineArn"])["Tags"]
    assert found["RoleArn"] == environment.roles.execution
    assert {tag["Key"]: tag["Value"] for tag in tags} == environment.tags


def test_upsert_neither_tells_nor_touches_it(aws: Aws, bundle: Bundle, model: Model) -> None:
    """It bears no mark: of the model's own pipelines it is none, whatever it is called."""
    done(aws, bundle)
    own = make_bundle(aws.environment, register=definition(fail_step()))
    list(upsert(aws, own, model))
    plan = make_plan(aws, own, model)

    assert plan.pending == ()
    assert plan.drift == ()
    assert not any(NAME in note for note in plan.notes)


def test_it_runs_and_its_verdict_is_read(aws: Aws, bundle: Bundle, model: Model) -> None:
    """The verdict lies below the word that the embedding was made with, and concludes the run."""
    done(aws, bundle)
    started = start_embedded(aws, model, NAME, parameters={"TrainingDataUri": "s3://b/rows"})
    *_, last = follow(aws, started.execution_arn)
    without = conclude_embedded(aws, last, model, "training")
    put_verdict(aws, make_verdict(aws.environment, started.execution_arn, "refused"), pipeline="training")
    found = conclude_embedded(aws, last, model, "training")

    assert (without.conclusion, found.conclusion) == ("broken", "refused")
    assert started.parameters == {"TrainingDataUri": "s3://b/rows"}


def test_what_cannot_be_started_is_told(
    aws: Aws, bundle: Bundle, model: Model, environment: Environment
) -> None:
    """A pipeline that is not there, parameters that are none or missing, another environment's bundle."""
    with pytest.raises(UsageError, match=r"is not deployed to 'local': bring it there with deploy\(\)"):
        start_embedded(aws, model, NAME)
    done(aws, bundle)
    with pytest.raises(
        UsageError, match="takes no parameter 'TrainingDataUrl'; did you mean 'TrainingDataUri'"
    ):
        start_embedded(aws, model, NAME, parameters={"TrainingDataUrl": "s3://b/rows"})
    with pytest.raises(UsageError, match="needs TrainingDataUri: parameters without a default"):
        start_embedded(aws, model, NAME)
    with pytest.raises(UsageError, match="the bundle is of environment 'prod', not of 'local'"):
        done(aws, replace(bundle, environment="prod"))
