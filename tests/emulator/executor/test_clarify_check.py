"""Check steps: which baseline is compared with, what a violation does, and what the records say."""

from __future__ import annotations

import io
import json
import secrets
import tarfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost

from .conftest import ROLE, Execution, Start, get

CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
CONFIG = {
    "dataset_type": "text/csv",
    "headers": ["x", "facet", "label"],
    "label": "label",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "facet", "value_or_threshold": [1]}],
}
# Of each group of 200, so many are approved. With few rows Clarify takes the 0 and 1 for continuous.
FAIR, UNFAIR = (100, 90), (150, 20)


def csv(approved: tuple[int, int]) -> bytes:
    """Return 400 rows without header: of the groups 0 and 1, as many approved as *approved* says."""
    rows = [f"{i / 100},{group},{int(i < approved[group])}" for group in (0, 1) for i in range(200)]
    return "\n".join(rows).encode()


def check(uri: str, data: str, check_type: str = "DATA_BIAS", **options: Any) -> dict[str, Any]:
    """Return a ClarifyCheck step that analyses *data* and writes to *uri*."""

    def given(name: str, source: str, folder: str) -> dict[str, Any]:
        path = f"/opt/ml/processing/input/{folder}"
        s3 = {"S3Uri": source, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
        return {"InputName": name, "S3Input": s3}

    stored = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}
    return {
        "Name": "Check",
        "Type": "ClarifyCheck",
        "CheckType": check_type,
        "Arguments": {
            "ProcessingInputs": [
                given("analysis_config", f"s3://work/config/{check_type}/analysis_config.json", "config"),
                given("dataset", data, "data"),
            ],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "analysis_result", "S3Output": stored}]},
            "ProcessingResources": {"ClusterConfig": cluster},
            "AppSpecification": {"ImageUri": CLARIFY},
            "RoleArn": ROLE,
        },
        **options,
    }  # fmt: skip


@pytest.fixture(scope="module")
def work(emulator: Any, bucket: str) -> Any:
    """The S3 client, with the configurations, a fair and an unfair dataset, and the fair one's baseline."""
    s3 = emulator.client("s3")
    predictor = {
        "instance_type": "ml.m5.large", "initial_instance_count": 1,
        "content_type": "text/csv", "accept_type": "text/csv",
    }  # fmt: skip
    configs = {
        "DATA_BIAS": CONFIG
        | {"methods": {"pre_training_bias": {"methods": "all"}, "report": {"name": "report"}}},
        "MODEL_BIAS": CONFIG
        | {"methods": {"post_training_bias": {"methods": "all"}, "report": {"name": "report"}}}
        | {"predictor": predictor, "excluded_columns": ["facet"], "probability_threshold": 0.5},
    }
    for name, config in configs.items():
        s3.put_object(Bucket=bucket, Key=f"config/{name}/analysis_config.json", Body=json.dumps(config))
    s3.put_object(Bucket=bucket, Key="data/fair/data.csv", Body=csv(FAIR))
    s3.put_object(Bucket=bucket, Key="data/unfair/data.csv", Body=csv(UNFAIR))
    return s3


@pytest.fixture
def prefix() -> str:
    """A prefix that nothing was written to."""
    return f"s3://work/{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def baseline(work: Any, start: Start) -> str:
    """The URI of the fair data's baseline."""
    uri = f"s3://work/baseline-{secrets.token_hex(4)}"
    execution = start([check(uri, "s3://work/data/fair", SkipCheck=True, RegisterNewBaseline=True)])
    assert execution.wait() == "Succeeded", execution.steps()
    return f"{uri}/analysis.json"


@pytest.fixture
def approved(sagemaker: Any) -> Callable[..., tuple[str, str]]:
    """Register a version with a baseline, and approve it; give the group and the version's ARN."""

    def register(baseline: str | None, group: str | None = None, status: str = "Approved") -> tuple[str, str]:
        group = group or f"group-{secrets.token_hex(4)}"
        if not sagemaker.list_model_package_groups(NameContains=group)["ModelPackageGroupSummaryList"]:
            sagemaker.create_model_package_group(ModelPackageGroupName=group)
        source = {"S3Uri": baseline, "ContentType": "application/json"}
        drift = {"Bias": {"PreTrainingConstraints": source} if baseline else {}}
        specification = {"Containers": [{"Image": XGBOOST}], "SupportedContentTypes": ["text/csv"]}
        created = sagemaker.create_model_package(
            ModelPackageGroupName=group, DriftCheckBaselines=drift, ModelApprovalStatus=status,
            InferenceSpecification=specification,
        )  # fmt: skip
        return group, created["ModelPackageArn"]

    return register


def metadata(execution: Execution) -> dict[str, Any]:
    """Return what the step's record says about the check."""
    found: dict[str, Any] = execution.steps()["Check"]["Metadata"]["ClarifyCheck"]
    return found


def test_the_compared_baseline_is_an_input_of_the_job(
    start: Start, work: Any, sagemaker: Any, prefix: str, baseline: str
) -> None:
    """The job is told where the baseline lies; a skipped check's job is not."""
    for skip in (False, True):
        step = check(prefix, "s3://work/data/fair", SkipCheck=skip, SuppliedBaselineConstraints=baseline)
        execution = start([step])
        assert execution.wait() == "Succeeded"
        name = metadata(execution)["CheckJobArn"].rsplit("/", 1)[-1]
        job = sagemaker.describe_processing_job(ProcessingJobName=name)
        inputs = {item["InputName"]: item["S3Input"]["S3Uri"] for item in job["ProcessingInputs"]}

        assert inputs.get("baseline_constraints") == (None if skip else baseline)
        assert ("Environment" in job) is not skip
        assert "ViolationReport" not in metadata(execution)


@pytest.mark.parametrize("option", [{}, {"FailOnViolation": True}, {"FailOnViolation": None}])
def test_a_violation_fails_the_step_unless_told_otherwise(
    start: Start, work: Any, prefix: str, baseline: str, option: dict[str, Any]
) -> None:
    """The step's reason has AWS's words and the report's URI."""
    step = check(prefix, "s3://work/data/unfair", SuppliedBaselineConstraints=baseline, **option)

    execution = start([step])

    assert execution.wait() == "Failed"
    report = f"{prefix}/constraint_violations.json"
    reason = execution.steps()["Check"]["FailureReason"]
    assert reason == f"ClientError: Clarify check failed. See violation report {report}"
    assert metadata(execution)["ViolationReport"] == report


def test_the_report_of_an_earlier_run_is_not_taken_for_this_ones(
    start: Start, work: Any, prefix: str, baseline: str
) -> None:
    """A report that lies in the same prefix from before is no violation of this check."""
    for data, status in (("unfair", "Failed"), ("fair", "Succeeded")):
        step = check(prefix, f"s3://work/data/{data}", SuppliedBaselineConstraints=baseline)

        assert start([step]).wait() == status


def test_without_a_supplied_baseline_the_latest_approved_version_counts(
    start: Start, work: Any, prefix: str, baseline: str, approved: Callable[..., tuple[str, str]]
) -> None:
    """An empty text is no supplied baseline; pending and rejected versions do not count."""
    group, _ = approved("s3://work/old/analysis.json")
    approved(baseline, group)
    approved("s3://work/pending/analysis.json", group, "PendingManualApproval")
    approved("s3://work/rejected/analysis.json", group, "Rejected")
    step = check(prefix, "s3://work/data/fair", ModelPackageGroupName=get("Parameters.Group"),
                 SuppliedBaselineConstraints=get("Parameters.Supplied"))  # fmt: skip
    declared = [
        {"Name": "Group", "Type": "String"},
        {"Name": "Supplied", "Type": "String", "DefaultValue": ""},
    ]

    execution = start([step], declared, Group=group)

    assert execution.wait() == "Succeeded"
    assert metadata(execution)["BaselineUsedForDriftCheckConstraints"] == baseline
    assert metadata(execution)["ModelPackageGroupName"] == group


def test_a_supplied_baseline_wins(
    start: Start, work: Any, prefix: str, baseline: str, approved: Callable[..., tuple[str, str]]
) -> None:
    """With both, the approved version is not even looked at."""
    group, _ = approved("s3://work/other/analysis.json")
    step = check(
        prefix, "s3://work/data/fair", ModelPackageGroupName=group, SuppliedBaselineConstraints=baseline
    )

    execution = start([step])

    assert execution.wait() == "Succeeded"
    assert metadata(execution)["BaselineUsedForDriftCheckConstraints"] == baseline


@pytest.mark.parametrize("skip", [False, True])
def test_a_missing_previous_baseline_fails_the_step_before_its_job(
    start: Start, work: Any, prefix: str, approved: Callable[..., tuple[str, str]], skip: bool
) -> None:
    """Also a check that is skipped needs one, for its property; the reason says what to do."""
    pending, _ = approved("s3://work/p/analysis.json", status="PendingManualApproval")
    bare, arn = approved(None)
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "no previous baseline and no ModelPackageGroupName; supply SuppliedBaselineConstraints"),
        ({"ModelPackageGroupName": "nowhere"}, "'nowhere' has no approved version"),
        ({"ModelPackageGroupName": pending}, f"{pending!r} has no approved version"),
        ({"ModelPackageGroupName": bare}, f"{arn} has no DriftCheckBaselines.Bias.PreTrainingConstraints"),
        ({"SuppliedBaselineConstraints": "s3://work/none.json"}, "s3://work/none.json does not exist"),
    ]
    for options, reason in cases:
        execution = start([check(prefix, "s3://work/data/fair", SkipCheck=skip, **options)])

        assert execution.wait() == "Failed"
        assert reason in execution.steps()["Check"]["FailureReason"]
        assert "CheckJobArn" not in metadata(execution)


def test_the_model_is_put_back_into_the_predictor(
    start: Start, work: Any, sagemaker: Any, prefix: str
) -> None:
    """A model-bias check analyses the model an earlier step created; the config on S3 stays as it was."""
    rows = np.arange(40, dtype=float).reshape(40, 1) / 10
    booster = xgboost.train(
        {"objective": "binary:logistic", "seed": 0},
        xgboost.DMatrix(rows, label=rows[:, 0] < 1),
        num_boost_round=3,
    )
    content, buffer = bytes(booster.save_raw("json")), io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("xgboost-model")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    work.put_object(Bucket="work", Key="model.tar.gz", Body=buffer.getvalue())
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://work/model.tar.gz"}
    model = {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}
    step = check(prefix, "s3://work/data/fair", "MODEL_BIAS", ModelName=get("Steps.Create.ModelName"),
                 SkipCheck=True, RegisterNewBaseline=True)  # fmt: skip

    execution = start([step, {"Name": "Create", "Type": "Model", "Arguments": model}])

    assert execution.wait() == "Succeeded", execution.steps()
    job = sagemaker.describe_processing_job(
        ProcessingJobName=metadata(execution)["CheckJobArn"].rsplit("/", 1)[-1]
    )
    bucket, key = job["ProcessingInputs"][0]["S3Input"]["S3Uri"].removeprefix("s3://").split("/", 1)
    used = json.loads(work.get_object(Bucket=bucket, Key=key)["Body"].read())
    kept = json.loads(
        work.get_object(Bucket="work", Key="config/MODEL_BIAS/analysis_config.json")["Body"].read()
    )
    assert (
        used["predictor"].pop("model_name")
        == execution.steps()["Create"]["Metadata"]["Model"]["Arn"].split("/")[1]
    )
    assert used == kept
    report = json.loads(work.get_object(Bucket="work", Key=f"{prefix[10:]}/analysis.json")["Body"].read())
    assert list(report["post_training_bias_metrics"]["facets"]) == ["facet"]


def test_a_config_that_cannot_be_read_fails_the_step(start: Start, work: Any, prefix: str) -> None:
    """The reason names the file and what is wrong with it."""
    keys = {"broken": b"{", "list": b"[]", "bare": b"{}", "missing": None}
    reasons = {
        "broken": "is not JSON",
        "list": "needs a predictor",
        "bare": "needs a predictor",
        "missing": "cannot be read",
    }
    for name, body in keys.items():
        step = check(
            prefix,
            "s3://work/data/fair",
            "MODEL_BIAS",
            ModelName="m",
            SkipCheck=True,
            RegisterNewBaseline=True,
        )
        step["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"] = f"s3://work/bad/{name}.json"
        if body is not None:
            work.put_object(Bucket="work", Key=f"bad/{name}.json", Body=body)

        execution = start([step])

        assert execution.wait() == "Failed"
        assert reasons[name] in execution.steps()["Check"]["FailureReason"]
        assert f"s3://work/bad/{name}.json" in execution.steps()["Check"]["FailureReason"]


def test_json_lines_are_scored_and_checked_end_to_end(
    emulator: Any, work: Any, sagemaker: Any, start: Start
) -> None:
    """A MODEL_BIAS step over JSON Lines asks its shadow endpoint in CSV; the numbers are the model's."""
    rows = np.array([[i % 7, i // 200] for i in range(400)], dtype=float)
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 2, "seed": 0}, xgboost.DMatrix(rows, rows[:, 0] > 3), 3
    )
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("xgboost-model")
        content = bytes(booster.save_raw("json"))
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    name = f"lines-{secrets.token_hex(4)}"
    work.put_object(Bucket="work", Key=f"{name}/model.tar.gz", Body=packed.getvalue())
    container = {"Image": XGBOOST, "ModelDataUrl": f"s3://work/{name}/model.tar.gz"}
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    lines = [json.dumps({"features": row.tolist(), "label": int(i % 3 > 0)}) for i, row in enumerate(rows)]
    work.put_object(Bucket="work", Key=f"{name}/data/d.jsonl", Body="\n".join(lines))
    config = {
        "dataset_type": "application/jsonlines",
        "features": "features",
        "headers": ["x", "group", "label"],
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "group", "value_or_threshold": [0.5]}],
        "methods": {"post_training_bias": {"methods": "all"}},
        "predictor": {
            "instance_type": "ml.m5.large",
            "initial_instance_count": 1,
            "content_type": "text/csv",
        },
    }
    work.put_object(Bucket="work", Key=f"{name}/config/analysis_config.json", Body=json.dumps(config))
    step = check(
        f"s3://work/{name}/out", f"s3://work/{name}/data", "MODEL_BIAS",
        SkipCheck=True, RegisterNewBaseline=True, ModelName=name,
    )  # fmt: skip
    step["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"] = (
        f"s3://work/{name}/config/analysis_config.json"
    )

    execution = start([step])

    assert execution.wait() == "Succeeded", execution.steps()
    document = work.get_object(Bucket="work", Key=f"{name}/out/analysis.json")["Body"].read()
    (result,) = json.loads(document)["post_training_bias_metrics"]["facets"]["group"]
    values = {each["name"]: each["value"] for each in result["metrics"]}
    predicted = booster.predict(xgboost.DMatrix(rows)) > 0.5
    assert result["value_or_threshold"] == "(0.5, 1.0]"
    assert values["DPPL"] == predicted[:200].mean() - predicted[200:].mean()
