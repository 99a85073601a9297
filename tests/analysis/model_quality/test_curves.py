"""Curves and area are scikit-learn's, in Spark's form, and stay of a bounded length."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from sagemaker_monitor.analysis.model_quality.curves import BINS, Ranking

rows = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1), st.booleans()),
    min_size=2,
    max_size=60,
).filter(lambda pairs: len({positive for _, positive in pairs}) == 2)


def columns(pairs: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and whether each row is positive."""
    return np.array([score for score, _ in pairs]), np.array([positive for _, positive in pairs])


@settings(deadline=None)
@given(rows)
def test_the_roc_curve_is_scikit_learns_between_its_ends(pairs: list[tuple[float, bool]]) -> None:
    """A point for each distinct score, before them (0, 0), after them (1, 1) again; the same area."""
    scores, positive = columns(pairs)
    found = Ranking.of(scores, positive).counts()
    curves = found.curves()
    false_rates, true_rates, _ = sklearn.roc_curve(positive, scores, drop_intermediate=False)

    assert curves.false_positive_rates.tolist() == pytest.approx([*false_rates, 1.0])
    assert curves.true_positive_rates.tolist() == pytest.approx([*true_rates, 1.0])
    assert found.area() == pytest.approx(sklearn.roc_auc_score(positive, scores))


@settings(deadline=None)
@given(rows)
def test_the_precision_recall_curve_is_scikit_learns_but_for_its_first_point(
    pairs: list[tuple[float, bool]],
) -> None:
    """Recall 0 has the precision of the highest score, where scikit-learn sets 1."""
    scores, positive = columns(pairs)
    curves = Ranking.of(scores, positive).counts().curves()
    precisions, recalls, _ = sklearn.precision_recall_curve(positive, scores)

    assert curves.precisions[1:].tolist() == pytest.approx(precisions[:-1][::-1].tolist())
    assert curves.recalls.tolist() == pytest.approx(recalls[::-1].tolist())
    assert curves.precisions[0] == curves.precisions[1]


@settings(deadline=None)
@given(rows, st.randoms())
def test_the_order_of_rows_does_not_matter(pairs: list[tuple[float, bool]], order: Random) -> None:
    """Rows with equal scores are one point, whichever comes first."""
    shuffled = pairs[:]
    order.shuffle(shuffled)
    one, other = (Ranking.of(*columns(each)).counts() for each in (pairs, shuffled))

    assert one.area() == other.area()
    assert one.curves().precisions.tolist() == other.curves().precisions.tolist()


@settings(deadline=None)
@given(rows)
def test_reversed_scores_leave_the_rest_of_the_area(pairs: list[tuple[float, bool]]) -> None:
    """A model that is wrong about the order is as wrong as its mirror image is right."""
    scores, positive = columns(pairs)
    one, other = (Ranking.of(each, positive).counts().area() for each in (scores, -scores))

    assert one + other == pytest.approx(1)


@settings(deadline=None)
@given(rows, st.data())
def test_some_rows_are_counted_as_if_there_were_no_others(
    pairs: list[tuple[float, bool]], data: st.DataObject
) -> None:
    """The area of a subsample needs no second sorting."""
    scores, positive = columns(pairs)
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs))))
    if positive[chosen].any() and not positive[chosen].all():
        found = Ranking.of(scores, positive).counts(chosen).area()

        assert found == pytest.approx(sklearn.roc_auc_score(positive[chosen], scores[chosen]))


@pytest.mark.parametrize("distinct", [1, 1999, 2000, 2001, 54321])
def test_long_curves_are_thinned_as_spark_does(distinct: int) -> None:
    """Below 2,000 distinct scores all points stay; above, every so many make one, fewer than 2,000 in all."""
    generator = np.random.default_rng(distinct)
    scores = generator.permutation(distinct) / distinct
    positive = generator.random(distinct) < 0.5
    positive[:1] = True
    tally = Ranking.of(scores, positive).counts()
    curves = tally.curves()
    step = max(distinct // BINS, 1)
    expected = -(-distinct // step)

    assert len(curves.recalls) == expected + 1 <= 2 * BINS + 1
    assert len(curves.false_positive_rates) == expected + 2
    assert set(curves.recalls[1:]) <= set(tally.true_positives / positive.sum())
    assert (curves.recalls[-1], curves.recalls[0]) == (1.0, 0.0)


def test_one_class_gives_numbers_and_no_crash() -> None:
    """In a subsample without a class the area is Spark's: 1 without negatives, 0 without positives."""
    scores = np.array([0.2, 0.7])

    assert Ranking.of(scores, np.array([True, True])).counts().area() == 1.0
    assert Ranking.of(scores, np.array([False, False])).counts().area() == 0.0
