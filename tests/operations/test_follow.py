"""An execution is followed to its end, or for as long as one wants to wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.operations import follow as following
from sagemaker_monitor.operations.errors import OperationError, TimedOutError, UsageError
from sagemaker_monitor.operations.follow import FIRST_INTERVAL, LAST_INTERVAL, follow, look
from sagemaker_monitor.operations.stop import stop_execution
from sagemaker_monitor.settings import Environment
from tests.operations.emulated import definition, deploy, fail_step, processing_step, start, wait

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/p/execution/e"


class Answers(Aws):
    """AWS that says Executing so many times, then Succeeded."""

    def __init__(self, environment: Environment, executing: int) -> None:
        super().__init__(environment.model_copy(update={"endpoint_url": None}))
        self.left = executing

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        if operation == "list_pipeline_execution_steps":
            return {"PipelineExecutionSteps": []}
        self.left -= 1
        return {"PipelineExecutionStatus": "Executing" if self.left >= 0 else "Succeeded"}


def test_a_failed_step_is_seen_with_its_reason(aws: Aws) -> None:
    """The last snapshot has the end, the step, and why it failed."""
    deploy(aws, "p", definition(fail_step("too biased")))

    last = list(follow(aws, start(aws, "p")))[-1]

    assert last.status == "Failed"
    assert [(step.name, step.status, step.kind) for step in last.steps] == [("Refuse", "Failed", "Fail")]
    assert "too biased" in last.steps[0].reason


def test_only_changes_are_yielded(environment: Environment) -> None:
    """While nothing changes, nothing is yielded."""
    snapshots = list(follow(Answers(environment, 5), ARN, sleep=lambda _: None))

    assert [snapshot.status for snapshot in snapshots] == ["Executing", "Succeeded"]


def test_polling_slows_down_while_nothing_happens(environment: Environment) -> None:
    """On AWS the pause grows from two seconds to its bound."""
    pauses: list[float] = []

    list(follow(Answers(environment, 12), ARN, sleep=pauses.append))

    assert pauses[0] == FIRST_INTERVAL
    assert pauses == sorted(pauses)
    assert pauses[-1] == LAST_INTERVAL


class Clock:
    """Time that passes while one sleeps, and only then."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    """A clock of one's own."""
    return Clock()


def test_waiting_ends_at_the_timeout(environment: Environment, clock: Clock) -> None:
    """An execution that takes longer is left to itself at that moment, and the message says so."""
    ask = follow(Answers(environment, 99), ARN, timeout=timedelta(seconds=7), sleep=clock.sleep, clock=clock)
    with pytest.raises(TimedOutError, match=f"{ARN} is still Executing after 0:00:07; it goes on") as caught:
        list(ask)

    assert clock.now == 7
    assert caught.value.snapshot is not None


def test_a_reminder_repeats_what_did_not_change(environment: Environment, clock: Clock) -> None:
    """Logs that need a sign of life get the same snapshot again."""
    minute = timedelta(minutes=1)
    ask = follow(Answers(environment, 16), ARN, remind=minute, sleep=clock.sleep, clock=clock)

    assert [snapshot.status for snapshot in ask] == ["Executing", "Executing", "Executing", "Succeeded"]


class Failing(Answers):
    """AWS that answers once, then fails so many times, then answers again."""

    def __init__(self, environment: Environment, error: AwsError, times: int) -> None:
        super().__init__(environment, 1)
        self.error, self.times = error, times

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        if operation == "describe_pipeline_execution" and self.left == 0 and self.times:
            self.times -= 1
            raise self.error
        return super().call(service, operation, **request)


BUSY = AwsError("throttled", code="ThrottlingException", transient=True)


def test_an_outage_is_waited_out(environment: Environment, clock: Clock) -> None:
    """Throttling costs time and nothing else: it is told once, with its end, and the pauses grow."""
    notes: list[str] = []
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock.sleep(seconds)

    found = list(follow(Failing(environment, BUSY, 8), ARN, tell=notes.append, sleep=sleep, clock=clock))

    assert [snapshot.status for snapshot in found] == ["Executing", "Succeeded"]
    assert len(notes) == 2
    assert "throttled; the execution goes on" in notes[0]
    assert pauses[1] <= FIRST_INTERVAL
    assert 30 <= pauses[8] <= 60


def test_an_outage_without_end_is_an_error(environment: Environment, clock: Clock) -> None:
    """After a quarter of an hour without an answer the last error is raised."""
    with pytest.raises(AwsError, match="throttled"):
        list(follow(Failing(environment, BUSY, 10**6), ARN, sleep=clock.sleep, clock=clock))

    assert 900 <= clock.now <= 1000


def test_expired_credentials_are_told_at_once(environment: Environment, clock: Clock) -> None:
    """Waiting does not renew them."""
    expired = AwsError("the AWS credentials have expired: log in again", code="ExpiredTokenException")
    with pytest.raises(AwsError, match="have expired"):
        list(follow(Failing(environment, expired, 1), ARN, sleep=clock.sleep, clock=clock))

    assert clock.now == FIRST_INTERVAL


def test_the_jobs_of_steps_are_known(aws: Aws) -> None:
    """A step that runs a job names it, as its log's stream does."""
    deploy(aws, "p", definition(processing_step(aws.environment, "pass"), fail_step()))

    steps = {step.name: step for step in list(follow(aws, start(aws, "p")))[-1].steps}

    assert steps["Join"].job
    assert steps["Join"].job_arn.endswith(f":processing-job/{steps['Join'].job}")
    assert steps["Refuse"].job == ""


def test_a_running_execution_can_be_stopped_once(aws: Aws) -> None:
    """Its job ends, and it cannot be stopped again."""
    deploy(aws, "p", definition(processing_step(aws.environment, "import time; time.sleep(60)")))
    arn = start(aws, "p")
    stop_execution(aws, arn)

    assert wait(aws, arn) == "Stopped"
    with pytest.raises(OperationError, match="has ended meanwhile"):
        stop_execution(aws, arn)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/p", ARN + "/x"]
)
def test_what_is_no_execution_is_refused(aws: Aws, text: str) -> None:
    """Only an execution's ARN can be followed; the message shows what one looks like."""
    with pytest.raises(UsageError, match="is no execution's ARN; it looks like"):
        look(aws, text)


def test_an_execution_of_another_account_is_refused(aws: Aws) -> None:
    """An ARN of another account or region names both, and the option that helps."""
    with pytest.raises(UsageError, match="is in account 999999999999, eu-west-1; environment 'local'"):
        look(aws, ARN.replace("000000000000", "999999999999"))


def test_an_execution_that_does_not_exist_is_said_not_to(aws: Aws) -> None:
    """A well-formed ARN of nothing is a usage error."""
    with pytest.raises(UsageError, match="there is no execution"):
        look(aws, ARN)


def test_local_is_polled_fast() -> None:
    """The emulator's runs take seconds; so do not wait longer than that."""
    assert following.LOCAL_INTERVAL <= 0.2
