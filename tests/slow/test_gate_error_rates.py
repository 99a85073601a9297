"""The gate's promise, measured on the example through the code that decides."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.gate_error_rates import Rates, describe, rates, wilson

BATCHES = 200

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_honest_batches_are_refused_at_most_as_often_as_promised(capsys: pytest.CaptureFixture[str]) -> None:
    """Of 200 honest batches, each with a baseline of its own, at most 5 % are refused."""
    found = rates(BATCHES, 600, shifted=False)
    with capsys.disabled():
        print(f"\n{describe('honest', found)}")

    assert found.share() <= 0.05
    assert found.share("pass") >= 0.9


def test_the_planted_shift_is_caught(capsys: pytest.CaptureFixture[str]) -> None:
    """Of 200 batches with the planted shift at least 90 % are refused, the confidence interval included."""
    found = rates(BATCHES, 600, shifted=True)
    with capsys.disabled():
        print(f"\n{describe('shifted', found)}")

    assert found.interval()[0] >= 0.9


def test_the_interval_is_wilsons() -> None:
    """The printed interval is the score interval: for 10 of 200, 2.7 % to 9.0 %."""
    low, high = wilson(10, 200)

    assert low == pytest.approx(0.0274, abs=5e-4)
    assert high == pytest.approx(0.0896, abs=5e-4)
    assert Rates(Counter({"refused": 10, "pass": 190})).share() == 0.05
