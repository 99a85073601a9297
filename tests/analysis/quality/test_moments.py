"""Sums, deviations and extremes equal numpy's, and do not depend on blocks or the rows' order."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.analysis.quality.moments import Moments

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200)


@given(VALUES, st.lists(st.integers(0, 200), max_size=5), st.booleans(), st.randoms(use_true_random=False))
def test_moments_are_those_of_the_definition(
    values: list[float], cuts: list[int], row_by_row: bool, shuffling: object
) -> None:
    """In any blocks and any order they are within rounding of exact arithmetic."""
    shuffled = values.copy()
    shuffling.shuffle(shuffled)  # type: ignore[attr-defined]
    found = Moments()
    for part in np.split(np.array(shuffled), sorted(cuts)):
        found = found.with_values(part, row_by_row=row_by_row)

    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / len(exact)
    assert found.count == len(values)
    assert found.mean == pytest.approx(float(mean), rel=1e-12, abs=1e-9)
    assert found.sum == pytest.approx(float(sum(exact)), rel=1e-12, abs=1e-7)
    assert found.deviation == pytest.approx(math.sqrt(variance), rel=1e-9, abs=1e-7)
    assert (found.least, found.greatest) == (min(values), max(values))


def test_both_ways_agree_with_numpy() -> None:
    """Row by row and at once are the population's deviation to twelve digits."""
    values = np.random.default_rng(0).normal(1000, 3, size=5000)

    for row_by_row in (False, True):
        found = Moments().with_values(values, row_by_row=row_by_row)
        assert found.deviation == pytest.approx(float(values.std()), rel=1e-12)


def test_the_sum_is_added_up_in_row_order() -> None:
    """The last digits are those of adding row to row, also across blocks: 0.1 ten times is not 1."""
    values = np.full(10, 0.1)

    whole = Moments().with_values(values, row_by_row=True)
    cut = Moments().with_values(values[:3], row_by_row=True).with_values(values[3:], row_by_row=True)

    assert whole.sum == cut.sum == 0.9999999999999999
    assert whole == cut


def test_numbers_beyond_doubles_are_infinite() -> None:
    """An overflow gives infinities and no number for the deviation, not an error."""
    found = Moments().with_values(np.array([1.0, math.inf]), row_by_row=True)

    assert (found.sum, found.greatest) == (math.inf, math.inf)
    assert math.isnan(found.deviation)
