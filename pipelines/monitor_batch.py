"""Score a batch with an approved version and judge it.

CreateModel ─► ScoreBatch ─► Join ─► HaveLabels ─┬► DataBias, ModelBias ─► Decide ─► CheckVerdict ─► Refuse
                                                 └► DecideWithoutLabels ─► RefuseWithoutLabels
"""

from __future__ import annotations

from typing import Any

from pipelines.bundle import BUNDLE_PLACEHOLDER
from pipelines.names import pipeline_name
from pipelines.parameters import CheckParameters, string
from sagemaker_monitor.settings.schema import Environment, Model
from steps.build import Build
from steps.clarify_check import data_bias_check, model_bias_check
from steps.decide import condition, decide, refuse
from steps.join import Joined, join
from steps.model import create_from_version
from steps.transform import score


def get_pipeline(model: Model, env: Environment, sagemaker_session: Any) -> Any:
    """Return the monitor-batch pipeline of *model* in *env*, built under *sagemaker_session*."""
    from sagemaker.core.workflow.conditions import ConditionEquals, ConditionNot
    from sagemaker.mlops.workflow.pipeline import Pipeline

    build = Build(model, env, "monitor-batch", sagemaker_session)
    ground_truth = model.data.ground_truth
    model_package_arn = string("ModelPackageArn")
    input_data_uri = string("InputDataUri")
    ground_truth_uri = string("GroundTruthUri", env.storage.resolve(ground_truth.uri) if ground_truth else "")
    checks = CheckParameters.declare(build)

    step_create = create_from_version(build, model_package_arn)
    step_score = score(
        build,
        name="ScoreBatch",
        model_name=step_create.properties.ModelName,
        data=input_data_uri,
        capture_uri=f"{build.model_root}/capture",
    )
    joined = join(
        build,
        transform_uri=step_score.properties.TransformOutput.S3OutputPath,
        ground_truth_uri=ground_truth_uri,
    )
    step_labels = condition(
        "HaveLabels",
        [ConditionNot(ConditionEquals(left=joined.label_status(), right="labels-missing"))],
        _with_labels(build, checks, joined, step_create, model_package_arn),
        _without_labels(build, checks, joined, model_package_arn),
    )
    return Pipeline(
        name=pipeline_name(model.model, "monitor-batch", env.name),
        parameters=[model_package_arn, input_data_uri, ground_truth_uri, *checks.all()],
        pipeline_experiment_config=None,
        steps=[step_create, step_score, joined.step, step_labels],
        sagemaker_session=sagemaker_session,
    )


def _with_labels(
    build: Build, checks: CheckParameters, joined: Joined, step_create: Any, model_package_arn: Any
) -> list[Any]:
    step_data_bias = data_bias_check(
        build,
        data_uri=joined.uris["labelled"],
        baselining=checks.baselining(checks.data_bias_supplied),
        depends_on=[],
    )
    step_model_bias = model_bias_check(
        build,
        data_uri=joined.uris["labelled"],
        model_name=step_create.properties.ModelName,
        baselining=checks.baselining(checks.model_bias_supplied),
        depends_on=[],
    )
    decided = decide(
        build,
        name="Decide",
        bundle_sha256=BUNDLE_PLACEHOLDER,
        joined=joined,
        checks=[step_data_bias, step_model_bias],
        model_package_arn=model_package_arn,
        # The baseline must be that of the version that scored.
        baseline_model_package_arn=model_package_arn,
        model_package_group_name=checks.model_package_group_name,
    )
    step_verdict = condition(
        "CheckVerdict",
        [decided.gate_is_open()],
        [],
        [refuse(build, name="Refuse", verdict_uri=decided.verdict_uri)],
    )
    return [step_data_bias, step_model_bias, decided.step, step_verdict]


def _without_labels(
    build: Build, checks: CheckParameters, joined: Joined, model_package_arn: Any
) -> list[Any]:
    # A step of its own: one that depends on a step of the branch not taken never runs.
    decided = decide(
        build,
        name="DecideWithoutLabels",
        bundle_sha256=BUNDLE_PLACEHOLDER,
        joined=joined,
        checks=[],
        model_package_arn=model_package_arn,
        baseline_model_package_arn=model_package_arn,
        model_package_group_name=checks.model_package_group_name,
    )
    refusal = refuse(build, name="RefuseWithoutLabels", verdict_uri=decided.verdict_uri)
    refusal.add_depends_on([decided.step])
    return [decided.step, refusal]
