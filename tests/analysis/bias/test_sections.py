"""A whole bias section: equal to a computation row by row, and what it does not depend on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.bias import report, samples
from sagemaker_monitor.analysis.bias.report import names_of, section
from sagemaker_monitor.analysis.columns import column_of_values
from sagemaker_monitor.analysis.documents.analysis import BiasSection
from sagemaker_monitor.analysis.errors import AnalysisError

from .test_metrics import ORACLE, NotComputableError, Row

Person = tuple[str, int, int, int]
"""Group, observed label, predicted label, value of the group variable."""

people_strategy = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 1), st.integers(0, 1), st.integers(0, 2)),
    min_size=60,
    max_size=90,
).filter(lambda people: len({each[0] for each in people}) > 1 and any(each[2] for each in people)
         and len({each[1] for each in people}) > 1 and len({each[2] for each in people}) > 1)  # fmt: skip


def measured(
    people: Sequence[Person], *, values: Sequence[Any] = (), favourable: Any = 1
) -> dict[str, dict[str, float | str | None]]:
    """Return every metric of every group but the flip test: its value, or why there is none."""
    group, observed, predicted, stratum = (list(each) for each in zip(*people, strict=True))
    # 40 times the same, so that integer labels count as categories as in any batch of some size.
    times = 40
    labels = samples.labels(
        column_of_values("y", observed * times), column_of_values("p", predicted * times), [favourable]
    )
    tables = report.Tables(labels, column_of_values("s", stratum * times))
    facet = report.Facet("g", samples.groups(column_of_values("g", group * times), values), (), tables)
    found: dict[str, dict[str, float | str | None]] = {}
    for stage in ("pre_training", "post_training"):
        methods = [name for name in names_of(stage) if name != "FT"]
        done: BiasSection = section(stage, methods, label="y", labels=labels, facets=[facet])
        for result in done.facets["g"]:
            found.setdefault(result.value_or_threshold, {}).update(
                {each.name: each.value if each.error is None else each.error for each in result.metrics}
            )
    return found


def close(one: Any, other: Any) -> bool:
    """Tell whether two results are the same text, or numbers that differ by rounding alone."""
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    return one == other or math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12)


@settings(deadline=None, max_examples=40)
@given(people=people_strategy)
def test_every_group_is_what_the_definitions_give_row_by_row(people: list[Person]) -> None:
    """Groups, labels and counts of a section lead to the values of the definitions, applied to the rows."""
    for group, metrics in measured(people).items():
        rows: list[Row] = [(each[0] == group, each[1] == 1, each[2] == 1) for each in people]
        for name, definition in ORACLE.items():
            try:
                expected = definition(rows)
            except NotComputableError:
                assert isinstance(metrics[name], str), (group, name)
                continue
            assert close(metrics[name], expected), (group, name)


@settings(deadline=None, max_examples=30)
@given(people=people_strategy, seed=st.integers(0, 1000))
def test_order_of_rows_does_not_matter(people: list[Person], seed: int) -> None:
    """Every group keeps its values when the rows are shuffled."""
    shuffled = [people[index] for index in np.random.default_rng(seed).permutation(len(people))]

    one, other = measured(people), measured(shuffled)

    assert set(one) == set(other)
    assert all(close(one[group][name], other[group][name]) for group in one for name in one[group])


@settings(deadline=None, max_examples=30)
@given(people=people_strategy, times=st.integers(2, 4))
def test_repeating_every_row_does_not_matter(people: list[Person], times: int) -> None:
    """Metrics are about shares."""
    one, other = measured(people), measured(people * times)

    assert all(close(one[group][name], other[group][name]) for group in one for name in one[group])


@settings(deadline=None, max_examples=30)
@given(people=people_strategy)
def test_the_rest_has_the_opposite_sign(people: list[Person]) -> None:
    """Differences between a group and the rest change their sign when the rest is the group."""
    rest = sorted({each[0] for each in people} - {"a"})
    if not rest or len(rest) == len({each[0] for each in people}):
        return
    one = measured(people, values=["a"])["a"]
    (other,) = measured(people, values=rest).values()

    for name in ("CI", "DPL", "CDDL", "CDDPL", "DPPL", "DCA", "DCR", "RD", "SD", "DAR", "DRR", "AD", "TE"):
        if not isinstance(one[name], str) and not name.startswith("CDD"):
            assert close(one[name], -other[name]), name  # type: ignore[operator]
    for name in ("JS", "LP", "TVD", "KS", "GE"):
        assert close(one[name], other[name]), name


@settings(deadline=None, max_examples=30)
@given(people=people_strategy)
def test_the_other_label_as_the_favourable_one(people: list[Person]) -> None:
    """What the favourable label loses the other one gains; acceptance and rejection change places."""
    for group, metrics in measured(people).items():
        other = measured(people, favourable=0)[group]
        for name in ("DPL", "DPPL", "CDDL", "CDDPL"):
            assert isinstance(metrics[name], str) or close(metrics[name], -other[name]), name  # type: ignore[operator]
        for name in ("CI", "JS", "KL", "KS", "LP", "TVD", "AD"):
            assert close(metrics[name], other[name]), name
        for name, partner in (("DCA", "DCR"), ("DAR", "DRR"), ("RD", "SD")):
            if not isinstance(metrics[name], str):
                assert close(metrics[name], -other[partner]), name  # type: ignore[operator]


# --- kinds of labels and facets ----------------------------------------------------------------


def cut(facet: list[Any], values: list[Any]) -> list[tuple[str, int]]:
    """Return the text and the size of each group of *facet*."""
    return [(each.text, len(each.rows)) for each in samples.groups(column_of_values("f", facet), values)]


@pytest.mark.parametrize(
    ("facet", "values", "expected"),
    [
        ([0.0, 1.0] * 100, [0.0], [("(0.0, 1.0]", 100)]),
        ([0.0, 1.0, None] * 100, [0], [("(0.0, 1.0]", 100)]),
        ([1, None] * 100, [0], [("(0.0, 1.0]", 100)]),
        (["x", "y", None] * 100, [], [("x", 100), ("y", 100)]),
        (["x", "y"] * 100, ["y", "z"], [("y,z", 100)]),
        ([3, 1, 2] * 100, [], [("3", 100), ("1", 100), ("2", 100)]),
        ([3, 1, 2] * 100, [2, 3], [("2,3", 200)]),
        ([True, False] * 100, [True], [("True", 100)]),
        (["only"] * 100, [], [("only", 100)]),
        ([1.5, 2.5] * 3, [1.5, 9.0], [("1.5,9.0", 3)]),
    ],
)
def test_facets_of_every_kind(facet: list[Any], values: list[Any], expected: list[tuple[str, int]]) -> None:
    """Fractions are cut, categories listed, gaps belong to nobody; several values are one set."""
    assert cut(facet, values) == expected


def test_facet_with_one_group_only_has_reasons_instead_of_values() -> None:
    """Where nobody is outside, metrics that compare say so in Clarify's words; GE does not compare."""
    people: list[Person] = [("a", index % 2, index % 3 // 2, 0) for index in range(60)]

    metrics = measured(people)["a"]

    assert metrics["DPL"] == "Negative facet set is empty."
    assert metrics["DI"] == "Negated facet set is empty"
    assert metrics["CI"] == "CI: negated facet set is empty. Check that x[~facet] has non-zero length."
    assert metrics["JS"] == "No instance of common facet found, dataset may be too small"
    assert isinstance(metrics["GE"], float)


@pytest.mark.parametrize(
    ("observed", "predicted", "favourable", "text", "sizes"),
    [
        ([1, 2, 3] * 50, [3, 3, 1] * 50, [2, 3], "2,3", (100, 100)),
        (["no", "yes", "maybe"] * 50, ["yes"] * 150, ["yes", "maybe"], "yes,maybe", (100, 150)),
        ([0.5, 1.5, 9.25] * 50, [1.0, 2.0, 99.0] * 50, [1.0], "(1.0, 9.25]", (100, 100)),
        ([True, False] * 50, [True, True] * 50, [True], "True", (50, 100)),
        ([0, 1] * 50, ["0", "1"] * 50, [1], "1", (50, 50)),
        ([0, 1, None] * 50, [0.0, 1.0, 1.0] * 50, [0], "(0.0, 1.0]", (50, 100)),
    ],
)
def test_labels_of_every_kind(
    observed: list[Any], predicted: list[Any], favourable: list[Any], text: str, sizes: tuple[int, int]
) -> None:
    """Several values, texts, numbers above a threshold, true and false, gaps."""
    found = samples.labels(column_of_values("y", observed), column_of_values("p", predicted), favourable)

    assert found.text == text
    assert found.predicted is not None
    assert (found.observed.sum(), found.predicted.sum()) == sizes


@pytest.mark.parametrize(
    ("observed", "predicted"), [([0.5, 2.0] * 50, [0, 1] * 50), ([0, 1] * 50, [0.5, 0.25] * 50)]
)
def test_labels_of_two_kinds_are_refused(observed: list[Any], predicted: list[Any]) -> None:
    """Continuous against categorical labels, in either direction, is Clarify's error."""
    with pytest.raises(
        AnalysisError, match=r"^Predicted Label Column series datatype is not the same as Label"
    ):
        samples.labels(column_of_values("y", observed), column_of_values("p", predicted), [1])


def test_ten_thousand_categories() -> None:
    """A facet without values gives an entry for each category, each with its own numbers."""
    rows = 30_000
    group = [f"town {index % 10_000}" for index in range(rows)]
    observed = [int(index % 7 < 3) for index in range(rows)]
    predicted = [int(index % 5 < 2) for index in range(rows)]
    labels = samples.labels(column_of_values("y", observed), column_of_values("p", predicted), [1])
    features = [column_of_values("x", [float(index % 997) for index in range(rows)])]
    groups, tables = samples.groups(column_of_values("town", group), []), report.Tables(labels, None)
    facet = report.Facet("town", groups, features, tables)

    done = section("post_training", ["DPPL", "FT"], label="y", labels=labels, facets=[facet])
    results = done.facets["town"]

    assert len(results) == 10_000
    inside = [predicted[index] for index in range(1234, rows, 10_000)]
    outside = (sum(predicted) - sum(inside)) / (rows - 3)
    assert results[1234].value_or_threshold == "town 1234"
    assert results[1234].metrics[0].value == pytest.approx(outside - sum(inside) / 3, abs=1e-15)
    alone = report.section(
        "post_training", ["FT"], label="y", labels=labels,
        facets=[report.Facet("town", groups[1234:1235], features, tables)],
    )  # fmt: skip
    assert results[1234].metrics[1] == alone.facets["town"][0].metrics[0]
