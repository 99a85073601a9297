"""Distances of categories, what Robust leaves of them, and the test of fit."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chisquare

from sagemaker_monitor.analysis.quality import distances

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 500), min_size=1)


@given(COUNTS, COUNTS)
def test_categories_are_as_far_apart_as_the_frequency_that_moved_most(
    one: dict[str, int], other: dict[str, int]
) -> None:
    """Categories that one side does not know count with frequency 0; the order of the two does not matter."""
    frequencies = [
        {name: counts.get(name, 0) / sum(counts.values()) for name in "abcdefgh"} for counts in (one, other)
    ]
    expected = max(abs(frequencies[0][name] - frequencies[1][name]) for name in "abcdefgh")

    assert distances.categorical(one, other) == expected == distances.categorical(other, one)


@pytest.mark.parametrize(
    ("distance", "rows", "other_rows", "left"),
    [(0.9, 60, 9999, 0.9 - 1.8 * math.sqrt(10059 / 599940)), (0.3, 10, 100_000, 0.0), (0.5, 10, 10, 0.0)],
)
def test_robust_subtracts_what_small_samples_may_differ_by(
    distance: float, rows: int, other_rows: int, left: float
) -> None:
    """With 60 rows against 9,999, a distance of 0.23 is nothing; never is less than nothing left."""
    assert distances.robust(distance, rows, other_rows) == pytest.approx(left, abs=1e-15)


def test_the_fit_is_scipys_where_nothing_is_rare() -> None:
    """Statistic and p-value equal those of scipy, for counts expected by the baseline's frequencies."""
    baseline = {"a": 500, "b": 300, "c": 200}
    observed = {"a": 40, "b": 40, "c": 20}

    found = distances.chi_squared(observed, baseline)

    expected = chisquare([40, 40, 20], [50, 30, 20])
    assert found is not None
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)


@given(st.lists(st.tuples(st.integers(50, 500), st.integers(0, 500)), min_size=2, max_size=8))
def test_the_fit_is_scipys_for_any_counts(counts: list[tuple[int, int]]) -> None:
    """Whenever no category is expected fewer than ten times, nothing is merged and scipy agrees."""
    baseline = {str(place): before for place, (before, _) in enumerate(counts)}
    observed = {str(place): now for place, (_, now) in enumerate(counts) if now}
    rows = sum(observed.values())
    expected = [before * rows / sum(baseline.values()) for before in baseline.values()]
    assume(rows and min(expected) >= 10)

    found = distances.chi_squared(observed, baseline)

    oracle = chisquare([now for _, now in counts], expected)
    assert found is not None
    assert found.statistic == pytest.approx(oracle.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-300)


def test_rare_categories_are_merged_into_the_next_rarest() -> None:
    """Two of five are expected fewer than five times, then the one of both is: three are compared."""
    baseline = {"a": 600, "b": 300, "c": 60, "d": 22, "e": 18}
    observed = {"a": 55, "b": 35, "c": 5, "d": 4, "e": 1}

    found = distances.chi_squared(observed, baseline)

    expected = chisquare([55, 35, 10], [60, 30, 10])
    assert found is not None
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)


@pytest.mark.parametrize(
    ("observed", "baseline"),
    [
        ({"a": 9, "b": 1}, {"a": 90, "b": 10}),
        ({"a": 5}, {"a": 5}),
        ({"z": 50}, {"a": 5, "b": 5}),
    ],
)
def test_there_is_no_test_of_one_category(observed: dict[str, int], baseline: dict[str, int]) -> None:
    """Two categories of which one is expected fewer than ten times become one, which cannot be tested."""
    assert distances.chi_squared(observed, baseline) is None


def test_unknown_categories_are_left_out_of_the_fit() -> None:
    """Only categories that the baseline knows are compared."""
    baseline = {"a": 50, "b": 50}

    assert distances.chi_squared({"a": 20, "b": 30, "new": 1000}, baseline) == distances.chi_squared(
        {"a": 20, "b": 30}, baseline
    )
