"""An execution is followed to its end, or for as long as one wants to wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations import follow as following
from sagemaker_monitor.operations.errors import TimedOutError, UsageError
from sagemaker_monitor.operations.follow import FIRST_INTERVAL, LAST_INTERVAL, follow, look
from sagemaker_monitor.settings import Environment
from tests.operations.emulated import definition, deploy, fail_step, start

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


def test_waiting_ends_at_the_timeout(environment: Environment) -> None:
    """An execution that takes longer is left to itself, and the message says so."""
    with pytest.raises(TimedOutError, match=f"{ARN} is still Executing after 0:00:01; it goes on"):
        list(follow(Answers(environment, 99), ARN, timeout=timedelta(seconds=1), sleep=lambda _: None))


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
