"""How many rows would do where there are too few."""

from __future__ import annotations

import numpy as np
import pytest

from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.enough import rounded_up, rows_for
from sagemaker_monitor.analysis.documents.verdict import Needed
from tests.analysis.decision.cases import evidence, people, spec


@pytest.mark.parametrize(("least", "share"), [(30, 0.06), (5, 0.01), (100, 0.5), (3, 0.3)])
def test_nine_of_ten_samples_of_so_many_rows_have_enough(least: int, share: float) -> None:
    """Of 20,000 samples nearly nine of ten have the rows, and of samples a fifth smaller fewer do."""
    rows = rows_for(least, round(share * 10_000), 10_000)
    assert rows is not None
    random = np.random.default_rng(1)
    enough = (random.binomial(rows, share, 20_000) >= least).mean()
    smaller = (random.binomial(int(rows * 0.8), share, 20_000) >= least).mean()

    assert enough == pytest.approx(0.92, abs=0.04)
    assert smaller < 0.88


def test_nobody_knows_how_rare_what_was_never_seen_is() -> None:
    """Without one row of a kind no number is told."""
    assert rows_for(20, 0, 500) is None


def test_two_digits_are_told() -> None:
    """A number of rows is no more certain than that."""
    assert [rounded_up(each) for each in (7, 99, 101, 1234)] == [7, 99, 110, 1300]


def test_the_verdict_says_how_many_rows_would_do() -> None:
    """Too few in all, and too few of a facet: each with its number, in the summary and as a value."""
    baseline = people(1, 750, inside=0.05)
    total = conclude(spec(), evidence(people(2, 60), baseline))
    facet = conclude(spec(), evidence(people(3, 150, inside=0.05), baseline))
    needed = facet.needed[0]

    assert Needed("bias/*", "batch", 100) in total.needed
    assert needed.subject == "bias/*/black"
    assert needed.rows is not None
    assert 300 < needed.rows < 1000
    assert facet.decision == "inconclusive"
    assert f"about {needed.rows}" in facet.summary


def test_a_group_that_nobody_is_in_asks_whether_its_value_is_right() -> None:
    """No batch of any size would do where the data write the group otherwise, so the verdict asks that."""
    few = evidence(people(4, 400, inside=0), people(5, 750, inside=0))

    assert (
        "of 1150 rows none is of that kind: is its value, 1, as the data have it?"
        in conclude(spec(), few).summary
    )
