"""Callback steps: the message on the queue, the answer, and what the execution makes of both."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.emulator.conftest import RunningEmulator

from .conftest import ROLE, Execution, Start, condition, definition, get, script


@pytest.fixture(scope="module")
def queue(emulator: Any) -> str:
    """The URL of a queue that AWS's clients read."""
    return str(emulator.client("sqs").create_queue(QueueName="callbacks")["QueueUrl"])


def ask(name: str, queue: str, outputs: dict[str, str] | None = None, **inputs: Any) -> dict[str, Any]:
    """Return a Callback step as the SDK writes it."""
    declared = [{"OutputName": name, "OutputType": kind} for name, kind in (outputs or {}).items()]
    fields = {"SqsQueueUrl": queue, "OutputParameters": declared}
    return {"Name": name, "Type": "Callback", "Arguments": inputs, **fields}


def receive(emulator: Any, queue: str) -> dict[str, Any]:
    """Return the body of the next message, which is taken off the queue."""
    sqs = emulator.client("sqs")
    deadline = time.monotonic() + 20
    while not (found := sqs.receive_message(QueueUrl=queue).get("Messages")):
        assert time.monotonic() < deadline, "no message came"
        time.sleep(0.02)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=found[0]["ReceiptHandle"])
    body: dict[str, Any] = json.loads(found[0]["Body"])
    return body


def succeed(sagemaker: Any, token: str, **outputs: str) -> None:
    """Answer a token with outputs."""
    given = [{"Name": name, "Value": value} for name, value in outputs.items()]
    sagemaker.send_pipeline_execution_step_success(CallbackToken=token, OutputParameters=given)


def test_the_message_is_awss_and_typed_outputs_reach_later_steps(
    emulator: Any, sagemaker: Any, start: Start, queue: str
) -> None:
    """Token, ARN, typed arguments and status are sent; the answer's outputs keep their types."""
    step = ask(
        "Ask", queue, {"score": "Float", "by": "String"}, limit=get("Parameters.Limit"), word="some-arg"
    )
    orders = {
        "Type": "GreaterThan",
        "LeftValue": get("Steps.Ask.OutputParameters['score']"),
        "RightValue": 0.5,
    }
    gate = condition("Gate", 1, 1, [script("Yes", "pass", get("Steps.Ask.OutputParameters['by']"))], [])
    gate["Arguments"]["Conditions"] = [orders]
    execution = start([step, gate], [{"Name": "Limit", "Type": "Integer", "DefaultValue": 5}])

    message = receive(emulator, queue)
    waiting = execution.steps()["Ask"]
    succeed(sagemaker, message["token"], score="0.75", by="somebody")

    assert execution.wait() == "Succeeded"
    assert message == {
        "token": message["token"],
        "pipelineExecutionArn": execution.arn,
        "arguments": {"limit": 5, "word": "some-arg"},
        "status": "Executing",
    }
    assert waiting["StepStatus"] == "Executing"
    assert waiting["Metadata"] == {"Callback": {"CallbackToken": message["token"], "SqsQueueUrl": queue}}
    steps = execution.steps()
    outputs = [{"Name": "score", "Value": "0.75"}, {"Name": "by", "Value": "somebody"}]
    assert steps["Ask"]["Metadata"]["Callback"]["OutputParameters"] == outputs
    assert steps["Gate"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    assert steps["Yes"]["StepStatus"] == "Succeeded"


def test_a_failure_is_the_steps_reason(emulator: Any, sagemaker: Any, start: Start, queue: str) -> None:
    """SendPipelineExecutionStepFailure fails the step with its words; the answer says whose step it was."""
    execution = start([ask("Ask", queue)])

    token = receive(emulator, queue)["token"]
    answer = sagemaker.send_pipeline_execution_step_failure(
        CallbackToken=token, FailureReason="nobody agreed"
    )

    assert answer["PipelineExecutionArn"] == execution.arn
    assert execution.wait() == "Failed"
    assert execution.steps()["Ask"]["FailureReason"] == "nobody agreed"


def test_a_stop_sends_a_second_message_and_waits_for_the_answer(
    emulator: Any, sagemaker: Any, start: Start, queue: str
) -> None:
    """Only the answer ends a stopped execution, as AWS documents; no further step starts."""
    execution = start([ask("Ask", queue, n=1), script("After", DependsOn=["Ask"])])
    token = receive(emulator, queue)["token"]

    sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution.arn)
    second = receive(emulator, queue)
    time.sleep(0.1)
    before = execution.describe()["PipelineExecutionStatus"], execution.statuses()
    succeed(sagemaker, token)

    assert (second["token"], second["status"], second["arguments"]) == (token, "Stopping", {"n": 1})
    assert before == ("Stopping", {"Ask": "Stopping"})
    assert execution.wait() == "Stopped"
    assert execution.statuses() == {"Ask": "Succeeded"}


def test_bad_answers_are_refused_and_the_step_goes_on_waiting(
    emulator: Any, sagemaker: Any, start: Start, queue: str
) -> None:
    """An unknown token, undeclared and mistyped outputs say what is wrong; a token counts once."""
    execution = start([ask("Ask", queue, {"count": "Integer"})])
    token = receive(emulator, queue)["token"]
    request_token = secrets.token_hex(16)

    for given, outputs, text in (
        ("x" * 10, {}, "ResourceNotFound"),
        (token, {"cuont": "1"}, "did you mean 'count'?"),
        (token, {"count": "1.5"}, "output 'count' is of type Integer; '1.5' is given"),
    ):
        with pytest.raises(ClientError) as refused:
            succeed(sagemaker, given, **outputs)
        assert text in str(refused.value)
    assert execution.statuses() == {"Ask": "Executing"}

    for _ in range(2):  # the second is the same request again
        sagemaker.send_pipeline_execution_step_success(
            CallbackToken=token,
            OutputParameters=[{"Name": "count", "Value": "3"}],
            ClientRequestToken=request_token,
        )
    with pytest.raises(sagemaker.exceptions.ConflictException, match="was answered before"):
        sagemaker.send_pipeline_execution_step_failure(CallbackToken=token)
    assert execution.wait() == "Succeeded"


def test_a_queue_that_is_not_there_fails_the_step(start: Start, emulator: Any) -> None:
    """The reason names the queue and what SQS says of it."""
    execution = start([ask("Ask", f"{emulator.url}/000000000000/nowhere")])

    assert execution.wait() == "Failed"
    reason = execution.steps()["Ask"]["FailureReason"]
    assert "nowhere" in reason
    assert "NonExistentQueue" in reason


def test_awss_own_queue_urls_work(emulator: Any, sagemaker: Any, start: Start, queue: str) -> None:
    """A queue under its name at amazonaws.com is the emulator's of that name."""
    execution = start([ask("Ask", "https://sqs.us-east-1.amazonaws.com/000000000000/callbacks")])

    succeed(sagemaker, receive(emulator, queue)["token"])

    assert isinstance(execution, Execution)
    assert execution.wait() == "Succeeded"


@pytest.mark.long
def test_a_stopped_emulator_waits_for_nobody_and_the_execution_can_be_retried(tmp_path: Path) -> None:
    """After a restart the execution has failed; its old token is void, and a retry sends another."""
    first = RunningEmulator(Server(EmulatorConfig(tmp_path, port=0)).start())
    queue = first.client("sqs").create_queue(QueueName="again")["QueueUrl"].rpartition("/")[2]
    url = f"https://sqs.us-east-1.amazonaws.com/000000000000/{queue}"
    sagemaker = first.client("sagemaker")
    steps = [script("Before"), ask("Ask", url, DependsOn=["Before"])]
    steps[1]["DependsOn"] = steps[1]["Arguments"].pop("DependsOn")
    sagemaker.create_pipeline(PipelineName="again", PipelineDefinition=definition(steps), RoleArn=ROLE)
    arn = sagemaker.start_pipeline_execution(PipelineName="again")["PipelineExecutionArn"]
    token = receive(first, f"{first.url}/000000000000/{queue}")["token"]

    first.close()
    second = RunningEmulator(Server(EmulatorConfig(tmp_path, port=0)).start())
    try:
        execution = Execution(second.client("sagemaker"), arn)
        described, before = execution.describe(), execution.steps()["Before"]
        with pytest.raises(ClientError, match="is not waited for any more"):
            succeed(execution.sagemaker, token)
        second.client("sqs").create_queue(QueueName="again")  # queues are forgotten, executions are not
        execution.sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
        succeed(execution.sagemaker, receive(second, f"{second.url}/000000000000/{queue}")["token"])

        assert described["PipelineExecutionStatus"] == "Failed"
        assert "the emulator was stopped" in described["FailureReason"]
        assert execution.wait() == "Succeeded"
        assert execution.steps()["Before"] == before
    finally:
        second.close()
