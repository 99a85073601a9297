"""Checks that an image of one's own made, told as SageMaker tells of its check steps."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_monitor.analysis.decision import own_engine
from sagemaker_monitor.analysis.decision.baselines import BASELINES
from sagemaker_monitor.analysis.decision.reading import check_evidence
from sagemaker_monitor.analysis.decision.spec import OWN, ExpectedCheck, Spec, from_json
from sagemaker_monitor.analysis.documents.strict import DocumentError

from .cases import spec_document

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:processing-job/pipelines-x-ModelBias-y"
OUT = "s3://b/run/model-bias"


def job(check_type: str = "MODEL_BIAS", **environment: str) -> dict[str, Any]:
    """Return the description of an own check's job that compared with s3://b/old."""
    inputs = ["baseline_constraints", "baseline_statistics"]
    return {
        "ProcessingJobArn": ARN,
        "Environment": {"check_type": check_type, "skip_check": "false", **environment},
        "ProcessingInputs": [
            {"InputName": name, "S3Input": {"S3Uri": f"s3://b/old/{name}", "LocalPath": "/opt/ml/processing"}}
            for name in inputs
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {"OutputName": "report", "S3Output": {"S3Uri": f"{OUT}/"}},
                {"OutputName": "carried", "S3Output": {"S3Uri": f"{OUT}/carried"}},
            ]
        },
        "ExitMessage": "Completed: all is well.",
    }


class Service:
    """One job, and the objects there are."""

    def __init__(self, job: dict[str, Any] | None, *objects: str) -> None:
        self.found, self.objects = job, objects

    def job(self, step: dict[str, Any]) -> dict[str, Any] | None:
        """Return the job of the step."""
        return self.found

    def text(self, uri: str) -> str | None:
        """Return an object."""
        return "{}" if uri in self.objects else None


def told(found: dict[str, Any], *objects: str) -> dict[str, Any]:
    """Return what decide is told of the job."""
    return own_engine.step_metadata(found, lambda uri: uri in objects)


def test_a_comparison_names_the_report_and_the_baseline_that_was_an_input() -> None:
    """Clarify's checks have constraints alone, whose document is the analysis."""
    assert told(job()) == {
        "ClarifyCheck": {
            "CheckType": "MODEL_BIAS",
            "SkipCheck": False,
            "RegisterNewBaseline": False,
            "CheckJobArn": ARN,
            "CalculatedBaselineConstraints": f"{OUT}/analysis.json",
            "BaselineUsedForDriftCheckConstraints": "s3://b/old/baseline_constraints",
            "CarriedBaselineConstraints": f"{OUT}/carried/analysis.json",
        }
    }


@pytest.mark.parametrize("check_type", ["DATA_QUALITY", "MODEL_QUALITY"])
def test_a_quality_check_has_both_documents(check_type: str) -> None:
    """With a new baseline registered, that one is what the step shows."""
    found = told(job(check_type, skip_check="TRUE", register_new_baseline="true"))["QualityCheck"]

    assert (found["SkipCheck"], found["RegisterNewBaseline"]) == (True, True)
    for part in ("Statistics", "Constraints"):
        assert found[f"CalculatedBaseline{part}"] == f"{OUT}/{part.lower()}.json"
        assert found[f"BaselineUsedForDriftCheck{part}"] == f"{OUT}/{part.lower()}.json"


def test_violations_are_a_file_or_what_the_job_says() -> None:
    """A job that speaks of violations names their report although it is missing: evidence is then missing."""
    report = f"{OUT}/constraint_violations.json"
    violated = {**job(), "ExitMessage": "CompletedWithViolations: Job completed with 2 violations."}

    assert told(job(), report)["ClarifyCheck"]["ViolationReport"] == report
    assert told(violated)["ClarifyCheck"]["ViolationReport"] == report
    assert "ViolationReport" not in told(job())["ClarifyCheck"]
    assert "ViolationReport" not in told(job(skip_check="true"), report)["ClarifyCheck"]


def test_a_job_of_another_kind_tells_nothing() -> None:
    """Without a known check type there is no check; decide then finds the step broken."""
    assert told(job("NONE")) == {}
    assert told({"ProcessingJobArn": ARN}) == {}


def spec(engine: str) -> Spec:
    """Return a specification whose checks are made by *engine*."""
    document = spec_document()
    document["checks"] = [{**each, "engine": engine} for each in document["checks"]]
    return from_json(document)


def test_only_own_checks_that_succeeded_are_translated() -> None:
    """Other steps keep their own record; a step without a job keeps none."""
    steps = {
        "ModelBias": {"StepStatus": "Succeeded", "Metadata": {"ProcessingJob": {"Arn": ARN}}},
        "DataBias": {"StepStatus": "Failed", "Metadata": {"ProcessingJob": {"Arn": ARN}}},
        "Join": {"StepStatus": "Succeeded", "Metadata": {"ProcessingJob": {"Arn": ARN}}},
    }

    found = own_engine.with_checks(Service(job()), steps, spec("own"))

    assert found["ModelBias"]["Metadata"]["ClarifyCheck"]["CheckType"] == "MODEL_BIAS"
    assert {name: found[name] for name in ("DataBias", "Join")} == {
        name: steps[name] for name in ("DataBias", "Join")
    }
    assert own_engine.with_checks(Service(job()), steps, spec("sagemaker")) == steps
    assert own_engine.with_checks(Service(None), steps, spec("own")) == steps


def test_the_engine_of_a_check_is_one_of_two() -> None:
    """A file without it is of SageMaker's checks; anything else is refused."""
    assert {check.engine for check in from_json(spec_document()).checks} == {"sagemaker"}
    assert {check.engine for check in spec("own").checks} == {OWN}
    with pytest.raises(DocumentError, match="engine"):
        spec("mine")


@pytest.mark.parametrize("check_type", ["DATA_QUALITY", "MODEL_QUALITY", "DATA_BIAS", "MODEL_BIAS"])
@pytest.mark.parametrize("skipped", ["true", "false"])
def test_a_job_that_ended_well_and_left_nothing_is_no_evidence(check_type: str, skipped: str) -> None:
    """An image that ended with 0 and wrote no report has looked at nothing, whether it compared or not."""
    monitor = {"DATA_QUALITY": "data_quality", "MODEL_QUALITY": "model_quality"}.get(check_type, "bias")
    expected = ExpectedCheck("Check", check_type, monitor, OWN)
    ended = job(check_type, skip_check=skipped, register_new_baseline=skipped)
    metadata = told({**ended, "ExitMessage": ""})
    part, constraints = BASELINES[check_type]
    carried = {
        constraints: {"S3Uri": "s3://b/old/baseline_constraints"},
        "Statistics": {"S3Uri": "s3://b/old/baseline_statistics"},
    }

    found = check_evidence(
        Service(ended),  # type: ignore[arg-type]
        expected,
        {"StepName": "Check", "StepStatus": "Succeeded", "Metadata": metadata},
        # Nothing is compared where no version has a baseline yet.
        None if skipped == "true" else {"DriftCheckBaselines": {part: carried}},
    )

    assert found.status == "no-evidence"
    assert str(found.reason).endswith(".json does not exist")
