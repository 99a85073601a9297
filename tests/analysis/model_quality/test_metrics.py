"""Metrics are what documentation prints and what scikit-learn computes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from sagemaker_monitor.analysis.documents.model_statistics import (
    BINARY,
    CONSTANT,
    KEYS,
    MULTICLASS,
    REGRESSION,
    ModelStatistics,
)
from sagemaker_monitor.analysis.model_quality import binary, multiclass, regression
from sagemaker_monitor.analysis.model_quality.measure import measure
from tests.analysis.model_quality import published
from tests.analysis.model_quality.samples import sample, scored

# Examples of https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html.
DOCUMENTED_MATRIX = np.array([[1180, 510], [268, 138]])
DOCUMENTED_MULTICLASS = {
    "accuracy": 0.6288167938931297,
    "weighted_recall": 0.6288167938931297,
    "weighted_precision": 0.6983172269629505,
    "weighted_f0_5": 0.6803947317178771,
    "weighted_f1": 0.6571162346664904,
    "weighted_f2": 0.6384024354394601,
}
DOCUMENTED_CONSTANT = {
    "accuracy": 0.19370229007633588,
    "weighted_recall": 0.19370229007633588,
    "weighted_precision": 0.03752057718081697,
    "weighted_f0_5": 0.04473443104152011,
    "weighted_f1": 0.06286421244683643,
    "weighted_f2": 0.10570313141262414,
}
DOCUMENTED_REGRESSION = {
    "mae": 0.3711832061068702,
    "mse": 0.3711832061068702,
    "rmse": 0.609248066149471,
    "r2": -1.3766111872212665,
}
TOLERANCE = 1e-15
counts = st.lists(st.integers(0, 10**6), min_size=4, max_size=4).map(
    lambda four: np.array(four).reshape(2, 2)
)


def close(expected: float) -> object:
    """Return a value that equals *expected* up to the last digits."""
    return pytest.approx(expected, abs=TOLERANCE, rel=0)


def rows_of(matrix: np.ndarray) -> tuple[list[int], list[int]]:
    """Return the rows, actual and predicted, that *matrix* counts."""
    size = len(matrix)
    cells = [(a, p) for a in range(size) for p in range(size) for _ in range(matrix[a, p])]
    return [a for a, _ in cells], [p for _, p in cells]


def test_multiclass_metrics_are_the_documented_ones() -> None:
    """AWS's example for several classes: its counts give its metrics, to the last digit."""
    found = multiclass.metrics(DOCUMENTED_MATRIX)

    assert {name: found[name] for name in DOCUMENTED_MULTICLASS} == DOCUMENTED_MULTICLASS


def test_metrics_of_a_constant_classifier_are_the_documented_ones() -> None:
    """AWS's example always answers the rarer class: as if all rows were predicted to be of it."""
    found = multiclass.metrics(np.array([[0, 1690], [0, 406]]))

    assert {name: found[name] for name in DOCUMENTED_CONSTANT} == DOCUMENTED_CONSTANT


def test_the_best_constant_classifier_answers_the_most_frequent_class() -> None:
    """AWS's recorded run does, and so its accuracy is that class's share."""
    found = multiclass.metrics(DOCUMENTED_MATRIX)

    assert found[f"accuracy{CONSTANT}"] == close(1690 / 2096)
    assert found[f"weighted_precision{CONSTANT}"] == close((1690 / 2096) ** 2)


def test_regression_metrics_are_the_documented_ones() -> None:
    """AWS's example for numbers is its example for classes, taken as numbers 0 and 1."""
    actual, predicted = rows_of(DOCUMENTED_MATRIX)

    assert regression.metrics(np.array(actual, float), np.array(predicted, float)) == DOCUMENTED_REGRESSION


def test_regression_metrics_are_those_of_a_run_of_aws() -> None:
    """The data that AWS's SDK checks a step with give what AWS's container wrote for them, bit for bit."""
    found = regression.metrics(np.array(published.TRUTH), np.array(published.PREDICTION))

    assert found == published.METRICS


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=3, max_size=50),
    st.integers(0, 3),
)
def test_adding_in_order_and_at_once_agree(pairs: list[tuple[float, float]], zeros: int) -> None:
    """Truths that are 0 are only passed over, and many rows are measured as few are."""
    pairs += [(0.0, 1.0)] * zeros
    truth, prediction = (np.array(each) for each in zip(*pairs, strict=True))
    found = regression.metrics(truth, prediction)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regression, "IN_ORDER", 0)
        at_once = regression.metrics(truth, prediction)

    spread = np.ptp(truth) > 1e-3 * max(1.0, np.abs(truth).max())
    names = ("mae", "mse", "rmse", *(("r2",) if spread else ()))
    assert [found[name] for name in names] == pytest.approx([at_once[name] for name in names], rel=1e-9)


def test_binary_metrics_are_the_documented_ones() -> None:
    """AWS's example for two classes; its curves and constant classifier are of other data."""
    found = binary.metrics(np.array([[1, 2], [0, 1]]))

    assert [found[name] for name in ("recall", "precision", "accuracy")] == [1.0, 1 / 3, 0.5]
    assert [found[name] for name in ("f0_5", "f1", "f2")] == [
        0.3846153846153846,
        0.5,
        0.7142857142857143,
    ]
    assert found["true_negative_rate"] == 0.33333333333333337
    assert found["false_positive_rate"] == 0.6666666666666666


@settings(deadline=None)
@given(counts)
def test_binary_metrics_are_scikit_learns(matrix: np.ndarray) -> None:
    """Weighted rows stand for the counts; nothing predicted or nothing there is 0 in both."""
    if not matrix.sum():
        matrix = matrix + 1
    actual, predicted, weight = [0, 0, 1, 1], [0, 1, 0, 1], matrix.ravel()
    found = binary.metrics(matrix)
    given = {"sample_weight": weight, "zero_division": 0.0}

    assert found["accuracy"] == pytest.approx(
        sklearn.accuracy_score(actual, predicted, sample_weight=weight), abs=1e-15
    )
    assert found["recall"] == pytest.approx(sklearn.recall_score(actual, predicted, **given), abs=1e-15)
    assert found["precision"] == pytest.approx(sklearn.precision_score(actual, predicted, **given), abs=1e-15)
    for name, beta in binary.BETAS.items():
        expected = sklearn.fbeta_score(actual, predicted, beta=beta, **given)
        assert found[name] == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(counts)
def test_exchanging_the_classes_exchanges_the_rates(matrix: np.ndarray) -> None:
    """What is the true positive rate of one class is the true negative rate of the other."""
    one, other = binary.metrics(matrix), binary.metrics(matrix[::-1, ::-1])

    if matrix.sum(axis=1).all():
        assert one["true_positive_rate"] == pytest.approx(other["true_negative_rate"], abs=1e-15)
        assert one["false_positive_rate"] == pytest.approx(other["false_negative_rate"], abs=1e-15)
    assert one["accuracy"] == other["accuracy"]


@settings(deadline=None)
@given(counts, st.integers(2, 9))
def test_counting_every_row_several_times_leaves_the_metrics(matrix: np.ndarray, times: int) -> None:
    """Metrics are shares."""
    for metrics in (binary.metrics, multiclass.metrics):
        assert metrics(matrix * times) == pytest.approx(metrics(matrix), abs=1e-12)


@settings(deadline=None)
@given(counts)
def test_the_best_constant_classifier_is_the_best(matrix: np.ndarray) -> None:
    """No other constant answer is right more often, and its metrics are those of its own counts."""
    found = binary.metrics(matrix)
    actual = matrix.sum(axis=1)
    constant = np.zeros((2, 2), int)
    constant[:, int(actual[1] > actual[0])] = actual
    own = binary.metrics(constant)

    assert found[f"accuracy{CONSTANT}"] == pytest.approx(max(actual) / max(actual.sum(), 1))
    for name in ("recall", "precision", "accuracy", "f0_5", "f1", "f2"):
        assert found[f"{name}{CONSTANT}"] == pytest.approx(own[name], abs=1e-15)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@settings(deadline=None)
@given(
    st.integers(2, 6).flatmap(
        lambda size: st.lists(
            st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), min_size=1, max_size=60
        )
    )
)
def test_weighted_metrics_are_scikit_learns(rows: list[tuple[int, int]]) -> None:
    """Classes that are never predicted, or never there, included."""
    actual, predicted = [a for a, _ in rows], [p for _, p in rows]
    found = measure(MULTICLASS, sample(actual, predicted), 0.5).metrics
    given = {"average": "weighted", "zero_division": 0.0}

    assert found["accuracy"].value == pytest.approx(sklearn.accuracy_score(actual, predicted))
    assert found["weighted_recall"].value == pytest.approx(sklearn.recall_score(actual, predicted, **given))
    assert found["weighted_precision"].value == pytest.approx(
        sklearn.precision_score(actual, predicted, **given)
    )
    for name, beta in binary.BETAS.items():
        expected = sklearn.fbeta_score(actual, predicted, beta=beta, **given)
        assert found[f"weighted_{name}"].value == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=2, max_size=50))
def test_regression_metrics_are_scikit_learns(rows: list[tuple[float, float]]) -> None:
    """Errors as they are; r2 where the truth varies enough for one."""
    truth, prediction = np.array(rows).T
    found = regression.metrics(truth, prediction)

    assert found["mae"] == pytest.approx(sklearn.mean_absolute_error(truth, prediction))
    assert found["mse"] == pytest.approx(sklearn.mean_squared_error(truth, prediction))
    assert found["rmse"] == pytest.approx(sklearn.root_mean_squared_error(truth, prediction))
    if np.ptp(truth) > 1e-3:
        assert found["r2"] == pytest.approx(sklearn.r2_score(truth, prediction), rel=1e-9)


def test_r2_of_a_truth_that_never_varies_has_no_finite_value() -> None:
    """Minus infinity with errors, NaN without: a quotient by nothing, as doubles have it."""
    constant = np.array([2.0, 2.0])

    assert regression.metrics(constant, np.array([2.0, 3.0]))["r2"] == -math.inf
    assert math.isnan(regression.metrics(constant, constant)["r2"])


def test_every_metric_of_the_documentation_is_there() -> None:
    """Each problem type has the keys of AWS's example, in its order."""
    truth, probability = scored(300)
    numbers = sample(truth, truth, probability)
    for problem_type in (BINARY, MULTICLASS, REGRESSION):
        text = measure(problem_type, numbers, 0.5).to_json()
        found = ModelStatistics.from_json(text)
        keys = [key for key in KEYS[problem_type] if not key.endswith(("matrix", "curve"))]

        assert list(found.metrics) == keys
