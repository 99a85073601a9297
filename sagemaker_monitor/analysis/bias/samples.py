"""Who is inside a facet and which labels are favourable, by Clarify's rules for values and thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.columns import Column

    Value = int | float | str
    Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """One sensitive group: how the report names it, and the positions of the rows inside, of all *size*."""

    text: str
    rows: NDArray[np.intp]
    size: int

    @classmethod
    def of(cls, text: str, inside: Flags) -> Group:
        """Return the group of the rows that are *inside*."""
        return cls(text, np.flatnonzero(inside), len(inside))

    @property
    def inside(self) -> Flags:
        """Return which rows are inside."""
        inside = np.zeros(self.size, dtype=bool)
        inside[self.rows] = True
        return inside


@dataclass(frozen=True)
class Labels:
    """The favourable rows as observed and as predicted, and how the report names what is favourable."""

    text: str
    observed: Flags
    predicted: Flags | None


def groups(facet: Column, values: Sequence[Value]) -> tuple[Group, ...]:
    """Return the sensitive groups of *facet*.

    A categorical facet gives one group of *values*, or without *values* one for each value it has; a
    continuous one gives the rows strictly above the threshold. Raises AnalysisError when that is no number.
    """
    if facet.is_continuous(values):
        numbers = facet.numbers()
        return (Group.of(*_above(numbers, numbers, _threshold(values, facet))),)
    if values:
        return (Group.of(",".join(map(str, values)), _members(facet, values)),)
    return tuple(Group(str(value), rows, len(facet.values)) for value, rows in facet.rows_by_value())


def labels(observed: Column, predicted: Column | None, values: Sequence[Value]) -> Labels:
    """Return which observed and predicted labels are favourable.

    Listed values are favourable; for continuous labels, all strictly above the threshold are.
    Raises AnalysisError, with Clarify's texts, when predicted labels are of another type than observed ones
    or none of them is favourable.
    """
    if not values:
        raise AnalysisError(
            "Positive label values or thresholds are empty for Label column. "
            "give label_values_or_threshold in the analysis configuration"
        )
    continuous = observed.is_continuous(values)
    if continuous:
        threshold = _threshold(values, observed)
        text, inside = _above(observed.numbers(), observed.numbers(), threshold)
    else:
        text, inside = ",".join(map(str, values)), _favourable(observed, values)
    if predicted is None:
        return Labels(text, inside, None)
    if predicted.is_continuous(values) != continuous:
        raise AnalysisError(
            "Predicted Label Column series datatype is not the same as Label Column series. "
            f"labels ({observed.kind.value}) are {_word(continuous)}, predicted labels "
            f"({predicted.kind.value}) are {_word(not continuous)}; "
            f"write both in the same way{_gaps(observed)}"
        )
    if continuous:
        both = np.concatenate([observed.numbers(), predicted.numbers()])
        favourable = _above(predicted.numbers(), both, threshold)[1]
    else:
        favourable = _favourable(predicted, values)
    if not favourable.any():
        raise AnalysisError(
            "No Label values are present in the predicted Label Column, "
            "Positive Predicted Index Series contains all False values. "
            f"the model favours none of {predicted.rows} rows: check probability_threshold and "
            "label_values_or_threshold" + (_SMALL if continuous and observed.kind.value == "integer" else "")
        )
    return Labels(text, inside, favourable)


_SMALL = (
    "; with so few rows the integer labels count as continuous (5 % or more of the values are distinct), "
    "and favourable is what is strictly above label_values_or_threshold"
)


def _gaps(observed: Column) -> str:
    """Return what is to be said of labels that are absent, which make whole numbers fractions."""
    absent = observed.rows - observed.rows_present
    return f". {absent} of {observed.rows} labels are absent: leave those rows out" if absent else ""


def _word(continuous: bool) -> str:
    return "continuous" if continuous else "categorical"


def _threshold(values: Sequence[Value], column: Column) -> int | float:
    """Return the single threshold; an int stays one, for the interval's text."""
    if not values:
        raise AnalysisError(
            f"Threshold values must be provided for continuous features. {column.name!r} is continuous: "
            "give its value_or_threshold"
        )
    value = values[0]
    try:
        return value if isinstance(value, (int, float)) else float(value)
    except ValueError as error:
        raise AnalysisError(
            "Facet/label value provided must be a single numeric threshold for continuous data. "
            f"{column.name!r} is continuous, its value_or_threshold is a text"
        ) from error


def _above(numbers: NDArray[Any], reach: NDArray[Any], threshold: float) -> tuple[str, Flags]:
    """Return the text and the rows of an interval: above *threshold*, up to the largest of *reach*.

    As in Clarify no interval is left when the largest value is the threshold, and it is turned round,
    and empty of rows, when the largest value is below.
    """
    largest = np.nanmax(reach).item() if len(reach) and not np.isnan(reach).all() else float("nan")
    if abs(largest) == threshold:
        return "", np.zeros(len(numbers), dtype=bool)
    low, high = sorted((threshold, largest))
    if isinstance(low, float) or isinstance(high, float):
        low, high = float(low), float(high)
    return f"({low}, {high}]", (numbers > low) & (numbers <= high)


def _members(facet: Column, values: Sequence[Value]) -> Flags:
    """Return the rows that have one of *values*; none when *values* cannot be values of the column."""
    try:
        return facet.equal_to_any(values)
    except ValueError:
        return np.zeros(len(facet.values), dtype=bool)


def _favourable(column: Column, values: Sequence[Value]) -> Flags:
    try:
        return column.equal_to_any(values)
    except ValueError as error:
        raise AnalysisError(
            "'label' has not positive elements. Double-check if 'label' and 'positive_label_values' have "
            f"correct data-types or values. {column.name!r} holds {column.kind.value} values"
        ) from error
