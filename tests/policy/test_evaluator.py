"""The evaluator decides as IAM does, of what policies here consist of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.evaluator import Need, allowing

ARN = "arn:aws:s3:::bucket/a/b"


def statement(**changes: Any) -> dict[str, Any]:
    """An Allow of reading below a."""
    base = {"Sid": "S", "Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["arn:aws:s3:::bucket/a/*"]}
    return {**base, **changes}


KEY = {"StringEquals": {"k": "v"}}
LIKE = {"StringLike": {"k": ["x", "v*"]}}
ANY = {"ForAnyValue:StringEquals": {"k": "v"}}


@pytest.mark.parametrize(
    ("changes", "context", "allowed"),
    [
        ({}, {}, True),
        ({"Action": "S3:GETOBJECT"}, {}, True),
        ({"Action": "s3:PutObject"}, {}, False),
        ({"Resource": "arn:aws:s3:::bucket/A/*"}, {}, False),
        ({"Resource": "arn:aws:s3:::bucket/?/b"}, {}, True),
        ({"Resource": "arn:aws:s3:::bucket/a"}, {}, False),
        ({"Effect": "Deny"}, {}, False),
        ({"Condition": KEY}, {}, False),
        ({"Condition": KEY}, {"k": "v"}, True),
        ({"Condition": KEY}, {"k": "V"}, False),
        ({"Condition": LIKE}, {"k": "value"}, True),
        ({"Condition": {**KEY, **LIKE}}, {"k": "value"}, False),
        ({"Condition": ANY}, {"k": ["u", "v"]}, True),
        ({"Condition": ANY}, {"k": ["u"]}, False),
        ({"Condition": {"Bool": {"k": "true"}}}, {"k": "true"}, True),
    ],
)
def test_a_statement_allows_what_it_says(
    changes: dict[str, Any], context: dict[str, Any], allowed: bool
) -> None:
    """Actions in any case, resources in theirs, and every condition, of a key that is there."""
    found = allowing({"Statement": [statement(**changes)]}, Need("s3:GetObject", ARN, context))

    assert bool(found) is allowed


def test_a_deny_decides() -> None:
    """Whatever allows it besides."""
    denied = {"Statement": [statement(), statement(Effect="Deny", Action="*", Resource="*")]}

    assert allowing(denied, Need("s3:GetObject", ARN)) == []


@pytest.mark.parametrize(
    "unknown", [{"NotAction": "s3:*"}, {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]
)
def test_what_it_does_not_know_it_does_not_judge(unknown: dict[str, Any]) -> None:
    """An element or a test of another kind is an error and no answer."""
    with pytest.raises((AssertionError, KeyError)):
        allowing({"Statement": [statement(**unknown)]}, Need("s3:GetObject", ARN, {"aws:SourceIp": "1"}))
