"""Violations come in the order and the words of the hosted analyzer."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sagemaker_monitor.analysis.documents.model_constraints import (
    GREATER,
    LESS,
    SUGGESTED,
    Constraint,
    ModelConstraints,
)
from sagemaker_monitor.analysis.documents.model_statistics import (
    BINARY,
    MULTICLASS,
    REGRESSION,
    Metric,
    ModelStatistics,
)
from sagemaker_monitor.analysis.documents.violations import REPORTED_NAMES, ModelViolations
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.model_quality import binary
from sagemaker_monitor.analysis.model_quality.checks import suggest, violations

# Two windows of an endpoint and the baseline that they were compared with; their reports' sizes are known.
BASELINE = np.array([[3588, 46], [398, 87]])
WINDOWS = (
    (np.array([[37, 2], [38, 1]]), 0.40499671268902043, 10, 2031),
    (np.array([[45, 0], [32, 0]]), 0.439583333333333, 8, 1499),
)


def statistics(matrix: np.ndarray, auc: float) -> ModelStatistics:
    """Return the statistics of few rows, which have no deviations."""
    metrics = {**binary.metrics(matrix), "auc": auc}
    return ModelStatistics(
        BINARY, int(matrix.sum()), {name: Metric(value) for name, value in metrics.items()}
    )


@pytest.mark.parametrize(("matrix", "auc", "count", "size"), WINDOWS)
def test_reports_have_the_recorded_sizes(matrix: np.ndarray, auc: float, count: int, size: int) -> None:
    """Two reports of AWS, byte for byte as long: 10 violations without f0_5, and 8 with nothing predicted.

    The baseline's auc and that of the second window are not known, only how long they must be: 18 and 17
    characters, as most doubles below 1 are.
    """
    required = suggest(statistics(BASELINE, 0.8123456789012345))

    found = violations(statistics(matrix, auc), required)

    assert len(found) == count
    assert len(ModelViolations(found).to_json().encode()) == size


def test_all_metrics_of_a_bad_model_are_told_in_the_recorded_order() -> None:
    """The order of a recorded report; rates in camel case, no f0_5."""
    found = violations(statistics(np.array([[37, 2], [38, 1]]), 0.4), suggest(statistics(BASELINE, 0.8)))

    assert [each.metric_name for each in found] == [
        "auc",
        "precision",
        "truePositiveRate",
        "f1",
        "accuracy",
        "falsePositiveRate",
        "trueNegativeRate",
        "falseNegativeRate",
        "recall",
        "f2",
    ]


def scala_order(names: list[str]) -> list[str]:
    """Return the order in which a hash map of Scala 2.12 gives texts back: by five bits after five."""

    def key(name: str) -> list[int]:
        code = 0
        for character in name:
            code = (31 * code + ord(character)) & 0xFFFFFFFF
        code = (code + (~(code << 9) & 0xFFFFFFFF)) & 0xFFFFFFFF
        code ^= code >> 14
        code = (code + (code << 4)) & 0xFFFFFFFF
        code ^= code >> 10
        return [(code >> shift) & 31 for shift in range(0, 32, 5)]

    return sorted(names, key=key) if len(names) > 4 else names


@pytest.mark.parametrize("problem_type", [BINARY, MULTICLASS, REGRESSION])
def test_the_order_is_that_of_scalas_hash_map(problem_type: str) -> None:
    """It gives the recorded order of the binary metrics, and so most likely that of the others."""
    operators = SUGGESTED[problem_type]
    required = ModelConstraints(
        problem_type,
        {name: Constraint(0.5, operator) for name, operator in reversed(operators.items())}
        if problem_type != REGRESSION
        else {name: Constraint(0.5, operator) for name, operator in operators.items()},
    )
    bad = {name: Metric(0.0 if operator == LESS else 1.0) for name, operator in operators.items()}
    names = [REPORTED_NAMES.get(name, name) for name in operators]

    found = violations(ModelStatistics(problem_type, 1, bad), required)

    assert [each.metric_name for each in found] == [
        name for name in scala_order(names) if (problem_type, name) != (BINARY, "f0_5")
    ]


def test_a_deviation_is_told_and_decides_nothing() -> None:
    """A value within one deviation of its threshold still violates."""
    required = ModelConstraints(REGRESSION, {"r2": Constraint(-7.7419149776821, LESS)})
    metric = Metric(-53.790146743270654, 4.829550001308316)

    (found,) = violations(ModelStatistics(REGRESSION, 300, {"r2": metric}), required)

    assert found.description == (
        "Metric r2 with -53.790146743270654 +/- 4.829550001308316 was LessThanThreshold '-7.7419149776821'"
    )
    assert (found.metric_name, found.constraint_check_type) == ("r2", LESS)
    assert json.loads(ModelViolations((found,)).to_json())["violations"][0].keys() == {
        "constraint_check_type",
        "description",
        "metric_name",
    }


@pytest.mark.parametrize("window", [WINDOWS[0], WINDOWS[1]])
def test_nothing_violates_its_own_baseline(window: tuple[np.ndarray, float, int, int]) -> None:
    """Suggested thresholds are the values themselves, and equality is allowed."""
    own = statistics(window[0], window[1])

    assert violations(own, suggest(own)) == ()
    assert list(suggest(own).constraints) == list(SUGGESTED[BINARY])


def test_metrics_without_a_finite_value_have_no_constraint_and_meet_none() -> None:
    """A baseline cannot demand NaN; a window cannot pass with it."""
    undefined = ModelStatistics(REGRESSION, 2, {"mae": Metric(0.0), "r2": Metric(float("nan"))})
    required = ModelConstraints(REGRESSION, {"r2": Constraint(0.9, LESS), "mae": Constraint(0.1, GREATER)})

    (found,) = violations(undefined, required)

    assert list(suggest(undefined).constraints) == ["mae"]
    assert found.description == "Metric r2 with NaN was LessThanThreshold '0.9'"


def test_edited_constraints_count_as_they_stand() -> None:
    """An operator turned round and a metric that is not constrained by default both decide."""
    own = statistics(np.array([[37, 2], [38, 1]]), 0.4)
    required = ModelConstraints(
        BINARY,
        {"recall_best_constant_classifier": Constraint(0.5, LESS), "accuracy": Constraint(0.4, GREATER)},
    )

    found = violations(own, required)

    assert [each.metric_name for each in found] == ["accuracy", "recall_best_constant_classifier"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("auc", "'auc', which needs scores: set probability_attribute"),
        ("gini", "'gini', which is no metric of Bin"),
    ],
)
def test_a_constraint_on_what_was_not_computed_is_an_error(name: str, text: str) -> None:
    """It would pass unseen otherwise."""
    own = statistics(BASELINE, 0.5)
    without = replace(own, metrics={key: each for key, each in own.metrics.items() if key != "auc"})
    required = ModelConstraints(BINARY, {name: Constraint(0.5, LESS)})

    with pytest.raises(AnalysisError, match=text):
        violations(without, required)


def test_constraints_of_another_problem_type_are_an_error() -> None:
    """Both types are named."""
    with pytest.raises(AnalysisError, match="those of Regression, problem_type is BinaryClassification"):
        violations(statistics(BASELINE, 0.5), ModelConstraints(REGRESSION, {}))
