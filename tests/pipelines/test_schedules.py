"""The pipelines of a model that schedules them: what a run may leave out, and what finds it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.bundle import Bundle
from pipelines.catalog import build_bundle
from sagemaker_monitor.emulator.lint import lint
from tests.pipelines.conftest import environment, loans
from tests.pipelines.test_definitions import steps_of

DATA = {
    "baseline": "data/baseline.csv",
    "batches": "batches/",
    "ground_truth": {"uri": "labels/", "expected_after": "P45D", "captures": "batches"},
}
SCHEDULES = {
    "monitor-batch": {"expression": "rate(7 days)", "batch": "{year}/", "offset": "-P1D"},
    "monitor-ground-truth": "cron(0 7 1 * ? *)",
}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """A model whose batches and late labels are scheduled."""
    return build_bundle(loans(data=DATA, schedules=SCHEDULES), environment())


def definition(bundle: Bundle, pipeline: str) -> dict[str, Any]:
    """Return one definition."""
    (found,) = (each for each in bundle.pipelines if each.pipeline == pipeline)
    return dict(json.loads(found.definition))


def spec(bundle: Bundle, pipeline: str) -> dict[str, Any]:
    """Return what the scripts of a pipeline are told."""
    specs = (json.loads(asset.content) for asset in bundle.assets if asset.name == "spec.json")
    (found,) = (each for each in specs if each["pipeline"] == pipeline)
    return dict(found)


@pytest.mark.parametrize("pipeline", ["monitor-batch", "monitor-ground-truth"])
def test_a_scheduled_time_is_all_that_a_run_needs(bundle: Bundle, pipeline: str) -> None:
    """Every other parameter has a default, and the definition is one that SageMaker takes."""
    made = definition(bundle, pipeline)
    parameters = {each["Name"]: each.get("DefaultValue") for each in made["Parameters"]}

    assert None not in parameters.values()
    assert (parameters["ScheduledTime"], parameters["ModelPackageArn"]) == ("", "")
    assert lint(made) == []


def test_batch_and_version_are_those_that_were_found(bundle: Bundle) -> None:
    """What is scored, with what, is read from what FindBatch wrote, however it came there."""
    made = definition(bundle, "monitor-batch")
    steps = steps_of(bundle, "monitor-batch")
    said = {
        path: {
            "Std:JsonGet": {"PropertyFile": {"Get": "Steps.FindBatch.PropertyFiles.Collected"}, "Path": path}
        }
        for path in ("input_uri", "model_package_arn")
    }
    batch = next(
        each for each in steps["Inputs"]["Arguments"]["ProcessingInputs"] if each["InputName"] == "batch"
    )
    source = steps["BatchMonitor-transform"]["Arguments"]["TransformInput"]["DataSource"]["S3DataSource"]

    assert [each["Name"] for each in made["Steps"]] == ["FindBatch", "HaveBatch"]
    assert batch["S3Input"]["S3Uri"] == source["S3Uri"] == said["input_uri"]
    assert (
        steps["CreateModel"]["Arguments"]["PrimaryContainer"]["ModelPackageName"]
        == (said["model_package_arn"])
    )
    assert "DecideWithoutBatch" in steps
    assert spec(bundle, "monitor-batch")["scheduled_batch"] == {"batch": "{year}/", "offset": -24}


def test_a_window_ends_when_labels_are_there(bundle: Bundle) -> None:
    """In hours before the scheduled time, and the join looks where was collected."""
    arguments = steps_of(bundle, "monitor-ground-truth")["Join"]["Arguments"]

    assert spec(bundle, "monitor-ground-truth")["window"] == [-76 * 24, -45 * 24]
    assert "--collected" in arguments["AppSpecification"]["ContainerArguments"]


def test_late_labels_of_an_endpoint_have_a_window_of_their_own() -> None:
    """monitor-endpoint judges the hour before, and monitor-ground-truth what has labels by now."""
    data = {**DATA, "ground_truth": {"uri": "labels/", "expected_after": "P2D", "captures": "endpoint"}}
    made = build_bundle(loans(data=data, schedules={"monitor-ground-truth": "rate(1 day)"}), environment())
    windows = {
        pipeline: spec(made, pipeline)["endpoint"]["window"]
        for pipeline in ("monitor-endpoint", "monitor-ground-truth")
    }

    assert windows == {"monitor-endpoint": [-1, 0], "monitor-ground-truth": [-33 * 24, -2 * 24]}


def test_without_a_check_of_inputs_the_batch_is_scored_at_once() -> None:
    """Found, and then handed to the transform."""
    monitors = {"bias": {"facets": [{"name": "age", "threshold": 60}]}}
    made = build_bundle(loans(data=DATA, monitors=monitors, schedules=SCHEDULES), environment())
    steps = steps_of(made, "monitor-batch")

    assert [each["Name"] for each in steps["HaveBatch"]["Arguments"]["IfSteps"]][:2] == [
        "CreateModel",
        "ScoreBatch",
    ]
