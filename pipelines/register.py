"""Register a candidate, if its verdict is open.

CreateModel ─► ScoreBaseline ─► Join ─┬► DataBias ──┬► Decide ─► CheckVerdict ─┬► Register
                                      └► ModelBias ─┘ (however they end)       └► Refuse
"""

from __future__ import annotations

from typing import Any

from pipelines.bundle import BUNDLE_PLACEHOLDER
from pipelines.names import pipeline_name
from pipelines.parameters import CheckParameters, boolean, string
from sagemaker_monitor.settings.schema import Environment, Model
from steps.build import Build
from steps.clarify_check import data_bias_check, model_bias_check
from steps.decide import condition, decide, refuse
from steps.join import join
from steps.model import create_candidate
from steps.register_model import register_version
from steps.transform import score


def get_pipeline(model: Model, env: Environment, sagemaker_session: Any) -> Any:
    """Return the register pipeline of *model* in *env*, built under *sagemaker_session*."""
    from sagemaker.core.workflow.execution_variables import ExecutionVariables
    from sagemaker.mlops.workflow.pipeline import Pipeline

    build = Build(model, env, "register", sagemaker_session)
    model_data_url = string("ModelDataUrl", env.storage.resolve(model.artifact.model_data))
    baseline_data_uri = string("BaselineDataUri", env.storage.resolve(model.data.baseline))
    ground_truth_uri = string("GroundTruthUri", "")
    baseline_model_package_arn = string("BaselineModelPackageArn", "")
    model_approval_status = string("ModelApprovalStatus", "PendingManualApproval")
    checks = CheckParameters.declare(build)
    data_bias_skip = boolean("DataBiasSkipCheck", False)
    data_bias_register = boolean("DataBiasRegisterNewBaseline", False)
    model_bias_skip = boolean("ModelBiasSkipCheck", False)
    model_bias_register = boolean("ModelBiasRegisterNewBaseline", False)

    step_create = create_candidate(build, model_data_url)
    step_score = score(
        build,
        name="ScoreBaseline",
        model_name=step_create.properties.ModelName,
        data=baseline_data_uri,
        # Not the capture root of monitor-batch: schedules read that one.
        capture_uri=f"{build.model_root}/capture-register",
    )
    joined = join(
        build,
        transform_uri=step_score.properties.TransformOutput.S3OutputPath,
        ground_truth_uri=ground_truth_uri,
    )
    step_data_bias = data_bias_check(
        build,
        data_uri=joined.uris["labelled"],
        baselining=checks.baselining(checks.data_bias_supplied, data_bias_skip, data_bias_register),
        depends_on=[joined.step],
    )
    step_model_bias = model_bias_check(
        build,
        data_uri=joined.uris["labelled"],
        model_name=step_create.properties.ModelName,
        baselining=checks.baselining(checks.model_bias_supplied, model_bias_skip, model_bias_register),
        depends_on=[joined.step],
    )
    decided = decide(
        build,
        name="Decide",
        bundle_sha256=BUNDLE_PLACEHOLDER,
        joined=joined,
        checks=[step_data_bias, step_model_bias],
        model_package_arn="",
        baseline_model_package_arn=baseline_model_package_arn,
        model_package_group_name=checks.model_package_group_name,
    )
    step_register = register_version(
        build,
        model_data_url=model_data_url,
        model_package_group_name=checks.model_package_group_name,
        approval_status=model_approval_status,
        data_bias=step_data_bias,
        model_bias=step_model_bias,
        evidence={
            "PipelineExecutionArn": ExecutionVariables.PIPELINE_EXECUTION_ARN,
            "BundleSha256": BUNDLE_PLACEHOLDER,
            "VerdictUri": decided.verdict_uri,
            "BaselineDataUri": decided.baseline_data_uri(),
            "Environment": env.name,
        },
    )
    step_verdict = condition(
        "CheckVerdict",
        [decided.gate_is_open()],
        [step_register],
        [refuse(build, name="Refuse", verdict_uri=decided.verdict_uri)],
    )
    return Pipeline(
        name=pipeline_name(model.model, "register", env.name),
        parameters=[
            model_data_url,
            baseline_data_uri,
            ground_truth_uri,
            baseline_model_package_arn,
            model_approval_status,
            *checks.all(),
            data_bias_skip,
            data_bias_register,
            model_bias_skip,
            model_bias_register,
        ],
        # No experiment: its creation needs permissions that nothing else here does.
        pipeline_experiment_config=None,
        steps=[
            step_create,
            step_score,
            joined.step,
            step_data_bias,
            step_model_bias,
            decided.step,
            step_verdict,
        ],
        sagemaker_session=sagemaker_session,
    )
