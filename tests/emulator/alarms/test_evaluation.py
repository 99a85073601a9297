"""An alarm's state by its data points, against the tables of CloudWatch's documentation."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_monitor.emulator.alarms.evaluation import evaluate, unable

MISSING = ("missing", "ignore", "breaching", "notBreaching")


def alarm(periods: int, needed: int, **changes: Any) -> dict[str, Any]:
    """Return an alarm that data above 0.5 breach."""
    return {
        "Statistic": "Maximum",
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": needed,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        **changes,
    }


def states(points: str, periods: int, needed: int) -> list[str]:
    """Return the state by each way to treat missing data; 0 is fine, X breaches, - is missing."""
    values = [{"0": 0.0, "X": 1.0, "-": None}[each] for each in points.split()]
    found = [evaluate(alarm(periods, needed, TreatMissingData=each), values) for each in MISSING]
    return ["Retain" if each is None else each.value for each in found]


INSUFFICIENT = "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("0 - X - X", ["OK", "OK", "OK", "OK"]),
        ("0 - - - -", ["OK", "OK", "OK", "OK"]),
        ("- - - - -", [INSUFFICIENT, "Retain", "ALARM", "OK"]),
        ("0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("- - - - X", [INSUFFICIENT, "Retain", "ALARM", "OK"]),
        ("X - - - -", ["ALARM", "Retain", "ALARM", "OK"]),
    ],
)
def test_three_of_three_as_documented(points: str, expected: list[str]) -> None:
    """The first table of CloudWatch's page on missing data, the oldest point first."""
    assert states(points, 3, 3) == expected


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 - X - -", ["OK", "OK", "ALARM", "OK"]),
        ("- - - - 0", ["OK", "OK", "ALARM", "OK"]),
        ("- - - - X", [INSUFFICIENT, "Retain", "ALARM", "OK"]),
    ],
)
def test_two_of_three_as_documented(points: str, expected: list[str]) -> None:
    """The second table, of an alarm that two datapoints of three are enough for."""
    assert states(points, 3, 2) == expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("GreaterThanThreshold", "OK"),
        ("GreaterThanOrEqualToThreshold", "ALARM"),
        ("LessThanThreshold", "OK"),
        ("LessThanOrEqualToThreshold", "ALARM"),
    ],
)
def test_a_value_at_the_threshold(operator: str, expected: str) -> None:
    """Is beyond it where the comparison says equal."""
    found = evaluate(alarm(1, 1, ComparisonOperator=operator), [0.5])
    assert found is not None
    assert found.value == expected


def test_one_of_one_has_the_state_of_the_last_value_and_keeps_it() -> None:
    """As alarms of a model are made: late data are found, and a silent hour changes nothing."""
    mine = alarm(1, 1, TreatMissingData="ignore")
    assert evaluate(mine, [None, None, None]) is None
    found = evaluate(mine, [0.0, 1.0, None])
    assert found is not None
    assert (found.value, found.reason) == (
        "ALARM",
        "Threshold Crossed: [1] greater than the threshold (0.5).",
    )


def test_what_is_not_evaluated_is_named() -> None:
    """Instead of a state that nobody computed."""
    assert unable(alarm(1, 1)) is None
    assert unable({**alarm(1, 1), "Statistic": None, "ExtendedStatistic": "p90"}) == (
        "the statistic p90 is not evaluated"
    )
    assert unable({"Metrics": [{}]}) == "metric math is not evaluated"
