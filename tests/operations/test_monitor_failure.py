"""A monitoring run that refused may take the approval of its version back, and nothing else may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import read, split_uri
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.monitor_failure import MonitorFailure, read_failure, take_back
from sagemaker_monitor.registry.versions import find_version, latest_approved
from sagemaker_monitor.settings import Model
from tests.operations.emulated import (
    approve,
    definition,
    deploy,
    fail_step,
    make_verdict,
    processing_step,
    put_verdict,
    register_step,
    register_version,
    start,
    verdict_place,
    wait,
)

pytestmark = pytest.mark.long

BATCH = "mortgage-monitor-batch-local"
Refuse = Callable[..., str]


@pytest.fixture
def refuse(aws: Aws) -> Refuse:
    """Return a function that makes a run of monitor-batch judge a version; it returns the run's ARN."""
    for _ in range(2):
        register_version(aws)
    deploy(aws, BATCH, definition(fail_step("b" * 64)))

    def run(number: int = 2, decision: str = "refused", **changes: Any) -> str:
        arn = start(aws, BATCH)
        wait(aws, arn)
        version = {"model_package_arn": find_version(aws, "mortgage", number).arn}
        told = make_verdict(
            aws.environment, arn, decision, **{"pipeline": "monitor-batch", **version, **changes}
        )
        put_verdict(aws, told, pipeline="monitor-batch")
        aws.writes.clear()
        return arn

    return run


def status(aws: Aws, number: int) -> str:
    """Return a version's approval status."""
    return find_version(aws, "mortgage", number).approval


def broken(failure: MonitorFailure) -> dict[str, str]:
    """Return the links that do not hold, and what was found."""
    return {link.name: link.detail for link in failure.links if not link.holds}


def test_a_refused_run_takes_an_approval_back_once(aws: Aws, model: Model, refuse: Refuse) -> None:
    """The version is rejected with its reasons, the one before it is the source of baselines again."""
    approve(aws, 1)
    approve(aws, 2)
    arn = refuse(2)
    looked = take_back(aws, read_failure(aws, model, arn), apply=False, force=False)
    assert (looked is not None, aws.writes) == (True, [])

    first = take_back(aws, read_failure(aws, model, arn), apply=True, force=False)
    aws.writes.clear()
    second = take_back(aws, read_failure(aws, model, arn), apply=True, force=False)

    assert first is not None
    assert second is not None
    assert (first.changed, first.status) == (True, "Rejected")
    assert "version 1 becomes the latest approved one" in first.message
    assert (second.changed, second.possible, aws.writes) == (False, False, [])
    assert "version 2 is Rejected" in second.message
    rejected = find_version(aws, "mortgage", 2)
    assert rejected.approval_description.startswith("sagemaker-monitor gate: monitor-batch refused; one sent")
    assert arn in rejected.approval_description
    source = latest_approved(aws, "mortgage")
    assert source is not None
    assert source.number == 1


def test_the_only_approved_version_stays_unless_forced(aws: Aws, model: Model, refuse: Refuse) -> None:
    """Without it nothing has a baseline: that takes a word of its own."""
    approve(aws, 2)
    failure = read_failure(aws, model, refuse(2))

    kept = take_back(aws, failure, apply=True, force=False)
    assert kept is not None
    assert (kept.changed, status(aws, 2), aws.writes) == (False, "Approved", [])
    assert "is the only approved version" in kept.message

    forced = take_back(aws, failure, apply=True, force=True)
    assert forced is not None
    assert (forced.changed, forced.source, status(aws, 2)) == (True, None, "Rejected")
    assert "no approved version is left" in forced.message


def test_an_older_version_is_not_the_source(aws: Aws, model: Model, refuse: Refuse) -> None:
    """Rejecting a version that a newer approved one follows leaves the source of baselines as it is."""
    approve(aws, 1)
    approve(aws, 2)

    rejection = take_back(aws, read_failure(aws, model, refuse(1)), apply=False, force=False)

    assert rejection is not None
    assert "version 2 stays the latest approved one" in rejection.message


def test_what_is_not_approved_is_left_alone(aws: Aws, model: Model, refuse: Refuse) -> None:
    """A pending version has no approval to take back."""
    rejection = take_back(aws, read_failure(aws, model, refuse(2)), apply=True, force=True)

    assert rejection is not None
    assert (rejection.changed, status(aws, 2)) == (False, "PendingManualApproval")


@pytest.mark.parametrize(
    ("decision", "changes", "link", "found"),
    [
        ("inconclusive", {}, "verdict", "only `refused` speaks against a version"),
        ("labels-missing", {}, "verdict", "only `refused`"),
        ("refused", {"environment": "prod"}, "subject", "in prod"),
        ("refused", {"bundle_sha256": "e" * 64}, "bundle", "is not in the definition that it ran"),
        ("refused", {"model_package_arn": None}, "version", "no verdict names the version"),
        (
            "refused",
            {"model_package_arn": "arn:aws:sagemaker:eu-west-1:000000000000:model-package/mortgage/9"},
            "version",
            "does not exist",
        ),
    ],
)
def test_nothing_is_rejected_for_less(
    aws: Aws, model: Model, refuse: Refuse, decision: str, changes: dict[str, Any], link: str, found: str
) -> None:
    """Too few rows, a foreign verdict or a version that is gone are no ground."""
    approve(aws, 2)
    failure = read_failure(aws, model, refuse(2, decision, **changes))

    assert list(broken(failure)) == [link]
    assert found in broken(failure)[link]
    assert take_back(aws, failure, apply=True, force=True) is None
    assert aws.writes == []


def test_an_old_run_and_a_late_verdict_are_no_ground(aws: Aws, model: Model, refuse: Refuse) -> None:
    """What was refused long ago, and what was written after its run had ended, rejects nothing."""
    approve(aws, 2)
    arn = refuse(2)
    later = read_failure(aws, model, arn, now=datetime.now(UTC) + timedelta(days=8))
    assert "8 d ago; at most 7 d counts" in broken(later)["age"]

    aws.call("s3", "delete_object", **place(aws, arn))
    assert "left no verdict" in broken(read_failure(aws, model, arn))["verdict"]


def place(aws: Aws, arn: str) -> dict[str, str]:
    """Return bucket and key of a run's verdict."""
    bucket, key = split_uri(verdict_place(aws.environment, arn, "monitor-batch"))
    assert read(aws, f"s3://{bucket}/{key}")
    return {"Bucket": bucket, "Key": key}


def test_a_version_of_another_group_stays(aws: Aws, model: Model, refuse: Refuse) -> None:
    """A verdict that names another model's version rejects nothing there."""
    specification = register_step(aws.environment)["Arguments"]["InferenceSpecification"]
    aws.call("sagemaker", "create_model_package_group", ModelPackageGroupName="payroll")
    foreign = aws.call(
        "sagemaker",
        "create_model_package",
        ModelPackageGroupName="payroll",
        ModelApprovalStatus="Approved",
        InferenceSpecification=specification,
    )["ModelPackageArn"]
    failure = read_failure(aws, model, refuse(model_package_arn=foreign))

    assert "is of group 'payroll', not of 'mortgage'" in broken(failure)["version"]
    assert take_back(aws, failure, apply=True, force=True) is None


def test_only_ended_monitoring_runs_of_the_model_are_asked(aws: Aws, model: Model, refuse: Refuse) -> None:
    """A run of register, one of another model, and one that goes on are refused with what is allowed."""
    registered = find_version(aws, "mortgage", 1).metadata["PipelineExecutionArn"]
    with pytest.raises(UsageError, match="is of register of 'mortgage'; a version is rejected for a run of"):
        read_failure(aws, model, registered)

    deploy(aws, "payroll-monitor-batch-local", definition(fail_step()))
    foreign = start(aws, "payroll-monitor-batch-local")
    with pytest.raises(UsageError, match="of 'payroll'"):
        read_failure(aws, model, foreign)

    name = "mortgage-monitor-ground-truth-local"
    deploy(aws, name, definition(processing_step(aws.environment, "import time; time.sleep(60)")))
    with pytest.raises(UsageError, match="is Executing: wait for its end with follow"):
        read_failure(aws, model, start(aws, name))
