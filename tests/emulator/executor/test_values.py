"""What expressions, conditions, parameters and generated names are worth, without running anything."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.definition import (
    ExpressionError,
    Parameter,
    parse,
    parse_path,
    parse_reference,
)
from sagemaker_monitor.emulator.executor.conditions import holds
from sagemaker_monitor.emulator.executor.failure import StepFailed
from sagemaker_monitor.emulator.executor.parameters import ParameterError, bind
from sagemaker_monitor.emulator.executor.resolver import Values, as_text
from sagemaker_monitor.emulator.executor.task import Task
from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.state import Store


@pytest.fixture
def values(tmp_path: Path) -> Any:
    """Values of one parameter, one execution variable, and one step that succeeded."""
    store = Store.open(tmp_path / "state.db", "us-east-1")
    properties = {"A": {"Outputs": [{"OutputName": "x", "Uri": "s3://x"}], "Tags": {"a b": "c"}}}
    yield Values(
        {"P": 1}, {"PipelineName": "p"}, {}, S3Directory(tmp_path, store, "us-east-1"), dict(properties)
    )
    store.close()


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Get": "Parameters.P"}, 1),
        ({"Get": "Execution.PipelineName"}, "p"),
        ({"Get": "Steps.A.Outputs['x'].Uri"}, "s3://x"),
        ({"Get": "Steps.A.Outputs[0].Uri"}, "s3://x"),
        ({"Get": "Steps.A.Tags['a b']"}, "c"),
        ({"Std:Join": {"On": "/", "Values": ["a", {"Get": "Parameters.P"}, True, 0.5]}}, "a/1/true/0.5"),
        ({"Std:Join": {"On": "", "Values": []}}, ""),
        ({"a": [{"Get": "Parameters.P"}, None], "gone": None}, {"a": [1, None]}),
        ({"Get": "Parameters.P", "Else": 1}, {"Get": "Parameters.P", "Else": 1}),
    ],
)
def test_expressions_become_their_values(values: Values, node: Any, value: Any) -> None:
    """Everything else is left as it is, absent members are dropped."""
    assert values.resolve(node) == value


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ({"Get": "Steps.B.Uri"}, "step 'B' did not succeed"),
        ({"Get": "Steps.A.Outputs['y'].Uri"}, "there is nothing called 'y'"),
        ({"Get": "Steps.A.Outputs[1].Uri"}, "there is no 1 in a list of 1"),
        ({"Get": "Steps.A.Nope"}, "there is no 'Nope' in an object with Outputs, Tags"),
        (
            {"Std:Join": {"On": "", "Values": [{"Get": "Steps.A.Tags"}]}},
            "an object with a b cannot be joined",
        ),
        (
            {"Std:JsonGet": {"S3Uri": "s3://b/none", "Path": "a"}},
            "the property file s3://b/none cannot be read",
        ),
    ],
)
def test_an_expression_without_a_value_fails_the_step(values: Values, node: Any, reason: str) -> None:
    """The reason names the expression and what there is instead."""
    with pytest.raises(StepFailed, match=re.escape(reason)):
        values.resolve(node)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Type": "Equals", "LeftValue": 1, "RightValue": 1.0}, True),
        ({"Type": "Equals", "LeftValue": "a", "RightValue": "b"}, False),
        ({"Type": "GreaterThan", "LeftValue": 1, "RightValue": 1}, False),
        ({"Type": "GreaterThanOrEqualTo", "LeftValue": 1, "RightValue": 1}, True),
        ({"Type": "LessThan", "LeftValue": 0.5, "RightValue": 1}, True),
        ({"Type": "LessThanOrEqualTo", "LeftValue": 2, "RightValue": 1}, False),
        ({"Type": "In", "QueryValue": "a", "Values": ["b", "a"]}, True),
        ({"Type": "In", "QueryValue": 1, "Values": ["1", True]}, False),
        ({"Type": "Not", "Condition": {"Type": "In", "QueryValue": 1, "Values": [2]}}, True),
        (
            {
                "Type": "Or",
                "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": n} for n in (2, 1)],
            },
            True,
        ),
        ({"Type": "Or", "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 2}]}, False),
    ],
)
def test_conditions_hold_or_not(condition: dict[str, Any], expected: bool) -> None:
    """Numbers compare across Integer and Float; a truth value is no number."""
    assert holds(condition) is expected


@pytest.mark.parametrize(
    "condition",
    [
        {"Type": "Equals", "LeftValue": "1", "RightValue": 1},
        {"Type": "Equals", "LeftValue": True, "RightValue": 1},
        {"Type": "LessThan", "LeftValue": "a", "RightValue": "b"},
        {"Type": "GreaterThan", "LeftValue": True, "RightValue": 0},
    ],
)
def test_what_cannot_be_compared_fails(condition: dict[str, Any]) -> None:
    """Values of different types are neither equal nor different."""
    with pytest.raises(StepFailed, match="ClientError: "):
        holds(condition)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("Boolean", "True", True), ("Boolean", "false", False), ("Integer", "-3", -3), ("Float", "2", 2.0),
        ("Float", "1e-3", 0.001), ("Float", ".5", 0.5), ("String", "True", "True"), ("String", "", ""),
    ],
)  # fmt: skip
def test_a_parameter_is_read_by_its_type(kind: str, text: str, value: Any) -> None:
    """Clients send text; what steps see has the declared type."""
    bound = bind({"P": Parameter("P", kind)}, [{"Name": "P", "Value": text}])["P"]

    assert (bound, type(bound)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Integer", ""),
        ("Integer", " 1"),
        ("Integer", "9" * 20),
        ("Float", "1e999"),
        ("Float", "inf"),
        ("Boolean", "1"),
    ],
)
def test_a_parameter_of_another_type_is_refused(kind: str, text: str) -> None:
    """Python would read some of these, JSON has none of them."""
    with pytest.raises(ParameterError, match=f"parameter 'P' is of type {kind}"):
        bind({"P": Parameter("P", kind)}, [{"Name": "P", "Value": text}])


@pytest.mark.parametrize("text", ["a..b", "a[b]", "a['b]", "a[-1]", "$..a", "a[*]", "a b"])
def test_a_path_that_is_none_is_refused(text: str) -> None:
    """Only members, positions and quoted names are understood."""
    with pytest.raises(ExpressionError, match="is no path"):
        parse_path(text)


@pytest.mark.parametrize("text", ["", "Parameters", "Parameters.", "Step.A.B", "Parameters.P.x", None, 1])
def test_a_reference_that_is_none_is_refused(text: Any) -> None:
    """Three kinds of targets exist, and only steps have properties."""
    with pytest.raises(ExpressionError):
        parse_reference(text)


@given(st.lists(st.from_regex(r"[A-Za-z_]\w{0,5}", fullmatch=True) | st.integers(0, 99), max_size=5))
def test_paths_are_read_back(parts: list[str | int]) -> None:
    """Whatever is written as a path is read as the same steps, with or without the leading $."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)

    assert parse_path(text.removeprefix(".")) == parse_path(f"${text}") == tuple(parts)


@given(st.text(), st.integers() | st.floats() | st.booleans())
def test_text_is_joined_as_it_is(text: str, value: Any) -> None:
    """Joining changes no text and fails for no single value."""
    assert as_text(text) == text
    assert as_text(value)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_generated_names_are_names_of_jobs(step_name: str) -> None:
    """From every step name comes a fresh name that CreateProcessingJob takes."""
    task = Task(None, None, "abcdefghijkl", step_name, {}, {}, None)  # type: ignore[arg-type]
    shape = wire.service_model().shape_for("ProcessingJobName")

    names = {task.new_name() for _ in range(3)}

    assert len(names) == 3
    assert [problem for name in names for problem in wire.problems(shape, name)] == []
    assert all(name.startswith("pipelines-abcdefghijkl-") for name in names)


def test_dependencies_are_named_and_read() -> None:
    """A step waits for what it names and what its own expressions read, not for what its branches read."""
    inner = {"Name": "In", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Steps.C.Outcome"}}}
    compares = {"Type": "Equals", "LeftValue": {"Get": "Steps.A.Outcome"}, "RightValue": "True"}
    gate = {
        "Name": "Gate", "Type": "Condition", "DependsOn": ["B", {"Step": "D", "Trigger": "Failed"}],
        "Arguments": {"Conditions": [compares], "IfSteps": [inner], "ElseSteps": []},
    }  # fmt: skip

    definition, findings = parse({"Version": "2020-12-01", "Steps": [gate]})
    outer, nested = definition.walk()

    assert findings == ()
    assert [(item.step, item.trigger) for item in outer.dependencies] == [
        ("B", "Completed"), ("D", "Failed"), ("A", "Completed"),
    ]  # fmt: skip
    assert [item.step for item in nested.dependencies] == ["C"]
    assert nested.guard == (("Gate", "True"),)


def test_no_thread_is_left_behind(emulator: Any, start: Any) -> None:
    """When an execution has ended, so have its threads."""
    from .conftest import fail

    assert start([fail("Refuse")]).wait() == "Failed"
    for thread in threading.enumerate():
        if thread.name.startswith(("execution-", "step")):
            thread.join(timeout=5)
            assert not thread.is_alive()
