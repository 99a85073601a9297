"""Which rule speaks, and what it lets pass."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.analysis.decision.rules import Offsets, limit, rule_for
from sagemaker_monitor.analysis.decision.spec import Rule
from tests.analysis.decision.cases import spec

RULES = (
    Rule("bias/DI/black", "ignore"),
    Rule("bias/DI/*", "warn", between=(0.8, 1.25)),
    Rule("bias/*", "fail", tolerance=0.1),
)
finite = st.floats(-5, 5)


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("bias/DI/black", "bias/DI/black"),
        ("bias/DI/old", "bias/DI/*"),
        ("bias/DPL/black", "bias/*"),
        ("quality/recall", None),
        ("bias/di/old", "bias/*"),
    ],
)
def test_first_match_wins(name: str, match: str | None) -> None:
    """The first rule whose pattern fits speaks, and case matters."""
    known = spec()
    rule = rule_for(replace(known, gate=replace(known.gate, rules=RULES)), name)

    assert (rule.match if rule else None) == match


@given(base=finite, value=finite, tolerance=st.floats(0, 2), neutral=st.sampled_from([0.0, 1.0]))
def test_tolerance_is_crossed_only_far_away_and_with_grown_bias(
    base: float, value: float, tolerance: float, neutral: float
) -> None:
    """A tolerance limit is the one interval that says: within the tolerance, or no farther from neutral."""
    far = abs(value - base) - tolerance
    grown = abs(value - neutral) - abs(base - neutral)
    crossed = limit(Rule("*", "fail", tolerance=tolerance), base, neutral).crossed_by(value)

    if min(abs(far), abs(grown)) > 1e-6:
        assert crossed == (far > 0 and grown > 0)


@pytest.mark.parametrize(
    ("rule", "low", "high"),
    [
        (Rule("*", "fail", between=(0.8, 1.25)), 0.8, 1.25),
        (Rule("*", "fail", minimum=0.8), 0.8, None),
        (Rule("*", "fail", maximum=0.2), None, 0.2),
        (Rule("*", "fail"), -0.3, 0.3),
        (Rule("*", "fail", tolerance=0.1), -0.4, 0.3),
    ],
)
def test_limits(rule: Rule, low: float | None, high: float | None) -> None:
    """Every kind of limit is an interval; without any it is SageMaker's |current| > |baseline|."""
    found = limit(rule, -0.3, 0.0)

    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)


def test_values_on_the_limit_pass() -> None:
    """Both ends of a limit belong to it, and the noise of floating point does not cross it."""
    found = limit(Rule("*", "fail", between=(0.1, 0.3)), 0.0, 0.0)

    assert not found.crossed_by(0.3)
    assert not found.crossed_by(0.1 + 0.2)
    assert found.crossed_by(0.3001)


def test_an_infinite_baseline_lets_everything_pass() -> None:
    """Bias that was infinite cannot grow."""
    found = limit(Rule("*", "fail", tolerance=0.1), math.inf, 0.0)

    assert (found.low, found.high) == (None, None)
    assert not found.crossed_by(-math.inf)


def test_an_infinite_value_crosses_a_finite_limit() -> None:
    """A metric that became infinite has grown beyond any tolerance."""
    assert limit(Rule("*", "fail", tolerance=0.1), 0.5, 0.0).crossed_by(math.inf)


def test_chance_that_reaches_infinity_sets_no_limit() -> None:
    """Where honest batches reach infinity there is no upper limit, and none is invented."""
    found = limit(Rule("*", "fail", tolerance="calibrated"), 0.5, 0.0, Offsets(up=math.inf, down=0.2))

    assert (found.low, found.high) == (-0.5, None)


@pytest.mark.parametrize(
    ("direction", "base", "value", "crosses"),
    [
        (None, 0.8, 1.0, True),
        (None, 0.8, 0.3, False),
        ("both", 0.8, 1.0, True),
        ("worse", 0.8, 1.0, False),
        ("worse", 0.8, 1.19, False),
        ("worse", 0.8, 1.21, True),
        ("worse", 1.1, 1.2, True),
        ("worse", 1.1, 0.8, False),
    ],
)
def test_di_that_improves_need_not_cross_sagemakers_rule(
    direction: str | None, base: float, value: float, crosses: bool
) -> None:
    """SageMaker flags DI that rises to its neutral 1; told that worse alone counts, the rule lets it pass."""
    rule = Rule("*", "fail", direction=direction)

    assert limit(rule, base, 1.0).crossed_by(value) == crosses


@pytest.mark.parametrize(("direction", "low"), [(None, None), ("worse", None), ("both", 0.2)])
def test_a_tolerance_may_count_improvements(direction: str | None, low: float | None) -> None:
    """Bias that shrank by more than the tolerance crosses where the policy asks for both directions."""
    found = limit(Rule("*", "fail", tolerance=0.1, direction=direction), 0.3, 0.0)

    assert found.high == pytest.approx(0.4)
    assert found.low == pytest.approx(-0.3 if low is None else low)


def test_a_baseline_without_a_value_sets_no_limit_in_any_direction() -> None:
    """What cannot be compared crosses nothing."""
    for direction in (None, "worse"):
        found = limit(Rule("*", "fail", direction=direction), math.nan, 1.0)

        assert not found.crossed_by(5.0)
