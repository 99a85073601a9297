"""The pipelines over what a real-time endpoint captured: what they take, read and make of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.bundle import Bundle
from pipelines.catalog import build_bundle
from pipelines.names import pipelines_of
from tests.pipelines.conftest import environment, loans
from tests.pipelines.test_definitions import steps_of

LINES = {
    "name": {"prod": "live"},
    "capture": "captures/",
    "requests": {"content_type": "application/jsonlines", "features": "features"},
    "answers": {"prediction": "score"},
}
CAPTURES = "s3://bank-ml/monitoring/captures/"
WATCHED = (
    "EndpointName",
    "CaptureUri",
    "ModelPackageArn",
    "ServedBy",
    "WindowStart",
    "WindowEnd",
    "ScheduledTime",
)


@pytest.fixture(scope="module")
def scored() -> Bundle:
    """A model without batches that is scored by an endpoint alone, and whose inputs nobody checks."""
    data = {"baseline": "data/baseline.csv", "ground_truth": {"uri": "labels/"}}
    monitors = {"bias": {"facets": [{"name": "age", "threshold": 60}]}}
    return build_bundle(loans(data=data, endpoint=LINES, monitors=monitors), environment())


def parameters(bundle: Bundle, pipeline: str) -> dict[str, Any]:
    """The parameters of a pipeline, with their defaults."""
    found = json.loads(bundle.pipeline(pipeline).definition)["Parameters"]
    return {each["Name"]: each.get("DefaultValue") for each in found}


def spec(bundle: Bundle, pipeline: str) -> dict[str, Any]:
    """What the scripts of a pipeline are told."""
    definition = bundle.pipeline(pipeline).definition
    return dict(
        next(
            json.loads(asset.content)
            for asset in bundle.assets
            if asset.name == "spec.json" and asset.uri in definition
        )
    )


def arguments(step: dict[str, Any]) -> list[Any]:
    """A script's arguments, joined ones as they are written."""
    return [
        "=".join(map(str, each["Std:Join"]["Values"])) if "Std:Join" in each else each
        for each in step["Arguments"]["AppSpecification"]["ContainerArguments"]
    ]


def test_a_scheduled_run_needs_nothing_but_its_time(bundle: Bundle) -> None:
    """Endpoint, window and version have defaults: by the configuration, the offsets and what is served."""
    found = parameters(bundle, "monitor-endpoint")

    assert {name: found[name] for name in WATCHED} == {
        "EndpointName": "loans-prod",
        "CaptureUri": "",
        "ModelPackageArn": "",
        "ServedBy": "endpoint",
        "WindowStart": "",
        "WindowEnd": "",
        "ScheduledTime": "",
    }
    assert None not in found.values()
    assert spec(bundle, "monitor-endpoint")["endpoint"]["window"] == [-1, 0]


def test_nothing_is_scored_again_by_a_transform(bundle: Bundle) -> None:
    """The endpoint has answered: rows come from its captures, the model from the version that answered."""
    steps = steps_of(bundle, "monitor-endpoint")
    (collected,) = [
        each for each in steps["Join"]["Arguments"]["ProcessingInputs"] if each["InputName"] == "transform"
    ]

    assert "Transform" not in {step["Type"] for step in steps.values()}
    assert collected["S3Input"]["S3Uri"]["Std:Join"]["Values"][-2:] == ["collect", "transform"]
    assert steps["CreateModel"]["Arguments"]["PrimaryContainer"]["ModelPackageName"] == {
        "Std:JsonGet": {
            "Path": "model_package_arn",
            "PropertyFile": {"Get": "Steps.Collect.PropertyFiles.Collected"},
        }
    }


def test_inputs_are_checked_whatever_their_columns_are(bundle: Bundle) -> None:
    """A window whose columns do not fit is told by the check of the inputs; nothing is joined."""
    captured = steps_of(bundle, "monitor-endpoint")["HaveCaptures"]["Arguments"]
    check, fit = captured["IfSteps"]

    assert [check["Name"], fit["Name"]] == ["DataQuality", "ColumnsFit"]
    assert [step["Name"] for step in fit["Arguments"]["IfSteps"]][:2] == ["CreateModel", "Join"]
    assert fit["Arguments"]["ElseSteps"][0]["Name"] == "DecideWithoutScores"
    assert captured["ElseSteps"][0]["Name"] == "DecideWithoutCaptures"


def test_every_decision_reads_what_was_collected(bundle: Bundle) -> None:
    """The window, which version answered and what else is to be told reach every verdict."""
    for pipeline in ("monitor-endpoint", "monitor-ground-truth"):
        for name, step in steps_of(bundle, pipeline).items():
            if name.startswith("Decide"):
                assert "--collected" in arguments(step), (pipeline, name)


def test_labels_are_looked_for_in_the_window_that_was_collected(bundle: Bundle) -> None:
    """The join knows of no scheduled time: it reads the window from the summary."""
    found = arguments(steps_of(bundle, "monitor-endpoint")["Join"])

    assert "--collected" in found
    assert not [each for each in found if str(each).startswith("--window")]


def test_late_labels_of_a_model_with_batches_are_of_these(bundle: Bundle) -> None:
    """monitor-ground-truth judges batches where there are some, and then knows nothing of the endpoint."""
    assert "EndpointName" not in parameters(bundle, "monitor-ground-truth")
    assert "endpoint" not in spec(bundle, "monitor-ground-truth")


def test_late_labels_of_a_model_without_batches_are_of_its_endpoint(scored: Bundle) -> None:
    """Then monitor-ground-truth collects what the endpoint captured, as monitor-endpoint does."""
    found = parameters(scored, "monitor-ground-truth")

    assert [found[name] for name in WATCHED] == ["live", CAPTURES, "", "endpoint", "", "", ""]
    assert spec(scored, "monitor-ground-truth")["endpoint"] == {
        "variants": [],
        "window": [-1, 0],
        "request_type": "application/jsonlines",
        "features": "features",
        "record_key": None,
        "answer_type": "application/jsonlines",
        "prediction": "score",
        "needs_answers": True,
        "maximum_unusable": 0.0,
    }


def test_without_a_check_of_inputs_the_window_is_joined_at_once(scored: Bundle) -> None:
    """A monitor that the model does not have has no step and no condition."""
    captured = steps_of(scored, "monitor-endpoint")["HaveCaptures"]["Arguments"]

    assert [step["Name"] for step in captured["IfSteps"]][:2] == ["CreateModel", "Join"]
    assert "ColumnsFit" not in steps_of(scored, "monitor-endpoint")


def test_an_environment_without_the_endpoint_has_no_pipeline_for_it() -> None:
    """A mapping of names leaves environments out; late labels that only it would have are left out too."""
    data = {"baseline": "data/baseline.csv", "ground_truth": {"uri": "labels/"}}
    alone, both = loans(data=data, endpoint=LINES), loans(endpoint=LINES)

    assert pipelines_of(alone, "dev") == ("register", "monitor-batch")
    assert pipelines_of(both, "dev") == ("register", "monitor-batch", "monitor-ground-truth")
    assert "monitor-endpoint" in pipelines_of(alone, "prod")


def test_the_file_may_leave_out_pipelines() -> None:
    """Only those that it names are built, of those that the model can have at all."""
    chosen = ["monitor-endpoint", "register"]
    assert pipelines_of(loans(pipelines=chosen), "dev") == ("register", "monitor-endpoint")
    assert pipelines_of(loans(pipelines=chosen[:1], endpoint=None), "dev") == ()
    assert build_bundle(loans(pipelines=[]), environment()).pipelines == ()
