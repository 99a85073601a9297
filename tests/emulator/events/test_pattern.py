"""Which events match a rule, by the rules of EventBridge's documentation, and what a target is given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sagemaker_monitor.emulator.events.pattern import PatternError, matches
from sagemaker_monitor.emulator.events.transformer import TransformError, input_of

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "1",
    "detail-type": "Step",
    "source": "aws.sagemaker",
    "time": "2026-11-30T06:00:00Z",
    "resources": ["arn:aws:sagemaker:eu-west-1:111122223333:pipeline/a", "b"],
    "detail": {
        "stepName": "Refuse",
        "count": 3,
        "done": True,
        "nothing": None,
        "empty": "",
        "inner": {"x": [1]},
    },
}
RULE = {"Arn": "arn:aws:events:eu-west-1:111122223333:rule/r", "Name": "r"}


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"stepName": ["Join", "Refuse"]}, True),
        ({"stepName": ["refuse"]}, False),
        ({"stepName": [{"equals-ignore-case": "refuse"}]}, True),
        ({"stepName": [{"prefix": "Ref"}]}, True),
        ({"stepName": [{"prefix": {"equals-ignore-case": "ref"}}]}, True),
        ({"stepName": [{"suffix": "use"}]}, True),
        ({"stepName": [{"wildcard": "R*f*e"}]}, True),
        ({"stepName": [{"wildcard": "R.*"}]}, False),
        ({"stepName": [{"anything-but": "Refuse"}]}, False),
        ({"stepName": [{"anything-but": ["Join", "Decide"]}]}, True),
        ({"stepName": [{"anything-but": {"prefix": "Ref"}}]}, False),
        ({"stepName": [{"anything-but": {"prefix": ["Jo", "De"]}}]}, True),
        ({"missing": [{"anything-but": "Refuse"}]}, False),
        ({"missing": [{"exists": False}]}, True),
        ({"stepName": [{"exists": False}]}, False),
        ({"stepName": [{"exists": True}]}, True),
        ({"below": {"missing": [{"exists": False}]}}, True),
        ({"count": [3]}, True),
        ({"count": ["3"]}, False),
        ({"count": [{"numeric": [">", 2, "<=", 3]}]}, True),
        ({"count": [{"numeric": ["=", 4]}]}, False),
        ({"done": [True]}, True),
        ({"done": [1]}, False),
        ({"nothing": [None]}, True),
        ({"empty": [""]}, True),
        ({"inner": {"x": [1]}}, True),
        ({"inner": {"x": [2]}}, False),
        ({"$or": [{"stepName": ["Join"]}, {"count": [3]}]}, True),
        ({"$or": [{"stepName": ["Join"]}, {"count": [4]}]}, False),
        ({"stepName": ["Refuse"], "$or": [{"count": [4]}]}, False),
    ],
)
def test_a_pattern_asks_for_everything_that_it_names(detail: dict[str, Any], expected: bool) -> None:
    """Each filter as documented; names that a pattern does not have are not looked at."""
    assert matches({"source": ["aws.sagemaker"], "detail": detail}, EVENT) is expected


def test_one_of_a_list_is_enough() -> None:
    """An event's list matches when one of its elements does."""
    assert matches({"resources": [{"suffix": "pipeline/a"}]}, EVENT)
    assert not matches({"resources": ["c"]}, EVENT)


def test_a_filter_that_is_not_done_is_named() -> None:
    """Instead of matching too much or nothing in silence."""
    with pytest.raises(PatternError, match="cidr"):
        matches({"detail": {"stepName": [{"cidr": "10.0.0.0/24"}]}}, EVENT)


def given(template: str, **paths: str) -> str:
    """Return what a target with this transformer is given of the event."""
    return input_of({"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}, RULE, EVENT)


def test_lines_of_text_keep_their_quotes() -> None:
    """As documented: strings are in quotes, and stay so; what is not in the event leaves nothing."""
    text = given(
        '"<step> by <aws.events.rule-name>"\n"<none>."', step="$.detail.stepName", none="$.detail.none"
    )
    assert text == '"Refuse by r"\n"."'


def test_a_variable_of_its_own_becomes_a_json_value() -> None:
    """A text gets quotes, a number none, and in a text the quotes are those of the template."""
    text = given('{"s": <s>, "n": <n>, "t": "is <s>"}', s="$.detail.stepName", n="$.detail.count")
    assert json.loads(text) == {"s": "Refuse", "n": 3, "t": "is Refuse"}
    assert given('{"r": <r>}', r="$.resources[1]") == '{"r":"b"}'


def test_quotes_in_a_value_break_json_inside_of_quotes() -> None:
    """EventBridge escapes nothing there."""
    event = {**EVENT, "detail": {"reason": 'no "such" file'}}
    transformer = {"InputPathsMap": {"r": "$.detail.reason"}, "InputTemplate": '{"r": "it is <r>"}'}
    with pytest.raises(TransformError, match="does not become JSON"):
        input_of({"InputTransformer": transformer}, RULE, event)
    transformer["InputTemplate"] = '{"r": <r>}'
    assert json.loads(input_of({"InputTransformer": transformer}, RULE, event)) == {"r": 'no "such" file'}


def test_without_a_transformer_a_target_gets_the_event_or_a_part_of_it_or_a_constant() -> None:
    """InputPath, Input, or nothing."""
    assert json.loads(input_of({}, RULE, EVENT)) == EVENT
    assert json.loads(input_of({"InputPath": "$.detail.inner"}, RULE, EVENT)) == {"x": [1]}
    assert input_of({"Input": "{}"}, RULE, EVENT) == "{}"
