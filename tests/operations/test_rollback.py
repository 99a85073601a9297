"""Back to a version that was deployed before, if it would still run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import delete, put
from sagemaker_monitor.operations.errors import BusyError, OperationError, UsageError
from sagemaker_monitor.operations.ledger import read_entry
from sagemaker_monitor.operations.plan import make_plan
from sagemaker_monitor.operations.rollback import look_back, pipeline_versions, roll_back
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.deployed import bundle_of
from tests.operations.emulated import definition, deploy, fail_step

NAME = "mortgage-register-local"


@pytest.fixture
def old(aws: Aws, environment: Environment, model: Model) -> Bundle:
    """Version 1."""
    made = bundle_of(environment)
    list(upsert(aws, made, model))
    return made


@pytest.fixture
def new(aws: Aws, old: Bundle, environment: Environment, model: Model) -> Bundle:
    """Version 2, which is deployed."""
    made = bundle_of(environment, b'{"threshold": 0.6}')
    list(upsert(aws, made, model))
    return made


def test_a_version_becomes_the_deployed_one_again(aws: Aws, old: Bundle, new: Bundle, model: Model) -> None:
    """What differs is told before; afterwards definition and description are those of then, as version 3."""
    found = look_back(aws, "mortgage", "register", 1)

    assert [each.subject for each in found.differences] == ["schema.prediction.threshold"]
    assert [change.done for change in roll_back(aws, found)] == ["updated"]
    described = aws.call("sagemaker", "describe_pipeline", PipelineName=NAME)
    assert described["PipelineDefinition"] == old.pipeline("register").definition
    assert described["PipelineDescription"].endswith(old.sha256)
    assert [version.number for version in pipeline_versions(aws, "mortgage", "register")] == [3, 2, 1]
    assert [version.bundle for version in pipeline_versions(aws, "mortgage", "register")] == [
        old.sha256,
        new.sha256,
        old.sha256,
    ]


def test_the_next_plan_says_so_and_upsert_goes_forward(
    aws: Aws, old: Bundle, new: Bundle, model: Model
) -> None:
    """A rollback is no drift: the plan names it, and what upsert would do about it."""
    list(roll_back(aws, look_back(aws, "mortgage", "register", 1)))

    plan = make_plan(aws, new, model)

    assert plan.drift == ()
    assert any(
        note.startswith("register from version 2 to version 1 by arn:") and "upsert undoes" in note
        for note in plan.notes
    )
    assert [(change.name, change.done) for change in plan.pending] == [(NAME, "updated")]
    list(upsert(aws, new, model))
    assert make_plan(aws, new, model).notes == ()


def test_what_a_hand_did_beside_it_stays_told(aws: Aws, old: Bundle, new: Bundle, model: Model) -> None:
    """A rollback changes no tags, and a stray one is drift before and after it."""
    arn = aws.call("sagemaker", "describe_pipeline", PipelineName=NAME)["PipelineArn"]
    aws.call("sagemaker", "add_tags", ResourceArn=arn, Tags=[{"Key": "stray", "Value": "1"}])
    list(roll_back(aws, look_back(aws, "mortgage", "register", 1)))

    (drift,) = make_plan(aws, new, model).drift
    assert [each.subject for each in drift.differences] == ["tags.stray"]


def test_the_rollback_is_in_the_ledger(aws: Aws, old: Bundle, new: Bundle) -> None:
    """What was done, by whom, to which version, and how the pipeline was left."""
    list(roll_back(aws, look_back(aws, "mortgage", "register", 1)))

    done = read_entry(aws, "mortgage").done
    assert done is not None
    assert (done.what, done.bundle, done.versions[NAME]) == ("rollback", old.sha256, 3)
    assert done.versions["mortgage-monitor-batch-local"] == 2


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda aws, uri: delete(aws, uri), "is gone from S3"),
        (lambda aws, uri: put(aws, uri, b"another"), "was replaced by another"),
    ],
)
def test_a_version_whose_file_is_not_there_is_refused(
    aws: Aws, old: Bundle, new: Bundle, harm: Callable[[Aws, str], object], told: str
) -> None:
    """The file, what is wrong with it and how it comes back are told, and nothing is written."""
    harm(aws, old.assets[0].uri)
    aws.writes.clear()

    with pytest.raises(OperationError, match=told) as error:
        look_back(aws, "mortgage", "register", 1)

    assert old.assets[0].uri in str(error.value)
    assert f"the revision that made bundle {old.sha256[:12]}" in str(error.value)
    assert aws.writes == []


@pytest.mark.parametrize(
    ("pipeline", "version", "told"),
    [
        ("register", 9, "has no version 9; the newest are 2, 1"),
        ("register", 2, "version 2 of pipeline 'mortgage-register-local' is the one that is deployed"),
        ("monitor-ground-truth", 1, "is not deployed to 'local'"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    aws: Aws, old: Bundle, new: Bundle, pipeline: str, version: int, told: str
) -> None:
    """An unknown version, the deployed one, and a pipeline that is not there."""
    with pytest.raises(UsageError, match=told):
        look_back(aws, "mortgage", pipeline, version)


def test_what_upsert_did_not_make_is_not_rolled_back(aws: Aws) -> None:
    """A pipeline without our tags is somebody else's."""
    deploy(aws, NAME, definition(fail_step()))

    with pytest.raises(UsageError, match="does not bear the tags of upsert"):
        look_back(aws, "mortgage", "register", 1)


def test_an_upsert_in_between_is_not_overwritten(
    aws: Aws, old: Bundle, new: Bundle, environment: Environment, model: Model
) -> None:
    """What was looked at is no longer deployed: refused."""
    found = look_back(aws, "mortgage", "register", 1)
    list(upsert(aws, bundle_of(environment, b"{}"), model))

    with pytest.raises(BusyError, match="at the same time"):
        list(roll_back(aws, found))
