"""The flip test asks the nearest rows outside the facet, and a tie has one answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sagemaker_monitor.analysis.bias.flip_test import FT, of_groups
from sagemaker_monitor.analysis.columns import Column, Kind
from sagemaker_monitor.analysis.errors import MetricError


def column(values: Any, kind: Kind = Kind.FLOAT) -> Column:
    """Return a column without gaps."""
    array = np.array(values)
    return Column("x", kind, array, np.ones(len(array), dtype=bool))


def row_by_row(matrix: NDArray[np.float64], inside: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """The definition, with a sort of all distances for each row."""
    outside = np.flatnonzero(~inside)
    k = 5 if len(outside) > 9 else 1
    flips = 0
    for row in np.flatnonzero(inside):
        order = sorted(outside, key=lambda other: (((matrix[row] - matrix[other]) ** 2).sum(), other))
        neighbours = sum(predicted[other] for other in order[:k]) * 2 > k
        flips += int(predicted[row] and not neighbours) - int(neighbours and not predicted[row])
    return flips / int(inside.sum())


@settings(deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(2, 60),
    features=st.integers(1, 18),
    levels=st.integers(1, 9),
)
def test_value_is_the_definitions(seed: int, rows: int, features: int, levels: int) -> None:
    """On small integers, where most distances tie, the value is the one of a full sort."""
    random = np.random.default_rng(seed)
    matrix = random.integers(0, levels, (rows, features)).astype(float)
    inside, predicted = random.random(rows) < 0.5, random.random(rows) < 0.5
    inside[0], inside[1] = True, False

    expected = row_by_row(matrix, inside, predicted)

    assert expected == FT([column(each) for each in matrix.T], inside, predicted)


def test_few_outside_rows_use_one_neighbour() -> None:
    """With nine rows outside, one neighbour decides; with ten, the majority of five."""
    for outside, expected in ((9, -1.0), (10, 0.0)):
        position = column([0.0, *(float(i + 1) for i in range(outside))])
        inside = np.array([True] + [False] * outside)
        predicted = np.array([False, True] + [False] * (outside - 1))

        assert expected == FT([position], inside, predicted)


def test_texts_for_what_cannot_be_compared_are_clarifys() -> None:
    """Texts, empty sides and gaps give the metric's error."""
    inside, predicted = np.array([True, False]), np.array([True, True])
    words = Column("word", Kind.STRING, np.array(["a", "b"], dtype=object), np.array([True, True]))

    with pytest.raises(MetricError, match=r"^FlipTest does not support non-numeric columns$"):
        FT([words], inside, predicted)
    with pytest.raises(MetricError, match=r"^Facet set is empty$"):
        FT([column([1.0, 2.0])], np.array([False, False]), predicted)
    with pytest.raises(MetricError, match=r"^Negated Facet set is empty$"):
        FT([column([1.0, 2.0])], np.array([True, True]), predicted)
    with pytest.raises(MetricError, match="NaN"):
        FT([column([1.0, float("nan")])], inside, predicted)
    with pytest.raises(MetricError, match="must contain features"):
        FT([], inside, predicted)


def test_true_and_false_are_one_and_zero() -> None:
    """A boolean column is compared like a number."""
    inside, predicted = np.array([True, False, False]), np.array([True, False, True])

    assert FT([column([True, False, True], Kind.BOOLEAN)], inside, predicted) == 0.0
    assert FT([column([False, False, True], Kind.BOOLEAN)], inside, predicted) == 1.0


@settings(deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(11, 150),
    features=st.integers(1, 4),
    levels=st.sampled_from([2, 5, 1000]),
    groups=st.integers(2, 40),
)
def test_groups_at_once_are_what_each_is_alone(
    seed: int, rows: int, features: int, levels: int, groups: int
) -> None:
    """One search for all groups gives every group's own value, whatever ties and sizes there are."""
    random = np.random.default_rng(seed)
    matrix = random.integers(0, levels, (rows, features)).astype(float)
    codes = random.integers(-1, groups, rows)
    predicted = random.random(rows) < 0.5
    inside = [np.flatnonzero(codes == code) for code in range(groups)]

    found = of_groups(list(matrix.T.copy()), inside, predicted)

    for members, value in zip(inside, found, strict=True):
        if value is None:
            assert len(members) == 0 or rows - len(members) <= 9
        else:
            assert value == row_by_row(matrix, np.isin(np.arange(rows), members), predicted)
