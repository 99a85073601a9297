"""The SageMaker JSON protocol against botocore's model."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_monitor.emulator import wire

ROLE = "arn:aws:iam::000000000000:role/execution"


def _parse(operation: str, request: Any) -> dict[str, Any]:
    return wire.parse(operation, json.dumps(request).encode())


def test_a_good_request_comes_through() -> None:
    """What the model allows is returned as it was sent."""
    tags = [{"Key": "Größe:1/2", "Value": "a b_c"}]
    request = {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "x"}, "Tags": tags}

    assert _parse("CreateModel", request) == request


@pytest.mark.parametrize(
    ("operation", "request_", "text"),
    [
        (
            "CreateModel",
            {},
            "Value null at 'modelName' failed to satisfy constraint: Member must not be null",
        ),
        ("CreateModel", {"ModelName": 1}, "Value of type int at 'modelName' is not of type string"),
        ("CreateModel", {"ModelName": "m", "Foo": 1}, "Unknown member at 'foo'"),
        ("CreateModel", {"ModelName": "a_b"}, "Member must satisfy regular expression pattern: "),
        ("CreateModel", {"ModelName": "m" * 64}, "Member must have length less than or equal to 63"),
        (
            "CreateModel",
            {"ModelName": "m", "Tags": [{"Key": "a#b", "Value": "é"}]},
            "Value 'a#b' at 'tags.1.member.key'",
        ),
        ("ListModels", {"MaxResults": 101}, "Member must have value less than or equal to 100"),
        ("ListModels", {"MaxResults": 1.5}, "is not of type integer"),
        ("ListModels", {"MaxResults": True}, "is not of type integer"),
        ("ListModels", {"SortOrder": "Up"}, "Member must satisfy enum value set: [Ascending, Descending]"),
        ("ListModels", {"CreationTimeAfter": "yesterday"}, "is not of type timestamp"),
        ("CreateModel", {"ModelName": "m", "Tags": [{"Key": "a"}]}, "Value null at 'tags.1.member.value'"),
        ("CreateModel", {"ModelName": "m", "Containers": {}}, "Value of type dict at 'containers' is not of"),
        (
            "CreateModel",
            {"ModelName": "m", "PrimaryContainer": {"Environment": {"a b": "x"}}},
            "at 'primaryContainer.environment.key' failed to satisfy constraint",
        ),
    ],
)
def test_a_bad_request_is_refused_in_awss_words(operation: str, request_: Any, text: str) -> None:
    """Type, presence, length, range, pattern and enumeration are checked, and the member is named."""
    with pytest.raises(wire.ApiError) as caught:
        _parse(operation, request_)

    assert caught.value.code == "ValidationException"
    assert text in caught.value.message


def test_all_problems_are_told_within_bounds() -> None:
    """A request with hundreds of mistakes gets the first ten and a count, each value cut."""
    tags = [{"Key": "k", "Value": "v" * 100_000} for _ in range(60)]
    with pytest.raises(wire.ApiError) as caught:
        _parse("AddTags", {"ResourceArn": "arn:aws:x:us-east-1:000000000000:y", "Tags": tags})

    assert caught.value.message.startswith("62 validation errors detected: ")
    assert "and 52 more" in caught.value.message
    assert len(caught.value.message) < 6000


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    """Broken, foreign and absurdly nested JSON are client errors."""
    with pytest.raises(wire.ApiError) as caught:
        wire.parse("ListModels", body)

    assert caught.value.code == "SerializationException"


def test_an_answer_is_rendered_as_the_model_wants_it() -> None:
    """Times become epoch seconds; absent members and the store's own ones are left out."""
    model = {
        "ModelName": "m",
        "ModelArn": "arn:aws:sagemaker:us-east-1:000000000000:model/m",
        "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
        "VpcConfig": None,
        "_private": 1,
    }
    rendered = json.loads(wire.render("DescribeModel", model))

    assert rendered["CreationTime"] == 1767225600.0
    assert rendered.keys() == {"ModelName", "ModelArn", "CreationTime"}


def test_an_answer_that_the_model_does_not_allow_is_a_defect() -> None:
    """A handler cannot answer with a member that clients do not know."""
    with pytest.raises(wire.MalformedResponseError, match="foo"):
        wire.render("DescribeModel", {"Foo": 1})
    with pytest.raises(wire.MalformedResponseError, match="answers nothing"):
        wire.render("DeleteModel", {"Foo": 1})
