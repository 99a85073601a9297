"""MODEL_EXPLAINABILITY steps as the SDK builds them: a baseline, the same data again, and drifted data."""

from __future__ import annotations

import json
import secrets
from typing import Any

import boto3
import numpy as np
import pytest
import xgboost

from sagemaker_monitor.emulator.lint import lint
from steps.adapter import sdk_environment
from tests.emulator.conftest import REGION, RunningEmulator
from tests.emulator.jobs.conftest import pack

from .conftest import ROLE, Execution

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
FEATURES = ["income", "debt", "age"]


def csv(rows: Any) -> bytes:
    """Return *rows* as CSV without header."""
    return "".join(",".join(map(str, row)) + "\n" for row in rows.round(4).tolist()).encode()


@pytest.fixture(scope="module")
def work(emulator: RunningEmulator, bucket: str) -> Any:
    """The S3 client, with honest data, data without differences of income, and a model of mostly income."""
    rng = np.random.default_rng(1)
    honest = rng.uniform(size=(60, 3))
    constant = honest * [0, 1, 1] + [0.5, 0, 0]
    odds = rng.uniform(size=(2000, 3))
    label = 6 * odds[:, 0] - 2 * odds[:, 1] + 0.2 * odds[:, 2] > 2
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 3, "seed": 0}, xgboost.DMatrix(odds, label), 20
    )
    s3 = emulator.client("s3")
    s3.put_object(Bucket=bucket, Key="data/honest/d.csv", Body=csv(honest))
    s3.put_object(Bucket=bucket, Key="data/constant/d.csv", Body=csv(constant))
    s3.put_object(Bucket=bucket, Key="data/baseline.csv", Body=b"0.5,0.5,0.5\n")
    s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=pack(bytes(booster.save_raw("json"))))
    container = {"Image": XGBOOST, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
    emulator.client("sagemaker").create_model(
        ModelName="loans", PrimaryContainer=container, ExecutionRoleArn=ROLE
    )
    return s3


@pytest.fixture(scope="module")
def definition(emulator: RunningEmulator, work: Any, bucket: str) -> dict[str, Any]:
    """What the SDK compiles of a pipeline with one explainability check, its parameters left open."""
    with pytest.MonkeyPatch.context() as patch, sdk_environment(REGION):
        patch.setenv("AWS_ENDPOINT_URL", emulator.url)
        from sagemaker.core.clarify import DataConfig, ModelConfig, SHAPConfig
        from sagemaker.core.workflow.parameters import ParameterBoolean, ParameterString
        from sagemaker.core.workflow.pipeline_context import PipelineSession
        from sagemaker.mlops.workflow.check_job_config import CheckJobConfig
        from sagemaker.mlops.workflow.clarify_check_step import (
            ClarifyCheckStep,
            ModelExplainabilityCheckConfig,
        )
        from sagemaker.mlops.workflow.pipeline import Pipeline

        boto: Any = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        session = PipelineSession(
            boto_session=boto, sagemaker_client=emulator.client("sagemaker"), default_bucket=bucket
        )
        data, model = ParameterString("Data"), ParameterString("Model", default_value="loans")
        skip, register = (ParameterBoolean(name, default_value=False) for name in ("Skip", "Register"))
        supplied = ParameterString("Supplied", default_value="")
        check = ClarifyCheckStep(
            name="Check",
            clarify_check_config=ModelExplainabilityCheckConfig(
                data_config=DataConfig(
                    s3_data_input_path=data,
                    s3_output_path=f"s3://{bucket}/explained",
                    s3_analysis_config_output_path=f"s3://{bucket}/config",
                    headers=FEATURES,
                    dataset_type="text/csv",
                ),
                model_config=ModelConfig(
                    model_name=model, instance_count=1, instance_type="ml.m5.large", accept_type="text/csv"
                ),
                explainability_config=SHAPConfig(
                    baseline=f"s3://{bucket}/data/baseline.csv", num_samples=50, agg_method="mean_abs", seed=1
                ),
            ),
            check_job_config=CheckJobConfig(role=ROLE, sagemaker_session=session),
            skip_check=skip,
            register_new_baseline=register,
            supplied_baseline_constraints=supplied,
            fail_on_violation=True,
        )
        pipeline = Pipeline(
            name="explain",
            parameters=[data, model, skip, register, supplied],
            steps=[check],
            sagemaker_session=session,
        )
        compiled: dict[str, Any] = json.loads(pipeline.definition())
        return compiled


def execute(emulator: RunningEmulator, definition: dict[str, Any], **values: str) -> Execution:
    """Create a pipeline of *definition* and run it with *values*."""
    sagemaker, name = emulator.client("sagemaker"), f"explain-{secrets.token_hex(4)}"
    sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=json.dumps(definition), RoleArn=ROLE)
    started = sagemaker.start_pipeline_execution(
        PipelineName=name, PipelineParameters=[{"Name": key, "Value": each} for key, each in values.items()]
    )
    return Execution(sagemaker, started["PipelineExecutionArn"])


def document(work: Any, uri: str) -> Any:
    """Return the JSON document at *uri*."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return json.loads(work.get_object(Bucket=bucket, Key=key)["Body"].read())


def test_the_sdk_s_definition_has_no_findings(definition: dict[str, Any]) -> None:
    """The linter accepts what the SDK compiles; without a model's name it does not."""
    assert lint(definition) == []

    (step,) = definition["Steps"]
    assert (step["Type"], step["CheckType"]) == ("ClarifyCheck", "MODEL_EXPLAINABILITY")
    (finding,) = lint({**definition, "Steps": [{**step, "ModelName": None}]})
    assert "MODEL_EXPLAINABILITY needs the name of the model" in str(finding)


def test_a_baseline_is_registered_compared_with_and_drifted_from(
    emulator: RunningEmulator, work: Any, definition: dict[str, Any], bucket: str
) -> None:
    """The first run registers, the next one passes against the approved version, drifted data violate."""
    sagemaker, honest = emulator.client("sagemaker"), f"s3://{bucket}/data/honest"
    first = execute(emulator, definition, Data=honest, Skip="true", Register="true")
    assert first.wait() == "Succeeded", first.steps()
    metadata = first.steps()["Check"]["Metadata"]["ClarifyCheck"]
    calculated = metadata["CalculatedBaselineConstraints"]
    assert (
        metadata["BaselineUsedForDriftCheckConstraints"]
        == calculated
        == f"s3://{bucket}/explained/analysis.json"
    )
    explained = document(work, calculated)["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    assert sorted(explained, key=lambda name: -explained[name]) == FEATURES

    kept = f"s3://{bucket}/approved/analysis.json"
    work.copy_object(
        Bucket=bucket, Key="approved/analysis.json", CopySource=f"{bucket}/explained/analysis.json"
    )
    group = f"group-{secrets.token_hex(4)}"
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        DriftCheckBaselines={
            "Explainability": {"Constraints": {"S3Uri": kept, "ContentType": "application/json"}}
        },
        InferenceSpecification={"Containers": [{"Image": XGBOOST}], "SupportedContentTypes": ["text/csv"]},
    )
    (step,) = definition["Steps"]
    registered = {**definition, "Steps": [{**step, "ModelPackageGroupName": group}]}

    again = execute(emulator, registered, Data=honest)
    assert again.wait() == "Succeeded", again.steps()
    metadata = again.steps()["Check"]["Metadata"]["ClarifyCheck"]
    assert metadata["BaselineUsedForDriftCheckConstraints"] == kept
    assert "ViolationReport" not in metadata
    # With a seed the same rows give the same numbers.
    assert document(work, calculated) == document(work, kept)

    drifted = execute(emulator, registered, Data=f"s3://{bucket}/data/constant")
    assert drifted.wait() == "Failed"
    check = drifted.steps()["Check"]
    report = f"s3://{bucket}/explained/constraint_violations.json"
    assert check["FailureReason"] == f"ClientError: Clarify check failed. See violation report {report}"
    (violation,) = document(work, report)["violations"]
    assert violation["constraint_check_type"] == "feature_attribution_drift_check"
    assert violation["label"] == "label0"


def test_local_values_lie_beside_the_report(
    emulator: RunningEmulator, work: Any, definition: dict[str, Any], bucket: str
) -> None:
    """SHAPConfig asks for them: explanations_shap/out.csv has a row for each record and adds up."""
    honest = f"s3://{bucket}/data/honest"
    execution = execute(emulator, definition, Data=honest, Skip="true", Register="true")
    assert execution.wait() == "Succeeded", execution.steps()

    def lines(name: str) -> list[str]:
        found = work.get_object(Bucket=bucket, Key=f"explained/explanations_shap/{name}")["Body"].read()
        text: str = found.decode()
        return text.splitlines()

    local = lines("out.csv")
    assert lines("baseline.csv") == ["income,debt,age", "0.5,0.5,0.5"]
    assert local[0] == "income_label0,debt_label0,age_label0"
    values = np.array([[float(cell) for cell in line.split(",")] for line in local[1:]])
    label = document(work, f"s3://{bucket}/explained/analysis.json")["explanations"]["kernel_shap"]["label0"]
    assert values.shape == (60, 3)
    np.testing.assert_allclose(
        np.abs(values).mean(axis=0), list(label["global_shap_values"].values()), rtol=1e-12
    )


def test_another_kind_of_baseline_fails_the_check(
    emulator: RunningEmulator, work: Any, definition: dict[str, Any], bucket: str
) -> None:
    """A bias report as supplied baseline is no baseline of attributions: the step fails and says so."""
    work.put_object(Bucket=bucket, Key="bias.json", Body=b'{"version": "1.0"}')

    execution = execute(
        emulator, definition, Data=f"s3://{bucket}/data/honest", Supplied=f"s3://{bucket}/bias.json"
    )

    assert execution.wait() == "Failed"
    assert "the baseline has no explanations.kernel_shap" in execution.steps()["Check"]["FailureReason"]
