"""Model quality check steps: the first run registers a baseline, later ones compare with it."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from .conftest import ROLE, Start, get
from .test_quality_check import FOLDER, IMAGE, check, metadata, shown, written

GOOD = "prediction,label\n0.9,1\n0.2,0\n0.8,1\n0.4,0\n"
BAD = "prediction,label\n0.1,1\n0.2,0\n0.8,1\n0.9,0\n"
# What the SDK's ModelQualityCheckConfig gives its job.
VARIABLES = {
    "analysis_type": "MODEL_QUALITY",
    "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
    "dataset_source": FOLDER,
    "ground_truth_attribute": "label",
    "output_path": "/opt/ml/processing/output",
    "probability_attribute": "prediction",
    "probability_threshold_attribute": "0.5",
    "problem_type": "BinaryClassification",
    "publish_cloudwatch_metrics": "Disabled",
}

SPECIFICATION = {"Containers": [{"Image": IMAGE}], "SupportedContentTypes": ["text/csv"]}
FIRST = {"SkipCheck": True, "RegisterNewBaseline": True}


def model_check(uri: str, data: str, **options: Any) -> dict[str, Any]:
    """Return a QualityCheck step that looks at the predictions at *data* and writes to *uri*."""
    step = check(uri, data, CheckType="MODEL_QUALITY", **options)
    step["Arguments"]["Environment"] = VARIABLES
    return step


@pytest.fixture(scope="module")
def work(emulator: Any, bucket: str) -> Any:
    """The S3 client, with predictions of a good model and of a bad one, and some without labels."""
    s3 = emulator.client("s3")
    for name, body in (("good", GOOD), ("bad", BAD), ("unlabelled", "prediction,label\n0.9,\n0.1,0\n")):
        s3.put_object(Bucket=bucket, Key=f"scored/{name}/data.csv", Body=body.encode())
    return s3


GOOD_DATA, BAD_DATA, UNLABELLED = (f"s3://work/scored/{name}" for name in ("good", "bad", "unlabelled"))


@pytest.fixture
def prefix() -> str:
    """A prefix that nothing was written to."""
    return f"s3://work/{secrets.token_hex(4)}"


def document(s3: Any, uri: str) -> Any:
    """Return the JSON document at *uri*."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def test_the_first_run_registers_and_the_second_compares(
    start: Start, work: Any, sagemaker: Any, prefix: str
) -> None:
    """An approved version's baseline is found by its group; a worse model violates it, in AWS's words."""
    group = f"group-{secrets.token_hex(4)}"
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    new = {"S3Uri": get("Steps.Check.BaselineUsedForDriftCheckStatistics"), "ContentType": "application/json"}
    limits = {**new, "S3Uri": get("Steps.Check.BaselineUsedForDriftCheckConstraints")}
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": group,
            "ModelApprovalStatus": "Approved",
            "DriftCheckBaselines": {"ModelQuality": {"Statistics": new, "Constraints": limits}},
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE}],
                "SupportedContentTypes": ["text/csv"],
            },
        },
    }
    first = model_check(f"{prefix}/1", GOOD_DATA, **FIRST)
    assert start([first, register]).wait() == "Succeeded"

    execution = start([model_check(f"{prefix}/2", BAD_DATA, ModelPackageGroupName=group)])

    report = f"{prefix}/2/constraint_violations.json"
    assert execution.wait() == "Failed"
    assert execution.steps()["Check"]["FailureReason"] == (
        f"ClientError: Quality check failed. See violation report {report}"
    )
    found = metadata(execution)
    assert (found["CheckType"], found["ViolationReport"]) == ("MODEL_QUALITY", report)
    violations = document(work, report)["violations"]
    assert [each["metric_name"] for each in violations][:3] == ["auc", "precision", "truePositiveRate"]
    assert violations[2] == {
        "constraint_check_type": "LessThanThreshold",
        "description": "Metric truePositiveRate with 0.5 was LessThanThreshold '1.0'",
        "metric_name": "truePositiveRate",
    }
    name = found["CheckJobArn"].rsplit("/", 1)[-1]
    job = sagemaker.describe_processing_job(ProcessingJobName=name)
    assert job["ExitMessage"] == "CompletedWithViolations: Job completed successfully with 10 violations."
    inputs = {each["InputName"]: each["S3Input"]["S3Uri"] for each in job["ProcessingInputs"]}
    assert inputs["baseline_constraints"] == f"{prefix}/1/constraints.json"


def test_the_properties_are_the_documents_of_model_quality(start: Start, work: Any, prefix: str) -> None:
    """Both baselines' URIs are those of files with the sections of a binary classification."""
    first = f"{prefix}/1"
    assert start([model_check(first, GOOD_DATA, **FIRST)]).wait() == "Succeeded"

    execution = start([model_check(f"{prefix}/2", GOOD_DATA, **written(first))])

    assert execution.wait() == "Succeeded", execution.steps()
    found = metadata(execution)
    assert shown("CalculatedBaseline", written(f"{prefix}/2")).items() <= found.items()
    assert shown("BaselineUsedForDriftCheck", written(first)).items() <= found.items()
    assert "ViolationReport" not in found
    statistics = document(work, found["CalculatedBaselineStatistics"])
    constraints = document(work, found["BaselineUsedForDriftCheckConstraints"])
    assert list(statistics) == ["version", "dataset", "binary_classification_metrics"]
    assert list(constraints) == ["version", "binary_classification_constraints"]


def test_constraints_alone_are_enough(start: Start, work: Any, prefix: str) -> None:
    """Model quality compares with nothing else; a report does not fail a step that is told not to."""
    first = f"{prefix}/1"
    assert start([model_check(first, GOOD_DATA, **FIRST)]).wait() == "Succeeded"
    constraints = written(first)["SuppliedBaselineConstraints"]

    execution = start(
        [model_check(f"{prefix}/2", BAD_DATA, SuppliedBaselineConstraints=constraints, FailOnViolation=False)]
    )

    assert execution.wait() == "Succeeded"
    assert metadata(execution)["ViolationReport"] == f"{prefix}/2/constraint_violations.json"
    assert "BaselineUsedForDriftCheckStatistics" not in metadata(execution)


def test_an_approved_version_needs_a_baseline_of_model_quality(
    start: Start, work: Any, sagemaker: Any, prefix: str
) -> None:
    """The data quality baseline of a version is not taken for it."""
    group = f"group-{secrets.token_hex(4)}"
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    source = {"S3Uri": "s3://work/elsewhere.json", "ContentType": "application/json"}
    sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        DriftCheckBaselines={"ModelDataQuality": {"Statistics": source, "Constraints": source}},
        InferenceSpecification=SPECIFICATION,
    )

    execution = start([model_check(prefix, GOOD_DATA, ModelPackageGroupName=group)])

    assert execution.wait() == "Failed"
    reason = execution.steps()["Check"]["FailureReason"]
    assert "has no DriftCheckBaselines.ModelQuality.Statistics" in reason


def test_data_without_labels_fails_the_step_in_the_containers_words(
    start: Start, work: Any, prefix: str
) -> None:
    """The reason names the attribute and the row, and no document is left."""
    execution = start([model_check(prefix, UNLABELLED, **FIRST)])

    assert execution.wait() == "Failed"
    reason = execution.steps()["Check"]["FailureReason"]
    assert "ground_truth_attribute 'label': 1 of 2 rows have no value, the first is row 1" in reason
    assert "Contents" not in work.list_objects_v2(Bucket="work", Prefix=f"{prefix[10:]}/")


def test_a_plain_processing_job_measures_too(emulator: Any, work: Any, sagemaker: Any, prefix: str) -> None:
    """A baseline job without any pipeline, as ModelQualityMonitor starts it."""
    arguments = model_check(prefix, GOOD_DATA)["Arguments"]
    name = f"baseline-suggestion-job-{secrets.token_hex(4)}"

    sagemaker.create_processing_job(ProcessingJobName=name, **arguments)
    waiter = sagemaker.get_waiter("processing_job_completed_or_stopped")
    waiter.wait(ProcessingJobName=name, WaiterConfig={"Delay": 1})

    job = sagemaker.describe_processing_job(ProcessingJobName=name)
    assert job["ExitMessage"] == "Completed: Job completed successfully with no violations."
    assert job["RoleArn"] == ROLE
    metrics = document(work, f"{prefix}/statistics.json")["binary_classification_metrics"]
    assert metrics["auc"] == {"value": 1.0, "standard_deviation": "NaN"}
