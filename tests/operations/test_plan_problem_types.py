"""A model that answers numbers: what the plan says of edits of its configuration."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipelines.catalog import build_bundle
from sagemaker_monitor.operations.planning.compare import compare
from sagemaker_monitor.operations.planning.sides import Side, desired_side
from sagemaker_monitor.operations.resources.pipelines import desired_pipelines
from sagemaker_monitor.settings import Environment, Model
from tests.operations.test_plan_configuration import ENVIRONMENT, MODEL

SCHEMA = {key: value for key, value in MODEL["schema"].items() if key not in ("favourable", "prediction")}
LOCAL = {**ENVIRONMENT, "endpoint_url": "http://127.0.0.1:4799"}
PRICES: dict[str, Any] = {
    **{key: value for key, value in MODEL.items() if key != "gate"},
    "schema": {**SCHEMA, "problem_type": "Regression", "prediction": {"label": 0, "values": 2}},
    "monitors": {"model_quality": {}, "explainability": {"baseline": "data/average.csv"}},
}


def register(document: dict[str, Any]) -> Side:
    """Return the pipeline `register` of a model."""
    model, environment = Model.model_validate(document), Environment.model_validate(LOCAL)
    bundle = build_bundle(model, environment)
    found = {each.name: each for each in desired_pipelines(bundle, model, environment)}
    return desired_side(found["loans-register-local"], bundle)


def told(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return sign and subject of each difference between two configurations."""
    content = compare("register", register(before), register(after)).content
    return [f"{each.sign} {each.subject}" for each in content]


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [("label", 1, "~ schema.prediction.label"), ("values", 3, "~ schema.prediction.values")],
)
def test_the_place_of_the_answer_is_one_line(key: str, value: int, line: str) -> None:
    """What join and Clarify are told follows from it."""
    edited = copy.deepcopy(PRICES)
    edited["schema"]["prediction"][key] = value

    assert told(PRICES, edited) == [line]


def test_another_problem_type_is_told_by_its_keys_alone() -> None:
    """Which column of scored/ is what to Model Monitor follows from the problem type."""
    binary = copy.deepcopy(PRICES)
    binary["schema"] |= {"problem_type": "BinaryClassification", "prediction": {"values": 2}}

    assert sorted(told(binary, PRICES)) == [
        "+ schema.prediction.label",
        "- schema.favourable",
        "- schema.prediction.probability",
        "- schema.prediction.threshold",
        "~ schema.problem_type",
    ]
