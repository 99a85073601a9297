"""What an ended execution concluded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put_if_missing
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import follow
from sagemaker_monitor.operations.outcome import Outcome, conclude
from tests.operations.emulated import (
    definition,
    deploy,
    fail_step,
    make_verdict,
    put_verdict,
    register_version,
    start,
    verdict_place,
)


@pytest.fixture
def failed(aws: Aws) -> str:
    """An execution of `register` that ended as a refusal does."""
    deploy(aws, "mortgage-register-local", definition(fail_step()))
    return start(aws, "mortgage-register-local")


def outcome(aws: Aws, arn: str) -> Outcome:
    """Return what an execution concluded."""
    return conclude(aws, list(follow(aws, arn))[-1])


@pytest.mark.parametrize(
    ("decision", "conclusion"),
    [
        ("refused", "refused"),
        ("inconclusive", "refused"),
        ("labels-missing", "refused"),
        ("no-evidence", "broken"),
        ("pass", "broken"),
        ("baseline-established", "broken"),
    ],
)
def test_a_failed_execution_is_never_open(aws: Aws, failed: str, decision: str, conclusion: str) -> None:
    """A closed verdict refuses; without evidence, or open although it failed, it is broken."""
    put_verdict(aws, make_verdict(aws.environment, failed, decision))

    assert outcome(aws, failed).conclusion == conclusion


def test_a_succeeded_execution_with_an_open_verdict_is_open(aws: Aws) -> None:
    """Verdict and execution agree."""
    arn = register_version(aws)
    put_verdict(aws, make_verdict(aws.environment, arn))

    found = outcome(aws, arn)

    assert (found.conclusion, found.model, found.pipeline) == ("open", "mortgage", "register")


def test_no_verdict_is_broken(aws: Aws, failed: str) -> None:
    """An execution that left nothing is no refusal."""
    found = outcome(aws, failed)

    assert (found.conclusion, found.problem) == ("broken", "it left no verdict")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"decision": "pass"}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_verdict_is_broken(aws: Aws, failed: str, content: bytes) -> None:
    """A file that is not a verdict is said to be none, and nothing is concluded from it."""
    put_if_missing(aws, verdict_place(aws.environment, failed), content or b" ")

    found = outcome(aws, failed)

    assert found.conclusion == "broken"
    assert "is not a verdict" in found.problem


def test_a_verdict_of_another_execution_is_not_believed(aws: Aws, failed: str) -> None:
    """A copied verdict refuses nobody and opens nothing."""
    verdict = replace(make_verdict(aws.environment, failed, "refused"), execution_arn="arn:other")
    import json

    from sagemaker_monitor.analysis.documents.verdict_json import to_json

    put_if_missing(aws, verdict_place(aws.environment, failed), json.dumps(to_json(verdict)).encode())

    assert outcome(aws, failed).conclusion == "broken"


def test_a_foreign_pipeline_is_refused(aws: Aws) -> None:
    """Only this package's pipelines leave verdicts."""
    deploy(aws, "payroll", definition(fail_step()))

    with pytest.raises(UsageError, match="'payroll' is none of this package's pipelines"):
        outcome(aws, start(aws, "payroll"))
