"""The parts of a plan: values told apart, code by lines, secrets hidden, any definition taken apart."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.operations.difference import MISSING, Difference, value_differences
from sagemaker_monitor.operations.planning.anatomy import Unit, take_apart
from sagemaker_monitor.operations.planning.code import file_differences, lines_text
from sagemaker_monitor.operations.planning.compare import compare
from sagemaker_monitor.operations.planning.masking import HIDDEN, masked
from sagemaker_monitor.operations.planning.merge import merge
from sagemaker_monitor.operations.planning.sides import Side

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
WORDS = st.sampled_from(
    ["Steps", "Name", "Type", "Arguments", "Parameters", "Condition", "IfSteps", "Get", "a"]
)
DEFINITIONS = st.recursive(
    st.none() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=25,
)


def told(before: Any, after: Any) -> list[tuple[str, str, Any, Any]]:
    """Return sign, subject and values of what differs in a value called `key`."""
    return [
        (each.sign, each.subject, each.before, each.after)
        for each in value_differences("model", "key", before, after)
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([1], [0, 1], [("~", "key", [1], [0, 1])]),
        ({"a": 1}, {"a": 1, "b": 2}, [("+", "key.b", MISSING, 2)]),
        (
            [{"name": "black", "values": [1]}],
            [{"name": "black", "values": [0]}],
            [("~", "key[0].values", [1], [0])],
        ),
        (
            [{"match": "a", "x": 1}, {"match": "c", "x": 1}],
            [{"match": "a", "x": 1}, {"match": "b", "x": 1}, {"match": "c", "x": 2}],
            [("+", "key[1]", MISSING, {"match": "b", "x": 1}), ("~", "key[2].x", 1, 2)],
        ),
        (
            [{"match": "a", "x": 1}, {"match": "b", "x": 1}],
            [{"match": "b", "x": 1}],
            [("-", "key[0]", {"match": "a", "x": 1}, MISSING)],
        ),
        ([{"match": "a"}], [{"match": "b"}], [("~", "key[0].match", "a", "b")]),
        ([], [{"match": "b"}], [("~", "key", [], [{"match": "b"}])]),
    ],
)
def test_values_are_told_apart_as_deep_as_they_are_alike(before: Any, after: Any, expected: Any) -> None:
    """One inserted element is one difference; numbers in brackets are those of the side that has it."""
    assert told(before, after) == expected


@given(before=JSON, after=JSON)
def test_values_differ_exactly_when_something_is_told(before: Any, after: Any) -> None:
    """Whatever two values are, there is a line if and only if they are not equal, and it says something."""
    found = list(value_differences("model", "key", before, after))

    assert bool(found) == (before != after)
    assert all(each.text or each.before is not each.after for each in found)


def test_long_lists_are_told_by_their_elements() -> None:
    """Of three thousand columns those that come and go are named, and how many more, and a new order."""
    old = [f"c{number}" for number in range(3000)]
    new = ["new", *old[:0:-1], *(f"d{number}" for number in range(20))]

    (difference,) = value_differences("model", "schema.features", old, new)

    assert difference.text.startswith('added "new", "d0"')
    assert ' and 13 more; removed "c0"; in another order' in difference.text
    assert len(difference.text) < 200


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b"a\nb\nc\n", b"a\nx\ny\nc\n", "2 lines added, 1 line removed"),
        (b"a\n", b"", "1 line removed"),
        (b"a\n", b"a\r\n", "other line ends"),
        (b"\xff\xfe", b"\xff\xfd\x00", "2 bytes become 3 others"),
        (b"x\n" * 9000, b"y\n" * 9001, "9000 lines become 9001 others"),
    ],
)
def test_code_is_told_by_lines(before: bytes, after: bytes, expected: str) -> None:
    """Lines added and removed, or what can be said where lines are not to be had."""
    assert lines_text(before, after) == expected


def archive(compression: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    """Return an archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


def test_an_archive_is_told_by_its_members() -> None:
    """Members that come, go and change are named below the archive."""
    found = file_differences("d.zip", archive(a=b"1\n", b=b"1\n"), archive(b=b"1\n2\n", c=b"1\n"))

    assert [(each.sign, each.subject, each.text) for each in found] == [
        ("-", "d.zip/a", "1 line"),
        ("~", "d.zip/b", "1 line added"),
        ("+", "d.zip/c", "1 line"),
    ]


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (b"no archive", "cannot be read as an archive"),
        (archive(a=b"1" * 100)[:-10], "cannot be read as an archive"),
        (archive(a=b"0" * (9 << 20)), "has 9437184 bytes"),
        (archive(zipfile.ZIP_DEFLATED, a=b"1\n"), "packed differently, the same files"),
    ],
    ids=["no archive", "cut off", "too large", "compressed"],
)
def test_an_archive_that_tells_nothing_is_one_line(before: bytes, text: str) -> None:
    """A deployed archive that is broken, too large or only packed differently is told as such."""
    (difference,) = file_differences("d.zip", before, archive(a=b"1\n"))

    assert text in difference.text


@pytest.mark.parametrize(
    ("subject", "value"),
    [
        ("Steps[A].Arguments.Environment.DATABASE", "hunter2"),
        ("Steps[A].Arguments.ApiKey", "hunter2"),
        ("parameter DatabasePassword", "hunter2"),
        ("Parameters.Token.DefaultValue", "hunter2"),
        ("Steps[A].Arguments.Container", {"db_password": "hunter2"}),
        ("Steps[A].Arguments.ContainerArguments", ["--password", "hunter2"]),
        ("Steps[A].Arguments.ContainerArguments", ["--api-token=hunter2"]),
        ("Steps[A].Arguments.Url", "https://user:hunter2@example.com/x"),
        ("Steps[A].Arguments.Url", "https://b.s3.amazonaws.com/k?X-Amz-Signature=hunter2&x=1"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(subject: str, value: Any) -> None:
    """Values of variables and of what is called a secret do not reach the screen; the difference does."""
    shown = masked(Difference("-", "pipeline", subject, before=value))

    assert "hunter2" not in repr(shown)
    assert HIDDEN in json.dumps(shown.before)


def test_a_hidden_value_that_changes_is_still_a_difference() -> None:
    """Where both sides are hidden, the line says that the values differ."""
    shown = masked(Difference("~", "pipeline", "Steps[A].Arguments.Environment.X", "one", "two"))

    assert shown.text == "another value, which is not shown"


@pytest.mark.parametrize("subject", ["schema.record_key", "storage.kms_key", "compute.checks.instance_type"])
def test_configuration_is_not_hidden(subject: str) -> None:
    """Keys of the configuration are shown as they are."""
    difference = Difference("~", "environment", subject, "a", "b")

    assert masked(difference) == difference


@settings(max_examples=300)
@given(before=DEFINITIONS, after=DEFINITIONS)
def test_any_definition_can_be_compared(before: Any, after: Any) -> None:
    """Whatever JSON is deployed: no error, and lines exactly when the two differ."""
    nothing = Unit("pipeline", {})

    found = compare("p", Side(take_apart(before), nothing, {}), Side(take_apart(after), nothing, {})).content

    assert bool(found) == (before != after)


def test_alike_in_steps_and_pipelines_is_told_once() -> None:
    """The same difference in two steps of two pipelines is one line that names all of them."""
    each = [Difference("~", "pipeline", f"Steps[{step}].Arguments.X", 1, 2) for step in ("A", "B")]

    (merged,) = merge({"register": each, "monitor-batch": each}, {})

    assert merged.subject == "Steps[A, B].Arguments.X"
    assert merged.pipelines == ("register", "monitor-batch")


def test_a_key_that_differs_in_one_of_its_pipelines_is_partial() -> None:
    """After an upsert that was cut off, the line says where it is still to be done."""
    difference = Difference("~", "model", "gate.rules[0].action", "fail", "warn")

    (merged,) = merge(
        {"monitor-batch": [difference]}, {"register": {"gate.rules"}, "monitor-batch": {"gate.rules"}}
    )

    assert (merged.pipelines, merged.is_partial) == (("monitor-batch",), True)


def test_a_thousand_steps_are_compared_in_a_second() -> None:
    """The time grows with the size of the definition, not with its square."""
    nothing = Unit("pipeline", {})
    arguments = {"ProcessingResources": {"ClusterConfig": {"InstanceType": "a", "InstanceCount": 1}}}
    steps = [{"Name": f"S{number}", "Type": "Processing", "Arguments": arguments} for number in range(1000)]
    other = json.loads(json.dumps({"Steps": steps}).replace('"a"', '"b"').replace(": 1", ": 2"))

    start = time.process_time()
    found = compare("p", *(Side(take_apart(d), nothing, {}) for d in ({"Steps": steps}, other)))
    (first, *_), merged = found.content, merge({"p": found.content}, {})

    assert (first.subject, len(merged)) == ("compute.scripts.instance_type", 2)
    assert time.process_time() - start < 2
