"""Pipelines with monitors of teams' own: which steps, with what, and how a version keeps their baselines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.bundle import Bundle
from pipelines.catalog import build_bundle
from sagemaker_monitor.analysis.decision.spec import from_json
from tests.pipelines.conftest import environment, loans
from tests.pipelines.test_definitions import steps_of

REGISTRY = "444455556666.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.fixture(scope="module")
def custom() -> Bundle:
    """A model that only its team's own monitors watch."""
    monitors: dict[str, Any] = {
        "custom": {
            "text_drift": {"image": "text-drift", "environment": {"column": "income"}},
            "mistakes": {"image": "team/mistakes:2", "input": "outcomes"},
        }
    }
    return build_bundle(loans(monitors=monitors), environment(images={"text-drift": "text-drift:1.0"}))


def spec_of(bundle: Bundle, pipeline: str) -> dict[str, Any]:
    """Return what the scripts of a pipeline are told."""
    inputs = steps_of(bundle, pipeline)["Join"]["Arguments"]["ProcessingInputs"]
    uri = next(each["S3Input"]["S3Uri"] for each in inputs if each["InputName"] == "spec")
    document: dict[str, Any] = json.loads(next(each.content for each in bundle.assets if each.uri == uri))
    return document


def test_each_monitor_is_a_step_of_the_pipelines_that_have_its_rows(custom: Bundle) -> None:
    """What waits for labels is judged when they are there; the inputs were judged when the batch arrived."""
    made = {
        each.pipeline: [name for name in steps_of(custom, each.pipeline) if name.startswith("Custom")]
        for each in custom.pipelines
    }

    assert made == {
        "register": ["CustomTextDrift", "CustomMistakes"],
        "monitor-batch": ["CustomTextDrift", "CustomMistakes"],
        "monitor-endpoint": ["CustomTextDrift", "CustomMistakes"],
        "monitor-ground-truth": ["CustomMistakes"],
    }


def test_a_step_runs_the_image_with_the_contract_and_the_variables_of_the_team(custom: Bundle) -> None:
    """Its registry is the account's; it has no arguments, and its own variables beside the contract's."""
    arguments = steps_of(custom, "register")["CustomTextDrift"]["Arguments"]
    environment = arguments["Environment"]

    assert arguments["AppSpecification"] == {"ImageUri": f"{REGISTRY}/text-drift:1.0"}
    other = steps_of(custom, "register")["CustomMistakes"]["Arguments"]
    assert other["AppSpecification"]["ImageUri"] == f"{REGISTRY}/team/mistakes:2"
    fixed = {name: value for name, value in environment.items() if isinstance(value, str)}
    assert fixed == {
        "baseline_constraints": "/opt/ml/processing/baseline/constraints/constraints.json",
        "baseline_statistics": "/opt/ml/processing/baseline/statistics/statistics.json",
        "check_type": "CUSTOM:text_drift",
        "column": "income",
        "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
        "dataset_source": "/opt/ml/processing/input/data",
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Disabled",
    }
    assert set(environment) - set(fixed) == {"skip_check", "register_new_baseline", "fail_on_violation"}
    assert [each["InputName"] for each in arguments["ProcessingInputs"]] == [
        "dataset",
        "baseline_statistics",
        "baseline_constraints",
    ]
    assert len(arguments["ProcessingOutputConfig"]["Outputs"]) == 1


def test_a_version_says_in_its_metadata_where_the_baselines_lie(custom: Bundle) -> None:
    """Decide tells, because no expression can choose between two places."""
    registered = steps_of(custom, "register")["Register"]["Arguments"]

    file = {"Get": "Steps.Decide.PropertyFiles.Evidence"}
    said = registered["CustomerMetadataProperties"]
    assert {key: said[key]["Std:JsonGet"] for key in said if key.endswith(".text_drift")} == {
        "CustomBaseline.text_drift": {"PropertyFile": file, "Path": "custom.text_drift.uri"},
        "CustomBaselineSha256.text_drift": {"PropertyFile": file, "Path": "custom.text_drift.sha256"},
    }
    assert not registered.get("DriftCheckBaselines")


def test_the_scripts_are_told_what_to_expect(custom: Bundle) -> None:
    """Which rows to write, and which monitor waits for labels; decide reads it strictly."""
    document = spec_of(custom, "monitor-batch")

    assert document["rows_for_teams"] == ["outcomes"]
    assert {each.monitor: each.needs_labels for each in from_json(document).checks} == {
        "custom/text_drift": False,
        "custom/mistakes": True,
    }
