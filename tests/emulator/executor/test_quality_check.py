"""Data quality check steps: which baseline is compared with, what they leave behind, how they fail."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import ROLE, Execution, Start, get, script

ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
FOLDER = "/opt/ml/processing/input/baseline_dataset_input"
DOCUMENTS = ("Statistics", "Constraints")


def csv(start: int, columns: str = "x,y") -> bytes:
    """Return 400 rows whose values begin at *start*."""
    width = columns.count(",") + 1
    rows = [",".join([str(start + i % 50)] * width) for i in range(400)]
    return "\n".join([columns, *rows, ""]).encode()


def check(uri: str, data: str, **options: Any) -> dict[str, Any]:
    """Return a QualityCheck step, as the SDK writes it, that looks at *data* and writes to *uri*."""
    source = {"S3Uri": data, "LocalPath": FOLDER, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    stored = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    output = {"OutputName": "quality_check_output", "S3Output": stored}
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}
    return {
        "Name": "Check",
        "Type": "QualityCheck",
        "CheckType": "DATA_QUALITY",
        "Arguments": {
            "ProcessingInputs": [{"InputName": "baseline_dataset_input", "S3Input": source}],
            "ProcessingOutputConfig": {"Outputs": [output]},
            "ProcessingResources": {"ClusterConfig": cluster},
            "AppSpecification": {"ImageUri": ANALYZER},
            "RoleArn": ROLE,
            "Environment": {
                "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
                "dataset_source": FOLDER,
                "output_path": "/opt/ml/processing/output",
                "publish_cloudwatch_metrics": "Disabled",
            },
        },
        **options,
    }  # fmt: skip


@pytest.fixture(scope="module")
def work(emulator: Any, bucket: str) -> Any:
    """The S3 client, with a dataset, one that drifted, and one with another column."""
    s3 = emulator.client("s3")
    s3.put_object(Bucket=bucket, Key="quality/same/data.csv", Body=csv(0))
    s3.put_object(Bucket=bucket, Key="quality/drifted/data.csv", Body=csv(40))
    s3.put_object(Bucket=bucket, Key="quality/wide/data.csv", Body=csv(0, "x,y,z"))
    return s3


SAME, DRIFTED, WIDE = (f"s3://work/quality/{name}" for name in ("same", "drifted", "wide"))


@pytest.fixture
def prefix() -> str:
    """A prefix that nothing was written to."""
    return f"s3://work/{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def baseline(emulator: Any, work: Any) -> dict[str, str]:
    """The URIs of a baseline of the same data, by the option that supplies them."""
    sagemaker, name = emulator.client("sagemaker"), f"p-{secrets.token_hex(4)}"
    uri = f"s3://work/baseline-{secrets.token_hex(4)}"
    step = check(uri, SAME, SkipCheck=True, RegisterNewBaseline=True)
    text = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": [step]})
    sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
    arn = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    assert Execution(sagemaker, arn).wait() == "Succeeded"
    return {f"SuppliedBaseline{name}": f"{uri}/{name.lower()}.json" for name in DOCUMENTS}


@pytest.fixture
def approved(sagemaker: Any) -> Callable[..., tuple[str, str]]:
    """Register a version with a data quality baseline; give the group and the version's ARN."""

    def register(
        baseline: dict[str, str], group: str | None = None, status: str = "Approved"
    ) -> tuple[str, str]:
        group = group or f"group-{secrets.token_hex(4)}"
        if not sagemaker.list_model_package_groups(NameContains=group)["ModelPackageGroupSummaryList"]:
            sagemaker.create_model_package_group(ModelPackageGroupName=group)
        sources = {
            name.removeprefix("SuppliedBaseline"): {"S3Uri": uri, "ContentType": "application/json"}
            for name, uri in baseline.items()
        }
        created = sagemaker.create_model_package(
            ModelPackageGroupName=group, ModelApprovalStatus=status,
            DriftCheckBaselines={"ModelDataQuality": sources} if sources else {},
            InferenceSpecification={"Containers": [{"Image": IMAGE}], "SupportedContentTypes": ["text/csv"]},
        )  # fmt: skip
        return group, created["ModelPackageArn"]

    return register


def metadata(execution: Execution) -> dict[str, Any]:
    """Return what the step's record says about the check."""
    found: dict[str, Any] = execution.steps()["Check"]["Metadata"]["QualityCheck"]
    return found


def shown(kind: str, uris: dict[str, str]) -> dict[str, str]:
    """Return the metadata or properties that show a baseline."""
    return {name.replace("SuppliedBaseline", kind): uri for name, uri in uris.items()}


def written(prefix: str) -> dict[str, str]:
    """Return the URIs of the baseline that a step writes, by the option that would supply them."""
    return {f"SuppliedBaseline{name}": f"{prefix}/{name.lower()}.json" for name in DOCUMENTS}


def test_later_steps_get_the_four_uris(
    start: Start, work: Any, prefix: str, baseline: dict[str, str]
) -> None:
    """Each property is the URI of a file that is there."""
    names = [
        f"{kind}{name}" for kind in ("CalculatedBaseline", "BaselineUsedForDriftCheck") for name in DOCUMENTS
    ]
    code = "import sys; open('processing/output/uris', 'w').write(' '.join(sys.argv[1:]))"
    reader = script("Read", code, *(get(f"Steps.Check.{name}") for name in names), output=f"{prefix}/read")

    execution = start([check(prefix, SAME, **baseline), reader])

    assert execution.wait() == "Succeeded", execution.steps()
    uris = work.get_object(Bucket="work", Key=f"{prefix[10:]}/read/uris")["Body"].read().decode().split()
    assert uris == [*written(prefix).values(), *baseline.values()]
    for uri in uris:
        assert work.head_object(Bucket="work", Key=uri.removeprefix("s3://work/"))["ContentLength"] > 100


def test_the_compared_baseline_is_an_input_of_the_job(
    start: Start, work: Any, sagemaker: Any, prefix: str, baseline: dict[str, str]
) -> None:
    """The job is told where both documents lie; a skipped check's job is not."""
    for skip in (False, True):
        execution = start([check(prefix, SAME, SkipCheck=skip, **baseline)])
        assert execution.wait() == "Succeeded"
        name = metadata(execution)["CheckJobArn"].rsplit("/", 1)[-1]
        job = sagemaker.describe_processing_job(ProcessingJobName=name)
        inputs = {item["InputName"]: item["S3Input"]["S3Uri"] for item in job["ProcessingInputs"]}
        inputs.pop("baseline_dataset_input")

        statistics, constraints = baseline.values()
        expected = {} if skip else {"baseline_statistics": statistics, "baseline_constraints": constraints}
        assert inputs == expected
        assert {name for name in job["Environment"] if name.startswith("baseline_")} == set(expected)
        assert "ViolationReport" not in metadata(execution)


@pytest.mark.parametrize("option", [{}, {"FailOnViolation": True}, {"FailOnViolation": None}])
def test_a_violation_fails_the_step_unless_told_otherwise(
    start: Start, work: Any, prefix: str, baseline: dict[str, str], option: dict[str, Any]
) -> None:
    """The step's reason has AWS's words and the report's URI, and the report names both features."""
    execution = start([check(prefix, DRIFTED, **baseline, **option)])

    assert execution.wait() == "Failed"
    report = f"{prefix}/constraint_violations.json"
    reason = execution.steps()["Check"]["FailureReason"]
    assert reason == f"ClientError: Quality check failed. See violation report {report}"
    assert metadata(execution)["ViolationReport"] == report
    body = work.get_object(Bucket="work", Key=report.removeprefix("s3://work/"))["Body"].read()
    found = {(each["feature_name"], each["constraint_check_type"]) for each in json.loads(body)["violations"]}
    assert found == {("x", "baseline_drift_check"), ("y", "baseline_drift_check")}


def test_another_number_of_columns_leaves_a_violation_and_no_baseline(
    start: Start, work: Any, prefix: str, baseline: dict[str, str]
) -> None:
    """Then only the report is there, and no property names a document that is not."""
    execution = start([check(prefix, WIDE, FailOnViolation=False, **baseline)])

    assert execution.wait() == "Succeeded"
    listed = work.list_objects_v2(Bucket="work", Prefix=f"{prefix[10:]}/")["Contents"]
    assert [each["Key"].rsplit("/", 1)[-1] for each in listed] == ["constraint_violations.json"]
    found = metadata(execution)
    assert found["ViolationReport"] == f"{prefix}/constraint_violations.json"
    assert not {name for name in found if name.startswith("Calculated")}
    assert shown("BaselineUsedForDriftCheck", baseline).items() <= found.items()


def test_constraints_alone_are_checked_without_drift(
    start: Start, work: Any, prefix: str, baseline: dict[str, str]
) -> None:
    """Without statistics there is nothing to measure a distance from, and no property for them."""
    _, constraints = baseline.values()

    execution = start([check(prefix, DRIFTED, SuppliedBaselineConstraints=constraints)])

    assert execution.wait() == "Succeeded"
    found = metadata(execution)
    assert found["BaselineUsedForDriftCheckConstraints"] == constraints
    assert "BaselineUsedForDriftCheckStatistics" not in found


def test_without_a_supplied_baseline_the_latest_approved_version_counts(
    start: Start, work: Any, prefix: str, baseline: dict[str, str], approved: Callable[..., tuple[str, str]]
) -> None:
    """Empty texts are no supplied baseline; pending and rejected versions do not count."""
    elsewhere = dict.fromkeys(baseline, "s3://work/elsewhere.json")
    group, _ = approved(elsewhere)
    approved(baseline, group)
    approved(elsewhere, group, "PendingManualApproval")
    approved(elsewhere, group, "Rejected")
    step = check(
        prefix, SAME, ModelPackageGroupName=group, **{name: get("Parameters.Empty") for name in baseline}
    )

    execution = start([step], [{"Name": "Empty", "Type": "String", "DefaultValue": ""}])

    assert execution.wait() == "Succeeded", execution.steps()
    found = metadata(execution)
    assert shown("BaselineUsedForDriftCheck", baseline).items() <= found.items()
    assert found["ModelPackageGroupName"] == group


def test_a_supplied_baseline_wins(
    start: Start, work: Any, prefix: str, baseline: dict[str, str], approved: Callable[..., tuple[str, str]]
) -> None:
    """With both, the approved version is not looked at, not even for the part that was not supplied."""
    group, _ = approved(dict.fromkeys(baseline, "s3://work/elsewhere.json"))
    _, constraints = baseline.values()
    for supplied in (baseline, {"SuppliedBaselineConstraints": constraints}):
        execution = start([check(prefix, SAME, ModelPackageGroupName=group, **supplied)])

        assert execution.wait() == "Succeeded", execution.steps()
        assert metadata(execution)["BaselineUsedForDriftCheckConstraints"] == constraints


@pytest.mark.parametrize("skip", [False, True])
def test_a_missing_previous_baseline_fails_the_step_before_its_job(
    start: Start, work: Any, prefix: str, approved: Callable[..., tuple[str, str]], skip: bool
) -> None:
    """Also a check that is skipped needs one, for its properties; the reason says what to do."""
    bare, arn = approved({})
    half, half_arn = approved({"SuppliedBaselineStatistics": "s3://work/s.json"})
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "supply SuppliedBaselineStatistics and SuppliedBaselineConstraints, or run with SkipCheck"),
        ({"ModelPackageGroupName": "nowhere"}, "'nowhere' has no approved version"),
        ({"ModelPackageGroupName": bare}, f"{arn} has no DriftCheckBaselines.ModelDataQuality.Statistics"),
        (
            {"ModelPackageGroupName": half},
            f"{half_arn} has no DriftCheckBaselines.ModelDataQuality.Constraints",
        ),
        (
            {"SuppliedBaselineStatistics": "s3://work/s.json"},
            "without SuppliedBaselineConstraints; supply both",
        ),
        ({"SuppliedBaselineConstraints": "s3://work/none.json"}, "s3://work/none.json does not exist"),
    ]
    for options, reason in cases:
        execution = start([check(prefix, SAME, SkipCheck=skip, **options)])

        assert execution.wait() == "Failed"
        assert reason in execution.steps()["Check"]["FailureReason"]
        assert "CheckJobArn" not in metadata(execution)


def test_a_job_that_fails_fails_the_step_in_its_words(start: Start, work: Any, prefix: str) -> None:
    """The container's text is the step's reason."""
    work.put_object(Bucket="work", Key="quality/ragged/data.csv", Body=b"x,y\n1,2\n1,2,3\n")

    execution = start([check(prefix, "s3://work/quality/ragged", SkipCheck=True, RegisterNewBaseline=True)])

    assert execution.wait() == "Failed"
    reason = execution.steps()["Check"]["FailureReason"]
    assert "'data.csv' has rows of different widths: row 3 has 3 cells" in reason


def test_a_check_publishes_no_metrics_even_when_its_definition_says_so(
    emulator: Any, start: Start, work: Any, prefix: str
) -> None:
    """Monitoring schedules publish; the checks of pipelines never do."""
    step = check(prefix, SAME, SkipCheck=True, RegisterNewBaseline=True)
    step["Arguments"]["Environment"]["publish_cloudwatch_metrics"] = "Enabled"
    published = emulator.client("cloudwatch").list_metrics()["Metrics"]
    execution = start([step])

    assert execution.wait() == "Succeeded"
    arn = metadata(execution)["CheckJobArn"]
    job = emulator.client("sagemaker").describe_processing_job(ProcessingJobName=arn.rsplit("/", 1)[1])
    assert job["Environment"]["publish_cloudwatch_metrics"] == "Disabled"
    assert emulator.client("cloudwatch").list_metrics()["Metrics"] == published
