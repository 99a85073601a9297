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
    """One sensitive group: how the report names it, and which rows are inside."""

    text: str
    inside: Flags


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
        return (_above(facet.numbers(), facet.numbers(), _threshold(values, facet)),)
    sets = [list(values)] if values else [[value] for value in facet.distinct()]
    return tuple(Group(",".join(map(str, each)), _members(facet, each)) for each in sets)


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
        group = _above(observed.numbers(), observed.numbers(), threshold)
    else:
        group = Group(",".join(map(str, values)), _favourable(observed, values))
    if predicted is None:
        return Labels(group.text, group.inside, None)
    if predicted.is_continuous(values) != continuous:
        raise AnalysisError(
            "Predicted Label Column series datatype is not the same as Label Column series. "
            f"labels ({observed.kind.value}) are {_word(continuous)}, predicted labels "
            f"({predicted.kind.value}) are {_word(not continuous)}; write both in the same way"
        )
    if continuous:
        both = np.concatenate([observed.numbers(), predicted.numbers()])
        favourable = _above(predicted.numbers(), both, threshold).inside
    else:
        favourable = _favourable(predicted, values)
    if not favourable.any():
        raise AnalysisError(
            "No Label values are present in the predicted Label Column, "
            "Positive Predicted Index Series contains all False values. "
            f"the model favours none of {len(favourable)} rows: check probability_threshold and "
            "label_values_or_threshold" + (_SMALL if continuous and observed.kind.value == "integer" else "")
        )
    return Labels(group.text, group.inside, favourable)


_SMALL = (
    "; with so few rows the integer labels count as continuous (5 % or more of the values are distinct), "
    "and favourable is what is strictly above label_values_or_threshold"
)


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


def _above(numbers: NDArray[Any], reach: NDArray[Any], threshold: float) -> Group:
    """Return the rows in the interval from *threshold*, exclusive, to the largest of *reach*, inclusive.

    As in Clarify no interval is left when the largest value is the threshold, and it is turned round,
    and empty of rows, when the largest value is below.
    """
    largest = np.nanmax(reach).item() if len(reach) and not np.isnan(reach).all() else float("nan")
    if abs(largest) == threshold:
        return Group("", np.zeros(len(numbers), dtype=bool))
    low, high = sorted((threshold, largest))
    if isinstance(low, float) or isinstance(high, float):
        low, high = float(low), float(high)
    return Group(f"({low}, {high}]", (numbers > low) & (numbers <= high))


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
