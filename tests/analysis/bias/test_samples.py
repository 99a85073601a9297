"""Facets and labels are typed, cut and named as Clarify does."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from sagemaker_monitor.analysis.bias import samples
from sagemaker_monitor.analysis.columns import Column, Kind, column_of
from sagemaker_monitor.analysis.errors import AnalysisError


def column(*cells: str, times: int = 1) -> Column:
    """Return the column of *cells* as they stand in a file."""
    return column_of("x", pl.Series(list(cells) * times, dtype=pl.String))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("1", "-2", "+3", " 4"), Kind.INTEGER),
        (("1", "2.0"), Kind.FLOAT),
        (("1", ""), Kind.FLOAT),
        (("1", "NA", "null"), Kind.FLOAT),
        (("1e3", ".5", "inf"), Kind.FLOAT),
        (("", ""), Kind.FLOAT),
        (("True", "false"), Kind.BOOLEAN),
        (("True", ""), Kind.STRING),
        (("1", "a"), Kind.STRING),
        (("9223372036854775808", "1"), Kind.INTEGER),
        (("9223372036854775808", "-1"), Kind.STRING),
        (("99999999999999999999", "1"), Kind.STRING),
        (("99999999999999999999", "1.5"), Kind.FLOAT),
    ],
)
def test_types_are_those_a_data_frame_would_have(cells: tuple[str, ...], kind: Kind) -> None:
    """One cell decides for its column, and a gap turns integers into floats."""
    assert kind is column(*cells).kind


def test_absent_cells_are_known() -> None:
    """A gap is present in no kind of column."""
    assert column("1", "", "nan").present.tolist() == [True, False, False]
    assert column("a", "", "NULL").present.tolist() == [True, False, False]
    assert column("a", "", "a").distinct() == ["a"]


@pytest.mark.parametrize(
    ("cells", "times", "values", "continuous"),
    [
        (("0", "1"), 20, [1], True),
        (("0", "1"), 21, [1], False),
        (("0.0", "1.0"), 100, [1], True),
        (("0", "1"), 1, [0, 1], False),
        (("a", "b"), 1, ["a"], False),
        (("True", "False"), 1, [True], False),
    ],
)
def test_continuous_or_categorical(
    cells: tuple[str, ...], times: int, values: list[Any], continuous: bool
) -> None:
    """Floats are continuous, integers with 5 % distinct values too, and several values never."""
    assert continuous is column(*cells, times=times).is_continuous(values)


def test_categorical_facet_names_its_values() -> None:
    """Given values form one group; without any there is one for each, in order of appearance."""
    facet = column("2", "1", "3", times=40)

    (group,) = samples.groups(facet, [1, 3])
    assert (group.text, group.inside[:3].tolist()) == ("1,3", [False, True, True])
    assert [each.text for each in samples.groups(facet, [])] == ["2", "1", "3"]


@pytest.mark.parametrize("first", [2**53, 2**63, 2**64])
def test_long_numbers_are_values_of_their_own(first: int) -> None:
    """Identifiers that a double could not tell apart are different groups, given as a number or as text."""
    facet = column(str(first), str(first + 1), times=40)

    for value in (first + 1, str(first + 1)):
        (group,) = samples.groups(facet, [value])
        assert (group.text, group.inside[:3].tolist()) == (str(first + 1), [False, True, False])
    assert [each.text for each in samples.groups(facet, [])] == [str(first), str(first + 1)]


def test_values_of_another_type_are_cast() -> None:
    """A text stands for the number it spells; a text that spells none leaves the group empty."""
    facet = column("0", "1", times=40)

    assert samples.groups(facet, ["1"])[0].inside[:2].tolist() == [False, True]
    assert samples.groups(facet, ["1.0"])[0].inside[:2].tolist() == [False, True]
    assert not samples.groups(facet, ["one"])[0].inside.any()
    assert not samples.groups(column("01", "b", times=40), [1])[0].inside.any()


@pytest.mark.parametrize(
    ("cells", "threshold", "text", "inside"),
    [
        (("90", "100", "225"), 100, "(100, 225]", [False, False, True]),
        (("90", "100", "225"), 100.0, "(100.0, 225.0]", [False, False, True]),
        (("0.5", "0.75"), 0.5, "(0.5, 0.75]", [False, True]),
        (("0.5", "", "2"), "1", "(1.0, 2.0]", [False, False, True]),
        (("1", "225"), 225, "", [False, False]),
        (("1", "90"), 100, "(90, 100]", [False, False]),
    ],
)
def test_continuous_facet_is_above_its_threshold(
    cells: tuple[str, ...], threshold: Any, text: str, inside: list[bool]
) -> None:
    """The interval is open below, and its text tells the largest value and the type."""
    (group,) = samples.groups(column(*cells), [threshold])

    assert (group.text, group.inside.tolist()) == (text, inside)


def test_continuous_facet_needs_one_number() -> None:
    """Without a threshold, or with a text, a continuous facet cannot be cut."""
    with pytest.raises(AnalysisError, match="Threshold values must be provided for continuous features"):
        samples.groups(column("0.5", "1"), [])
    with pytest.raises(AnalysisError, match="must be a single numeric threshold for continuous data"):
        samples.groups(column("0.5", "1"), ["much"])


def test_labels_are_favourable_by_value() -> None:
    """Observed and predicted labels are compared with the same values."""
    observed, predicted = column("0", "1", "1", times=40), column("1", "1", "0", times=40)

    found = samples.labels(observed, predicted, [1])

    assert found.text == "1"
    assert found.observed[:3].tolist() == [False, True, True]
    assert found.predicted is not None
    assert found.predicted[:3].tolist() == [True, True, False]


def test_continuous_labels_have_one_exclusive_bound() -> None:
    """Above the threshold is favourable, up to the largest of both columns."""
    found = samples.labels(column("1.0", "2.5"), column("0.5", "9.5"), [1.0])

    assert found.text == "(1.0, 2.5]"
    assert found.observed.tolist() == [False, True]
    assert found.predicted is not None
    assert found.predicted.tolist() == [False, True]


@pytest.mark.parametrize(
    ("observed", "predicted", "values", "text"),
    [
        (("0", "1"), ("0.2", "0.7"), [1], "Predicted Label Column series datatype is not the same"),
        (("0", "1"), ("0", "0"), [1], "No Label values are present in the predicted Label Column"),
        (("0", "1"), ("0", "1"), [], "Positive label values or thresholds are empty"),
        (("0", "1"), ("0", "1"), ["yes"], "'label' has not positive elements"),
    ],
)
def test_labels_that_cannot_be_compared_stop_the_analysis(
    observed: tuple[str, ...], predicted: tuple[str, ...], values: list[Any], text: str
) -> None:
    """Clarify's sentence comes first, then what to look at."""
    with pytest.raises(AnalysisError, match=text):
        samples.labels(column(*observed, times=40), column(*predicted, times=40), values)


def test_small_batch_says_why_nothing_is_favourable() -> None:
    """In a small batch integer labels turn continuous; the message explains it."""
    with pytest.raises(AnalysisError, match="with so few rows the integer labels count as continuous"):
        samples.labels(column("0", "1", times=5), column("0", "1", times=5), [1])
