"""Lambda steps: a registered Python callable runs in a process of its own, and its answer is typed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.functions.registry import FunctionError, functions_of
from sagemaker_monitor.emulator.server import Server
from tests.emulator.conftest import RunningEmulator

from .conftest import Start, condition, get, script

CODE = """
import json, os, time
import boto3

def handler(event, context):
    print("event", json.dumps(event, sort_keys=True))
    return {"statusCode": 200, "total": event["a"] + event["b"], "share": 0.5, "ok": True,
            "name": context.function_name, "nested": {"x": [1]}}

def look(event, context):
    return {"secrets": ",".join(sorted(name for name in os.environ if "SECRET" in name)),
            "buckets": len(boto3.client("s3").list_buckets()["Buckets"]),
            "left": context.get_remaining_time_in_millis() > 0}

def breaks(event, context):
    raise ValueError("no such model")

def ends(event, context):
    os._exit(3)

def sleeps(event, context):
    time.sleep(event["seconds"])
    return {"total": "no number"}
"""


def call(name: str, function: str, outputs: dict[str, str] | None = None, **inputs: Any) -> dict[str, Any]:
    """Return a Lambda step as the SDK writes it."""
    declared = [{"OutputName": name, "OutputType": kind} for name, kind in (outputs or {}).items()]
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function}"
    return {
        "Name": name,
        "Type": "Lambda",
        "Arguments": inputs,
        "FunctionArn": arn,
        "OutputParameters": declared,
    }


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator in which functions are registered; a secret in its environment must not reach them."""
    folder = tmp_path_factory.mktemp("functions")
    (folder / "code.py").write_text(CODE)
    (folder / "functions.json").write_text(
        '{"sum": "code.py:handler", "look": "code.py:look", "breaks": "code.py:breaks",'
        ' "ends": "code.py:ends", "slow": "code.py:sleeps@1", "typed": "code.py:sleeps"}'
    )
    os.environ["MY_SECRET"] = "hidden"
    functions = functions_of(folder / "functions.json", ["json=json:dumps@5"])
    running = RunningEmulator(
        Server(EmulatorConfig(tmp_path_factory.mktemp("e"), port=0, functions=functions)).start()
    )
    yield running
    running.close()
    del os.environ["MY_SECRET"]


def test_what_a_function_returns_is_typed_for_later_steps(start: Start, emulator: RunningEmulator) -> None:
    """Inputs arrive typed; declared outputs have their types, nested ones are a single text."""
    outputs = {"total": "Integer", "share": "Float", "ok": "Boolean", "name": "String", "nested": "String"}
    gate = condition("Gate", get("Steps.Sum.OutputParameters['total']"), 5, [
        condition("Ok", get("Steps.Sum.OutputParameters['ok']"), True,
                  [script("Yes", "pass", get("Steps.Sum.OutputParameters['nested']"))], []),
    ], [])  # fmt: skip
    execution = start(
        [call("Sum", "sum", outputs, a=get("Parameters.A"), b=3), gate],
        [{"Name": "A", "Type": "Integer", "DefaultValue": 2}],
    )

    assert execution.wait() == "Succeeded"
    steps = execution.steps()
    metadata = steps["Sum"]["Metadata"]["Lambda"]
    assert metadata["Arn"].endswith(":function:sum")
    assert {item["Name"]: item["Value"] for item in metadata["OutputParameters"]} == {
        "total": "5", "share": "0.5", "ok": "true", "name": "sum", "nested": '{"x": [1]}',
    }  # fmt: skip
    assert "Yes" in steps
    logs = emulator.client("logs")
    (stream,) = logs.describe_log_streams(logGroupName="/aws/lambda/sum")["logStreams"]
    read = logs.get_log_events(logGroupName="/aws/lambda/sum", logStreamName=stream["logStreamName"])
    assert [event["message"] for event in read["events"]] == ['event {"a": 2, "b": 3}']


def test_a_function_sees_the_emulator_and_no_secrets(start: Start) -> None:
    """Its clients reach the emulator; nothing of the emulator's own environment is there."""
    execution = start([call("Look", "look", {"secrets": "String", "buckets": "Integer", "left": "Boolean"})])

    assert execution.wait() == "Succeeded"
    outputs = execution.steps()["Look"]["Metadata"]["Lambda"]["OutputParameters"]
    assert [item["Value"] for item in outputs] == ["AWS_SECRET_ACCESS_KEY", "0", "true"]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (call("F", "breaks"), "ValueError: no such model"),
        (call("F", "ends"), "its process ended with code 3 before it returned"),
        (call("F", "sum", {"totl": "Integer"}, a=1, b=1), "it returned no 'totl'; did you mean 'total'?"),
        (
            call("F", "typed", {"total": "Integer"}, seconds=0),
            "output 'total' is of type Integer; 'no number' is given",
        ),
        (call("F", "json", {"x": "String"}), "TypeError"),
        (call("F", "slow", seconds=60), "Task timed out after 1 seconds"),
    ],
)
def test_what_goes_wrong_is_the_steps_reason(start: Start, step: dict[str, Any], reason: str) -> None:
    """Exceptions, a dead process, missing and mistyped outputs, and timeouts fail the step in its words."""
    execution = start([step])

    assert execution.wait() == "Failed"
    assert reason in execution.steps()["F"]["FailureReason"]


@pytest.mark.parametrize(("function", "status"), [("typed", "Stopped"), ("slow", "Failed")])
def test_a_stop_waits_for_the_function_or_its_timeout(
    sagemaker: Any, start: Start, function: str, status: str
) -> None:
    """A function that returns leaves the execution Stopped, one that runs out of time Failed."""
    execution = start([call("F", function, seconds=0.5 if function == "typed" else 60)])
    execution.until("F", "Executing")

    sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution.arn)

    assert execution.wait() == status
    assert execution.statuses() == {"F": "Succeeded" if status == "Stopped" else "Failed"}


def test_functions_that_are_not_registered_are_refused_when_the_pipeline_is_created(start: Start) -> None:
    """The text names the function, those there are, and how to register one."""
    with pytest.raises(ClientError, match=r"no Lambda function .*:smu; registered: .*sum.*up --lambda"):
        start([call("F", "smu")])


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("sum", "is not NAME=FILE.py:FUNCTION"),
        ("sum=code.py", "'code.py' is not FILE.py:FUNCTION"),
        ("a b=code.py:f", "is no name of a Lambda function"),
        ("sum=nowhere.py:f", "cannot read .*nowhere.py: No such file"),
        ("sum=code.py:g", "does not define 'g'"),
        ("sum=broken.py:f", "is no Python"),
        ("sum=a-b:f", "'a-b' is neither a file .py nor a module's name"),
        ("sum=code.py:f@601", "has 1 to 600 seconds, not 601"),
    ],
)
def test_registering_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, text: str
) -> None:
    """Each mistake is told at once, with what is allowed."""
    (tmp_path / "code.py").write_text("def f(event, context): ...")
    (tmp_path / "broken.py").write_text("def f(")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(FunctionError, match=text):
        functions_of(None, [option])


def test_options_are_the_registry_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed to the process in the background means the same there."""
    (tmp_path / "code.py").write_text("f = print")
    monkeypatch.chdir(tmp_path)
    functions = functions_of(None, ["a=code.py:f@7", "b=code.py:f", "c=team.code:f", "d=lib/code:f"])

    monkeypatch.chdir("/")
    assert functions_of(None, functions.options) == functions
