"""The documents of model quality are read as others write them and written as the analyzer does."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.analysis.documents.model_constraints import (
    GREATER,
    LESS,
    SUGGESTED,
    Constraint,
    ModelConstraints,
)
from sagemaker_monitor.analysis.documents.model_statistics import (
    BINARY,
    KEYS,
    MULTICLASS,
    PROBLEM_TYPES,
    REGRESSION,
    Curves,
    Metric,
    ModelStatistics,
)
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.violations import (
    REPORTED_NAMES,
    ModelViolation,
    ModelViolations,
)
from tests.parity.plugin import Parity

POINTS = np.array([0.0, 0.5, 1.0])
NUMBERS = st.floats(allow_nan=False)


def binary() -> ModelStatistics:
    """Return statistics with everything a binary classification can have, in no order at all."""
    names = [name for name in KEYS[BINARY] if not name.endswith(("matrix", "curve"))]
    return ModelStatistics(
        BINARY,
        4,
        {name: Metric(place / 8) for place, name in reversed([*enumerate(names)])},
        {"0": {"0": 2, "1": 1}, "1": {"0": 0, "1": 1}},
        Curves(POINTS, POINTS, POINTS[::-1], POINTS),
    )


def test_statistics_have_the_documented_order_and_style() -> None:
    """Keys stand in the order of AWS's documentation, a deviation that is not known is the text NaN."""
    text = binary().to_json()

    assert text.startswith(
        '{\n  "version" : 0.0,\n  "dataset" : {\n    "item_count" : 4\n  },\n'
        '  "binary_classification_metrics" : {\n    "confusion_matrix" : {\n      "0" : {\n        "0" : 2,\n'
    )
    assert '"recall" : {\n      "value" : 0.0,\n      "standard_deviation" : "NaN"\n    },' in text
    assert '"false_positive_rates" : [ 0.0, 0.5, 1.0 ],' in text
    assert tuple(json.loads(text)["binary_classification_metrics"]) == KEYS[BINARY]


def test_statistics_come_back_whole() -> None:
    """Reading what was written gives the same metrics, counts and curves."""
    found = ModelStatistics.from_json(binary().to_json())

    assert found.to_json() == binary().to_json()
    assert found.confusion_matrix == {"0": {"0": 2, "1": 1}, "1": {"0": 0, "1": 1}}
    assert found.curves is not None
    assert found.curves.precisions.tolist() == [1.0, 0.5, 0.0]
    assert math.isnan(found.metrics["auc"].standard_deviation)


@given(problem_type=st.sampled_from(PROBLEM_TYPES), values=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=30))
def test_metrics_come_back_to_the_last_bit(problem_type: str, values: list[tuple[float, float]]) -> None:
    """Whatever the values of any problem type, infinities included, a reader gets the same ones."""
    names = [name for name in KEYS[problem_type] if not name.endswith(("matrix", "curve"))]
    metrics = {name: Metric(*each) for name, each in zip(names, values, strict=False)}

    assert ModelStatistics.from_json(ModelStatistics(problem_type, 9, metrics).to_json()).metrics == metrics


def test_additions_of_others_are_kept_or_left_alone() -> None:
    """A newer container's metric is kept, its other keys and an evaluation time do not disturb."""
    section = {
        "mae": {"value": 1},
        "p90": {"value": 2.5, "standard_deviation": 0.1},
        "note": "x",
        "list": [1],
    }
    document = {"dataset": {"item_count": 3, "evaluation_time": "2020-12-03"}, "regression_metrics": section}

    found = ModelStatistics.from_json(json.dumps(document))

    assert found.metrics["p90"] == Metric(2.5, 0.1)
    assert found.metrics["mae"].value == 1.0
    assert list(json.loads(found.to_json())["regression_metrics"]) == ["mae", "p90"]


DATASET = {"item_count": 1}


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"dataset": DATASET, "features": []}, "statistics of a data quality baseline"),
        ({"dataset": DATASET}, "it has none"),
        ({"dataset": DATASET, "regression_metrics": {}, "binary_classification_metrics": {}}, "has several"),
        ({"dataset": {}, "regression_metrics": {}}, "has no 'item_count'"),
        ({"dataset": DATASET, "regression_metrics": {"mae": {"value": "much"}}}, "must be a number"),
        (
            {"dataset": DATASET, "binary_classification_metrics": {"confusion_matrix": {"0": {"0": 1.5}}}},
            "must be an integer",
        ),
        ([], "must be an object"),
    ],
)
def test_what_are_no_model_statistics_is_refused(document: Any, text: str) -> None:
    """The error names what is wrong; statistics of data quality are recognised."""
    with pytest.raises(DocumentError, match=text):
        ModelStatistics.from_json(json.dumps(document))


def test_points_that_are_no_numbers_are_refused() -> None:
    """A curve with a text in it is an error, not a crash."""
    document = json.loads(binary().to_json())
    document["binary_classification_metrics"]["precision_recall_curve"]["recalls"][1] = "half"

    with pytest.raises(DocumentError, match="recalls must be a list of numbers"):
        ModelStatistics.from_json(json.dumps(document))


def test_constraints_have_the_recorded_order_and_operators(recorded_data: Path, parity: Parity) -> None:
    """The recorded operators, in their order, are those that are suggested."""
    recorded = json.loads((recorded_data / "recorded/churn_model_quality/baseline.json").read_text())

    parity.equal(
        "churn_model_quality",
        "order of the constraints, with their operators",
        recorded["constraint_operators"],
        dict(SUGGESTED[BINARY]),
        ordered=True,
    )


def test_constraints_are_written_in_the_analyzers_style() -> None:
    """Version, section, and two keys for each metric."""
    constraints = ModelConstraints(
        REGRESSION, {"mae": Constraint(0.0005, GREATER), "r2": Constraint(1.0, LESS)}
    )

    assert constraints.to_json() == (
        '{\n  "version" : 0.0,\n  "regression_constraints" : {\n'
        '    "mae" : {\n      "threshold" : 5.0E-4,\n      "comparison_operator" : "GreaterThanThreshold"\n'
        '    },\n    "r2" : {\n      "threshold" : 1.0,\n      "comparison_operator" : "LessThanThreshold"\n'
        "    }\n  }\n}"
    )
    assert ModelConstraints.from_json(constraints.to_json()) == constraints


def test_constraints_that_people_edited_are_read() -> None:
    """Integers, no version, metrics of their own, null constraints and additional properties are fine."""
    own = {"threshold": 1, "comparison_operator": "LessThanThreshold", "additional_properties": None}
    document = {"multiclass_classification_constraints": {"gini": own, "accuracy": None}}

    found = ModelConstraints.from_json(json.dumps(document))

    assert found == ModelConstraints(MULTICLASS, {"gini": Constraint(1.0, LESS)})


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ({"auc": {"threshold": 0.5}}, "has no 'comparison_operator'"),
        ({"auc": {"threshold": 0.5, "comparison_operator": "Less"}}, "must be one of LessThanThreshold"),
        ({"auc": {"threshold": "0.5", "comparison_operator": LESS}}, "must be a number"),
        ({"auc": {"threshold": math.nan, "comparison_operator": LESS}}, "must be a finite number"),
        ({"auc": 0.5}, "must be an object"),
    ],
)
def test_constraints_that_mean_nothing_are_refused(section: Any, text: str) -> None:
    """The error says which metric's constraint is wrong and what is allowed."""
    with pytest.raises(DocumentError, match=text) as caught:
        ModelConstraints.from_json(json.dumps({"binary_classification_constraints": section}))

    assert "binary_classification_constraints.auc" in str(caught.value)


def test_constraints_of_data_quality_are_recognised() -> None:
    """The other monitor's document is named as such."""
    with pytest.raises(DocumentError, match="constraints of a data quality baseline"):
        ModelConstraints.from_json(json.dumps({"version": 0.0, "features": []}))


@pytest.mark.parametrize(
    ("operator", "value", "violates"),
    [
        (LESS, 0.5, False),
        (LESS, 0.49, True),
        (GREATER, 0.5, False),
        (GREATER, 0.51, True),
        (LESS, math.nan, True),
        (GREATER, math.nan, True),
        (LESS, -math.inf, True),
    ],
)
def test_only_values_beyond_a_threshold_violate(operator: str, value: float, violates: bool) -> None:
    """Equality is allowed; a metric without a value meets no constraint."""
    assert Constraint(0.5, operator).violated_by(value) is violates


def test_violations_come_back_and_know_their_constraint() -> None:
    """Camel case in the document, the constraint's own name for whoever looks it up."""
    violations = ModelViolations(
        (
            ModelViolation(LESS, "Metric truePositiveRate with …", "truePositiveRate"),
            ModelViolation(LESS, "…", "f1"),
        )
    )

    assert ModelViolations.from_json(violations.to_json()) == violations
    assert [each.constraint for each in violations.violations] == ["true_positive_rate", "f1"]
    assert set(REPORTED_NAMES) <= {name for names in SUGGESTED.values() for name in names}
