"""What an ended execution concluded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put_if_missing
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import Step, follow
from sagemaker_monitor.operations.job_log import tails
from sagemaker_monitor.operations.outcome import Outcome, conclude, whose
from tests.operations.emulated import (
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


@pytest.mark.parametrize("status", ["CompletedWithFailures", "Stopped"])
def test_only_an_execution_that_succeeded_is_open(aws: Aws, status: str) -> None:
    """An open verdict beside an execution that did not end well concludes nothing."""
    arn = register_version(aws)
    put_verdict(aws, make_verdict(aws.environment, arn))

    found = conclude(aws, replace(list(follow(aws, arn))[-1], status=status))

    assert found.conclusion == "broken"
    assert found.problem == f"the verdict is pass, but the execution is {status}"


def test_no_verdict_is_broken(aws: Aws, failed: str) -> None:
    """An execution that left nothing is no refusal."""
    found = outcome(aws, failed)

    assert found.conclusion == "broken"
    assert found.problem == "it left no verdict: step Refuse Failed before any check"


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


@pytest.mark.parametrize(("steps", "conclusion"), [((), "done"), ((fail_step(),), "broken")])
def test_a_foreign_pipeline_has_its_own_end(
    aws: Aws, steps: tuple[dict[str, Any], ...], conclusion: str
) -> None:
    """No verdict is expected of a pipeline of somebody else: it succeeded, or it did not."""
    deploy(aws, "payroll", definition(*(steps or (register_step(aws.environment),))))

    found = outcome(aws, start(aws, "payroll"))

    assert (found.conclusion, found.is_ours, found.verdict) == (conclusion, False, None)
    assert "'payroll' is none of this package's pipelines" in found.problem


def test_a_deleted_pipeline_takes_its_executions_along(aws: Aws) -> None:
    """As AWS documents it; whose an execution was is still told by its ARN."""
    name = "mortgage-register-local"
    deploy(aws, name, definition(fail_step()))
    arn = start(aws, name)
    wait(aws, arn)
    aws.call("sagemaker", "delete_pipeline", PipelineName=name)

    with pytest.raises(UsageError, match=f"there is no execution {arn} in 'local'"):
        outcome(aws, arn)
    assert whose(aws, arn) == ("mortgage", "register")
    with pytest.raises(UsageError, match=r"'payroll' is none .*, and it was deleted"):
        whose(aws, arn.replace(name, "payroll"))


def test_a_broken_job_tells_how_its_log_ends(aws: Aws) -> None:
    """The last lines come from CloudWatch Logs, with the stream where all of them are."""
    code = "print('reading rows'); raise SystemExit('no column income')"
    deploy(aws, "mortgage-register-local", definition(processing_step(aws.environment, code)))

    found = outcome(aws, start(aws, "mortgage-register-local"))

    (log,) = found.logs
    assert (log.step, log.group) == ("Join", "/aws/sagemaker/ProcessingJobs")
    assert log.stream.startswith(f"{log.job}/algo-1-")
    assert set(log.lines) == {"reading rows", "no column income"}
    assert found.problem == "it left no verdict: step Join Failed before any check"


def test_a_log_that_may_not_be_read_is_said_to_be_so(aws: Aws) -> None:
    """Where there is no log, the step is told all the same."""
    step = Step("Join", "ProcessingJob", "Failed", None, None, "", job_arn="arn:a:s:r:0:processing-job/gone")

    (log,) = tails(aws, [step])

    assert (log.lines, log.problem, log.job) == ((), "it logged nothing", "gone")
