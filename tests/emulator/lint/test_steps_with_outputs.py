"""What the linter finds in Callback and Lambda steps, and in what reads their outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sagemaker_monitor.emulator.lint import lint

from .definitions import get

ARN = "arn:aws:lambda:us-east-1:000000000000:function:notify"
Edit = Callable[[dict[str, Any], dict[str, Any]], Any]


def steps() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a Callback step, and a Lambda step that reads its output, as the SDK writes them."""
    outputs = [{"OutputName": "score", "OutputType": "Float"}, {"OutputName": "by", "OutputType": "String"}]
    queue = {"SqsQueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q", "OutputParameters": outputs}
    ask = {"Name": "Ask", "Type": "Callback", "Arguments": {"limit": get("Parameters.Limit")}, **queue}
    inputs = {"by": get("Steps.Ask.OutputParameters['by']"), "n": 1, "sure": True}
    function = {"FunctionArn": ARN, "OutputParameters": []}
    return ask, {"Name": "Tell", "Type": "Lambda", "Arguments": inputs, **function}


def findings(*found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the findings about a definition of these steps."""
    parameters = [{"Name": "Limit", "Type": "Integer", "DefaultValue": 1}]
    document = {"Version": "2020-12-01", "Parameters": parameters, "Steps": list(found)}
    return [(finding.path, finding.message) for finding in lint(document)]


def test_both_as_the_sdk_writes_them_have_no_findings() -> None:
    """Typed inputs, declared outputs and a Get of one of them pass."""
    assert findings(*steps()) == []


BAD: dict[str, tuple[Edit, str, str]] = {
    "no such output": (
        lambda _, tell: tell["Arguments"].update(by=get("Steps.Ask.OutputParameters['bye']")),
        ".Arguments.by",
        "Steps.Ask.OutputParameters.bye: no such property; did you mean 'by'?",
    ),
    "a property that is no output": (
        lambda _, tell: tell["Arguments"].update(by=get("Steps.Ask.ProcessingJobArn")),
        ".Arguments.by",
        "no such property; allowed: OutputParameters",
    ),
    "undeclared parameter": (
        lambda ask, _: ask["Arguments"].update(limit=get("Parameters.Limt")),
        "Steps[0](Ask).Arguments.limit",
        "did you mean 'Limit'?",
    ),
    "nested input": (
        lambda ask, _: ask["Arguments"].update(all={"a": 1}),
        ".Arguments.all",
        "must be a single value, nothing nested",
    ),
    "no queue": (lambda ask, _: ask.pop("SqsQueueUrl"), "Steps[0](Ask)", "'SqsQueueUrl' is missing"),
    "no function": (lambda _, tell: tell.pop("FunctionArn"), "Steps[1](Tell)", "'FunctionArn' is missing"),
    "a field of the other type": (
        lambda _, tell: tell.update(SqsQueueUrl="q"),
        "Steps[1](Tell).SqsQueueUrl",
        "unknown field 'SqsQueueUrl'",
    ),
    "unknown type of output": (
        lambda ask, _: ask["OutputParameters"][0].update(OutputType="Double"),
        ".OutputParameters[0].OutputType",
        "'Double' is not allowed",
    ),
    "an output twice": (
        lambda ask, _: ask["OutputParameters"][0].update(OutputName="by"),
        ".OutputParameters",
        "'by' is declared 2 times",
    ),
    "outputs from a parameter": (
        lambda ask, _: ask.update(OutputParameters=get("Parameters.Limit")),
        ".OutputParameters",
        "needs a literal list",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_found_where_it_is(case: str) -> None:
    """One mistake gives a finding with its path, and what is allowed."""
    edit, path, message = BAD[case]
    ask, tell = steps()
    edit(ask, tell)

    found = findings(ask, tell)

    assert [item for item in found if path in item[0] and message in item[1]], found


def test_an_output_has_the_type_that_it_declares() -> None:
    """A Float where a job needs a text is found before anything runs."""
    ask, tell = steps()
    wait = {
        "Name": "Wait",
        "Type": "Model",
        "Arguments": {"ExecutionRoleArn": get("Steps.Ask.OutputParameters['score']")},
    }

    (found,) = [item for item in findings(ask, tell, wait) if "ExecutionRoleArn" in item[0]]

    assert "needs a value of type String" in found[1]
    assert "is of type Float; wrap it in Std:Join" in found[1]
