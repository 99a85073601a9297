"""Bundles of models that other containers serve."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.catalog import build_bundle
from tests.pipelines.conftest import environment, loans
from tests.pipelines.test_definitions import steps_of

MODEL_DATA = "models/loans/model.tar.gz"
PROGRAM = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}


@pytest.mark.parametrize(
    ("framework", "version", "entry_point", "image"),
    [
        ("xgboost", "1.7-1", None, "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"),
        ("xgboost", "1.7-1", "inference.py", "/sagemaker-xgboost:1.7-1"),
        ("linear-learner", "1", None, "/linear-learner:1"),
        ("scikit-learn", "1.2-1", "inference.py", "/sagemaker-scikit-learn:1.2-1-cpu-py3"),
        ("script", "1.4-2-py312", "inference.py", "/sagemaker-scikit-learn:1.4-2-py312-cpu-py3"),
    ],
)
def test_the_container_is_aws_own_and_knows_its_script(
    framework: str, version: str, entry_point: str | None, image: str
) -> None:
    """The model that is scored and the version that is registered have the same image and environment."""
    artifact: dict[str, Any] = {"framework": framework, "version": version, "model_data": MODEL_DATA}
    if entry_point:
        artifact["entry_point"] = entry_point
    steps = steps_of(build_bundle(loans(artifact=artifact), environment()), "register")
    created = steps["CreateModel"]["Arguments"]["PrimaryContainer"]
    registered = steps["Register"]["Arguments"]["InferenceSpecification"]["Containers"]

    assert created["Image"].endswith(image), json.dumps(created)
    assert created.get("Environment", {}) == (PROGRAM if entry_point else {})
    assert registered == [created]
