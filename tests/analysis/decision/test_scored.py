"""The metrics of model quality, computed for many samples of rows at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from sagemaker_monitor.analysis.decision.sample import equal
from sagemaker_monitor.analysis.decision.scored import METRICS, Scored
from sagemaker_monitor.analysis.documents.model_statistics import ModelStatistics
from tests.analysis.decision.scoring import answers

ONE = pytest.approx


def test_they_are_the_analyzers() -> None:
    """All rows together give what the analyzer writes for them."""
    rows = answers(5, 400)
    written = ModelStatistics.from_json(rows.documents()["statistics.json"]).metrics
    scored = rows.sample.scored
    assert scored is not None
    found = scored.metrics(np.ones((1, 400)))

    assert tuple(found) == METRICS
    assert {name: value[0] for name, value in found.items()} == {
        name: ONE(written[name].value, abs=1e-12) for name in METRICS
    }


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 3)), min_size=2, max_size=40).filter(
        lambda rows: {y for y, _, n in rows if n} == {False, True}
    )
)
def test_rows_count_as_often_as_they_are_drawn(rows: list[tuple[bool, int, int]]) -> None:
    """A row of weight n is n rows, ties of scores included."""
    positive, scores = np.array([y for y, _, _ in rows]), np.array([s / 5 for _, s, _ in rows])
    weights = np.array([n for _, _, n in rows])
    scored = Scored(positive, scores > 0.5, scores)
    found = {name: value[0] for name, value in scored.metrics(weights[None, :].astype(float)).items()}
    truth, said, drawn = (np.repeat(each, weights) for each in (positive, scores > 0.5, scores))

    assert found["auc"] == ONE(oracle.roc_auc_score(truth, drawn))
    assert found["accuracy"] == ONE(oracle.accuracy_score(truth, said))
    for name, beta in (("f0_5", 0.5), ("f1", 1.0), ("f2", 2.0)):
        assert found[name] == ONE(oracle.fbeta_score(truth, said, beta=beta, zero_division=0))
    assert found["recall"] == found["true_positive_rate"] == ONE(oracle.recall_score(truth, said))
    assert found["precision"] == ONE(oracle.precision_score(truth, said, zero_division=0))
    assert found["true_negative_rate"] == ONE(1 - found["false_positive_rate"])
    assert found["true_negative_rate"] == ONE(oracle.recall_score(~truth, ~said))
    assert found["false_negative_rate"] == ONE(1 - found["recall"])


def test_one_class_has_no_area() -> None:
    """Without a row of either class nothing is ordered: auc is not a number, shares of nothing are 0."""
    scored = Scored(np.array([True, True, False]), np.array([True, False, False]), np.array([0.9, 0.1, 0.2]))
    found = scored.metrics(np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))

    assert np.isnan(found["auc"]).all()
    assert found["recall"].tolist() == [0.5, 0.0]
    assert found["precision"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("cell", "value", "same"),
    [
        ("1.0", 1, True),
        (" 1", "1.0", True),
        (str(2**53 + 1), 2**53 + 1, True),
        (str(2**53), 2**53 + 1, False),
        (str(2**64), str(2**64 + 1), False),
        ("x", "x", True),
    ],
)
def test_cells_are_values_as_the_analysis_takes_them(cell: str, value: int | str, same: bool) -> None:
    """Numbers by value, except identifiers that a double cannot tell apart."""
    assert equal(cell, value) is same
