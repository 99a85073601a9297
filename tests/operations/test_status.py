"""Status says what is deployed, what ran last, and what is approved, of every model at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.bundle import Bundle
from pipelines.names import PIPELINES
from sagemaker_monitor.analysis.documents.verdict import ConfiguredWaiver
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.aws import Aws, AwsError, WriteRefusedError, connect
from sagemaker_monitor.cli.render.status import age, print_status
from sagemaker_monitor.operations.status import ModelStatus, PipelineStatus, read_status
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.emulated import (
    approve,
    definition,
    deploy,
    fail_step,
    make_bundle,
    make_verdict,
    put_verdict,
    register_version,
    start,
    verdict_place,
    wait,
)


def bundle_of(environment: Environment, message: str = "closed") -> Bundle:
    """Return a bundle of one pipeline, which fails with *message*."""
    return make_bundle(environment, register=definition(fail_step(message)))


def status_of(aws: Aws, bundle: Bundle | None = None) -> ModelStatus:
    """Return the status of the model mortgage."""
    (status,) = read_status(aws, {"mortgage": bundle})
    return status


def register_of(status: ModelStatus) -> PipelineStatus:
    """Return the status of the pipeline register."""
    return status.pipelines[0]


def test_where_nothing_is_deployed_that_is_said(aws: Aws) -> None:
    """Every pipeline is there as not deployed, and no version is approved."""
    status = status_of(aws)

    assert [(each.pipeline, each.checkout) for each in status.pipelines] == [
        (pipeline, "not deployed") for pipeline in PIPELINES
    ]
    assert (status.approved, status.pending) == (None, 0)
    assert aws.writes == []


def test_this_checkout_another_one_and_one_edited_by_hand(aws: Aws, model: Model) -> None:
    """Same, differs, and edited: this checkout's hash over another definition."""
    bundle, other = bundle_of(aws.environment), bundle_of(aws.environment, "shut")
    list(upsert(aws, bundle, model))

    assert register_of(status_of(aws, bundle)).checkout == "same"
    assert register_of(status_of(aws, other)).checkout == "differs"
    assert register_of(status_of(aws)).checkout == "not compared"


def test_who_deployed_it_is_said(aws: Aws, model: Model, capsys: pytest.CaptureFixture[str]) -> None:
    """What the ledger has of the last upsert: caller, time and revision."""
    list(upsert(aws, bundle_of(aws.environment), model, revision="abc123"))

    status = status_of(aws)
    print_status("local", [status])

    assert status.deployment is not None
    assert (status.deployment.what, status.deployment.revision) == ("upsert", "abc123")
    assert " s ago by arn:aws:sts::000000000000:" in (told := capsys.readouterr().out)
    assert ", revision abc123" in told


def test_a_definition_edited_by_hand_is_not_this_checkout(aws: Aws, model: Model) -> None:
    """The hash alone does not make it the same."""
    metadata = {"BundleSha256": "0" * 64}
    step = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {"CustomerMetadataProperties": metadata},
    }
    bundle = make_bundle(aws.environment, register=definition(step))
    edited = json.loads(bundle.pipelines[0].definition)
    edited["Parameters"] = [{"Name": "Mine", "Type": "String"}]
    name = "mortgage-register-local"
    deploy(aws, name, definition(fail_step()))
    aws.call("sagemaker", "update_pipeline", PipelineName=name, PipelineDefinition=json.dumps(edited))

    register = register_of(status_of(aws, bundle))

    assert (register.checkout, register.bundle) == ("edited", bundle.sha256)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [("refused", ("refused", "refused")), ("pass", (None, "broken"))],
)
def test_a_verdict_is_believed_as_everywhere(
    aws: Aws, model: Model, decision: str, expected: tuple[str | None, str]
) -> None:
    """A closed verdict of a failed run is refused; an open one of a failed run is not believed."""
    list(upsert(aws, bundle_of(aws.environment), model))
    arn = start(aws, "mortgage-register-local")
    wait(aws, arn)
    put_verdict(aws, make_verdict(aws.environment, arn, decision))

    last = register_of(status_of(aws)).last

    assert last is not None
    assert (last.arn, last.status) == (arn, "Failed")
    assert (last.decision, last.conclusion) == expected


def test_a_decision_under_a_waiver_is_told_as_one(aws: Aws, model: Model) -> None:
    """How many waivers of the policy covered something stands beside the last decision."""
    list(upsert(aws, bundle_of(aws.environment), model))
    arn = start(aws, "mortgage-register-local")
    wait(aws, arn)
    waiver = ConfiguredWaiver("bias/DI/*", "31 applicants", "committee", "2027-03-31", "applied", 1)
    idle = replace(waiver, match="bias/AD/*", status="unused", findings=0)
    put_verdict(aws, make_verdict(aws.environment, arn, "refused", waivers=(waiver, idle)))

    last = register_of(status_of(aws)).last

    assert last is not None
    assert (last.decision, last.waived) == ("refused", 1)


def test_the_newest_run_counts(aws: Aws, model: Model) -> None:
    """Of two runs the later one is told, and that it left no verdict."""
    list(upsert(aws, bundle_of(aws.environment), model))
    first, second = start(aws, "mortgage-register-local"), start(aws, "mortgage-register-local")
    for arn in (first, second):
        wait(aws, arn)
    put_verdict(aws, make_verdict(aws.environment, first, "refused"))

    last = register_of(status_of(aws)).last

    assert last is not None
    assert (last.arn, last.decision, last.conclusion) == (second, None, "broken")
    assert last.problem == "it left no verdict: Step failure: One or multiple steps failed."


def test_the_approved_version_its_baseline_and_those_that_wait(aws: Aws) -> None:
    """The newest approved version is told with the time of its oldest baseline; later ones are pending."""
    for _ in range(3):
        register_version(aws)
    approve(aws, 2)

    status = status_of(aws)

    assert status.approved is not None
    assert (status.approved.number, status.pending) == (2, 2)
    assert status.approved.baselines_gone == ()
    assert status.approved.baseline_written is not None
    assert datetime.now(UTC) - status.approved.baseline_written < timedelta(minutes=5)


def test_a_baseline_that_is_gone_is_told(aws: Aws) -> None:
    """A check of the next run would fail: its check type is named."""
    register_version(aws)
    approve(aws, 1)
    storage = aws.environment.storage
    aws.call("s3", "delete_object", Bucket=storage.bucket, Key=f"{storage.prefix}/post.json")

    approved = status_of(aws).approved

    assert approved is not None
    assert approved.baselines_gone == ("MODEL_BIAS",)


def test_a_verdict_of_another_run_is_not_this_one(aws: Aws, model: Model) -> None:
    """A verdict that speaks of another execution is no evidence, and the problem says so."""
    list(upsert(aws, bundle_of(aws.environment), model))
    arn = start(aws, "mortgage-register-local")
    wait(aws, arn)
    verdict = make_verdict(aws.environment, arn, "pass")
    foreign = replace(verdict, execution_arn=arn.replace("/execution/", "/execution/x"))
    uri = verdict_place(aws.environment, arn)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=json.dumps(to_json(foreign)).encode())

    last = register_of(status_of(aws)).last

    assert last is not None
    assert (last.decision, last.conclusion) == (None, "broken")
    assert "of another execution" in last.problem


def test_many_models_are_asked_for_at_once(aws: Aws) -> None:
    """Every model has its status, in the order in which it was asked for."""
    names = [f"model-{number}" for number in range(12)]

    assert [status.model for status in read_status(aws, dict.fromkeys(names))] == names


def test_another_account_is_refused(aws: Aws) -> None:
    """Elsewhere nothing would seem to be deployed."""
    foreign = connect(aws.environment.model_copy(update={"account": "222233334444"}))

    with pytest.raises(WriteRefusedError, match="belong to account 000000000000"):
        read_status(foreign, {"mortgage": None})


def test_an_emulator_that_is_down_is_said_to_be(environment: Environment) -> None:
    """The message names the command that starts it."""
    nowhere = environment.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})

    with pytest.raises(AwsError, match="local up"):
        read_status(connect(nowhere), {"mortgage": None})


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=90), "90 s"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=30), "30 h"),
        (timedelta(days=12, hours=5), "12 d"),
    ],
)
def test_ages_are_said_in_a_fitting_unit(length: timedelta, said: str) -> None:
    """Seconds, minutes, hours and days, whole; a clock that is ahead makes no negative age."""
    now = datetime(2026, 1, 31, tzinfo=UTC)

    assert age(now - length, now) == said
