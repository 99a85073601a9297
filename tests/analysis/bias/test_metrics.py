"""Metrics from counts are what their definitions give row by row, for one table and for many at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sagemaker_monitor.analysis.bias import metrics
from sagemaker_monitor.analysis.bias.metrics import METRICS, NEUTRAL, named
from sagemaker_monitor.analysis.bias.report import Tables
from sagemaker_monitor.analysis.bias.samples import Labels
from sagemaker_monitor.analysis.columns import column_of_values

Row = tuple[bool, bool, bool]
"""Inside the facet, observed favourable, predicted favourable."""

rows_strategy = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=60)
DIFFERENCES = ("CI", "DPL", "DPPL", "DCA", "DCR", "RD", "SD", "DAR", "DRR", "AD", "TE")
DISTANCES = ("JS", "LP", "TVD", "KS", "GE")
plain = [name for name, each in METRICS.items() if not each.grouped]

# --- an independent oracle: the definitions, row by row -----------------------------------------


class NotComputableError(Exception):
    """The definition does not say anything about these rows."""


def ratio(x: float, y: float) -> float:
    """0/0 is 0 and x/0 infinite."""
    if y == 0:
        return 0.0 if x == 0 else math.inf
    return x / y


def less(x: float, y: float) -> float:
    """Equal infinities differ by nothing."""
    return 0.0 if x == y else x - y


def share(rows: Sequence[Row], wanted: Callable[[Row], bool], among: Callable[[Row], bool]) -> float:
    """Return how many of *among* are *wanted*."""
    chosen = [row for row in rows if among(row)]
    return ratio(sum(1 for row in chosen if wanted(row)), len(chosen))


def sides(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows outside and inside, neither empty."""
    outside, inside = [row for row in rows if not row[0]], [row for row in rows if row[0]]
    if not outside or not inside:
        raise NotComputableError
    return outside, inside


def distributions(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Return, for each label both sides have, its shares outside and inside."""
    outside = [row[1] for row in rows if not row[0]]
    inside = [row[1] for row in rows if row[0]]
    common = sorted(set(outside) & set(inside))
    if not common:
        raise NotComputableError
    return [(outside.count(x) / len(outside), inside.count(x) / len(inside)) for x in common]


def entropy(rows: Sequence[Row]) -> float:
    """Half the squared coefficient of variation of the benefits."""
    benefits = [int(row[2]) - int(row[1]) + 1 for row in rows]
    mean = sum(benefits) / len(benefits)
    if mean == 0:
        raise NotComputableError
    return sum((each / mean) ** 2 - 1 for each in benefits) / (2 * len(benefits))


def between(
    measure: Callable[[list[Row]], float], *, inside_first: bool = False
) -> Callable[[Sequence[Row]], float]:
    """Return the difference of *measure* between the two sides."""

    def difference(rows: Sequence[Row]) -> float:
        outside, inside = map(measure, sides(rows))
        return less(inside, outside) if inside_first else less(outside, inside)

    return difference


def anyone(_: Row) -> bool:
    """Every row."""
    return True


def observed(row: Row) -> bool:
    """Observed favourable."""
    return row[1]


def predicted(row: Row) -> bool:
    """Predicted favourable."""
    return row[2]


def refused(row: Row) -> bool:
    """Predicted unfavourable."""
    return not row[2]


def number(rows: Sequence[Row], wanted: Callable[[Row], bool]) -> int:
    """Return how many rows are *wanted*."""
    return sum(1 for row in rows if wanted(row))


ORACLE: dict[str, Callable[[Sequence[Row]], float]] = {
    "CI": lambda rows: (len(sides(rows)[0]) - len(sides(rows)[1])) / len(rows),
    "DPL": between(lambda rows: share(rows, observed, anyone)),
    "KL": lambda rows: sum(a * math.log(a / d) for a, d in distributions(rows)),
    "JS": lambda rows: (
        sum(a * math.log(2 * a / (a + d)) + d * math.log(2 * d / (a + d)) for a, d in distributions(rows)) / 2
    ),
    "LP": lambda rows: math.hypot(*(a - d for a, d in distributions(rows))),
    "TVD": lambda rows: sum(abs(a - d) for a, d in distributions(rows)) / 2,
    "KS": lambda rows: max(abs(a - d) for a, d in distributions(rows)),
    "DPPL": between(lambda rows: share(rows, predicted, anyone)),
    "DI": lambda rows: ratio(*(share(side, predicted, anyone) for side in reversed(sides(rows)))),
    "DCA": between(lambda rows: ratio(number(rows, observed), number(rows, predicted))),
    "DCR": between(
        lambda rows: ratio(number(rows, lambda row: not row[1]), number(rows, refused)), inside_first=True
    ),
    "RD": between(lambda rows: share(rows, predicted, observed)),
    "SD": between(lambda rows: share(rows, refused, lambda row: not row[1]), inside_first=True),
    "DAR": between(lambda rows: share(rows, observed, predicted)),
    "DRR": between(lambda rows: share(rows, lambda row: not row[1], refused), inside_first=True),
    "AD": between(lambda rows: share(rows, lambda row: row[1] == row[2], anyone)),
    "TE": between(
        lambda rows: ratio(
            number(rows, lambda row: row[1] and not row[2]), number(rows, lambda row: row[2] and not row[1])
        ),
        inside_first=True,
    ),
    "GE": entropy,
}


def table(rows: Sequence[Row]) -> NDArray[np.float64]:
    """Return the counts of *rows*."""
    inside, is_observed, is_predicted = np.array(rows, dtype=bool).reshape(-1, 3).T
    tables = Tables(Labels("1", is_observed, is_predicted), None)
    return tables.of(np.flatnonzero(inside))


def value(name: str, rows: Sequence[Row]) -> float:
    """Return the metric of *rows* from their counts."""
    return float(METRICS[name].compute(table(rows)))


def test_oracle_knows_every_plain_metric() -> None:
    """No metric from counts goes without its definition."""
    assert sorted(ORACLE) == sorted(plain)


@settings(max_examples=300)
@given(rows=rows_strategy)
def test_counts_give_what_the_definition_gives(rows: list[Row]) -> None:
    """The value from counts is the definition's, and where that has none there is an error text."""
    counts = table(rows)
    for name in plain:
        error, found = METRICS[name].error(counts), value(name, rows)
        try:
            expected = ORACLE[name](rows)
        except NotComputableError:
            assert error, name
            assert math.isnan(found), name
        else:
            assert error is None, name
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), name


@given(rows=rows_strategy, groups=st.data())
def test_conditional_disparity_is_the_mean_over_groups(rows: list[Row], groups: Any) -> None:
    """CDDL weighs each group's disparity by its rows."""
    strata = groups.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    total = 0.0
    for stratum in set(strata):
        members = [row for row, of in zip(rows, strata, strict=True) if of == stratum]
        disparity = share(members, lambda row: row[0], lambda row: not row[1])
        disparity -= share(members, lambda row: row[0], observed)
        total += len(members) * disparity
    inside, labels, _ = np.array(rows, dtype=bool).T
    tables = Tables(Labels("1", labels, None), column_of_values("stratum", strata))
    counts = tables.by_stratum(np.flatnonzero(inside))
    assert counts is not None

    if 0 < sum(labels) < len(rows):
        assert float(METRICS["CDDL"].compute(counts)) == pytest.approx(total / len(rows), abs=1e-12)
    else:
        assert METRICS["CDDL"].error(counts) in {"No positive labels in set", "No negative labels in set"}


@given(rows=rows_strategy)
def test_cddpl_is_cddl_of_predicted_labels(rows: list[Row]) -> None:
    """CDDPL is CDDL with predicted labels in the place of observed ones."""
    swapped = [(inside, predicted_, observed_) for inside, observed_, predicted_ in rows]

    assert np.array_equal(
        METRICS["CDDPL"].compute(table(rows)[None]),
        METRICS["CDDL"].compute(table(swapped)[None]),
        equal_nan=True,
    )


@settings(max_examples=300)
@given(rows=rows_strategy)
def test_swapping_the_groups_flips_differences_and_keeps_distances(rows: list[Row]) -> None:
    """A difference is its own opposite seen from the other side; a distance has no direction."""
    swapped = [(not inside, label, guess) for inside, label, guess in rows]

    for name in DIFFERENCES:
        assert value(name, swapped) == pytest.approx(-value(name, rows), nan_ok=True), name
    for name in DISTANCES:
        assert value(name, swapped) == pytest.approx(value(name, rows), nan_ok=True, abs=1e-15), name


@settings(max_examples=300)
@given(rows=rows_strategy, times=st.integers(2, 5))
def test_duplicating_every_row_changes_nothing(rows: list[Row], times: int) -> None:
    """Metrics are about shares, so the sample's size alone does not matter."""
    for name in plain:
        many = value(name, rows * times)
        assert many == pytest.approx(value(name, rows), nan_ok=True, abs=1e-12), name


@given(tables=st.lists(st.lists(st.integers(0, 9), min_size=8, max_size=8), min_size=1, max_size=12))
def test_many_tables_at_once_give_bit_for_bit_what_each_gives(tables: list[list[int]]) -> None:
    """Leading dimensions are independent, and the batched value is the scalar one."""
    counts = np.array(tables, dtype=np.float64).reshape(-1, 1, 2, 2, 2)
    for name in plain:
        single = np.array([METRICS[name].compute(each[0]) for each in counts])

        assert np.array_equal(METRICS[name].compute(counts)[:, 0], single, equal_nan=True), name


def test_neutral_values_are_those_of_equal_sides() -> None:
    """Where both sides are alike and no error is made, every metric has its neutral value."""
    alike = np.array([[[30.0, 0], [0, 20]]] * 2)

    for name in plain:
        assert float(METRICS[name].compute(alike)) == NEUTRAL[name], name
    for name in ("CDDL", "CDDPL"):
        assert float(METRICS[name].compute(alike[None])) == NEUTRAL[name], name


def test_names_and_descriptions_are_the_reports() -> None:
    """Names sort as in the report; descriptions end in the acronym and have no full stop."""
    assert named("pre_training") == ("CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD")
    assert named("post_training") == (
        *("AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "GE", "RD", "SD", "TE"),
    )
    for name, each in METRICS.items():
        assert each.description.endswith(f"({name})")


def test_texts_for_an_empty_side_are_clarifys() -> None:
    """An empty facet is reported in the words of each metric."""
    nobody_inside = np.zeros((2, 2, 2))
    nobody_inside[0] = 5

    assert METRICS["DI"].error(nobody_inside) == "Facet set is empty"
    assert METRICS["DPL"].error(nobody_inside) == "Facet set is empty."
    assert METRICS["RD"].error(nobody_inside) == "DLA: Facet set is empty"
    assert METRICS["GE"].error(nobody_inside) is None


def test_infinite_rates_on_both_sides_differ_by_nothing() -> None:
    """TE without any false positive on either side is 0, on one side infinite."""
    counts = np.zeros((2, 2, 2))
    counts[:, 1, 0] = 3

    assert float(metrics.TE(counts)) == 0
    counts[0, 0, 1] = 1
    assert float(metrics.TE(counts)) == math.inf
