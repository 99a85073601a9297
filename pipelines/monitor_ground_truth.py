"""Judge a window of captured batches whose labels have arrived since.

Collect ─► HaveCaptures ─┬► CreateModel, Join ─► …
                         └► DecideWithoutCaptures ─► RefuseWithoutCaptures

… HaveLabels ─┬► ModelQuality, DataBias, ModelBias ─► Decide ─► CheckVerdict ─► …
              └► DecideWithoutLabels ─► CheckInputs ─► …

CheckVerdict ─┬► NewBaseline ─► Register (the version once more, where a new baseline was asked for)
              └► Refuse
"""

from __future__ import annotations

from typing import Any

from pipelines.bundle import BUNDLE_PLACEHOLDER
from pipelines.judging import Judging
from pipelines.names import pipeline_name
from pipelines.parameters import CheckParameters, string
from sagemaker_monitor.settings.schema import Environment, Model
from steps.build import Build
from steps.collect import collect
from steps.decide import condition
from steps.join import join
from steps.model import create_from_version


def get_pipeline(model: Model, env: Environment, sagemaker_session: Any) -> Any:
    """Return the monitor-ground-truth pipeline of *model* in *env*, built under *sagemaker_session*."""
    from sagemaker.mlops.workflow.pipeline import Pipeline

    build = Build(model, env, "monitor-ground-truth", sagemaker_session)
    ground_truth = model.data.ground_truth
    model_package_arn = string("ModelPackageArn")
    window_start = string("WindowStart")
    window_end = string("WindowEnd")
    ground_truth_uri = string(
        "GroundTruthUri", env.storage.resolve(ground_truth.uri) if ground_truth else None
    )
    checks = CheckParameters.declare(build)
    judging = Judging(build, checks, model_package_arn, BUNDLE_PLACEHOLDER)

    collected = collect(
        build,
        capture_uri=f"{build.model_root}/capture",
        window_start=window_start,
        window_end=window_end,
    )
    step_create = create_from_version(build, model_package_arn)
    joined = join(
        build,
        transform_uri=collected.transform_uri,
        ground_truth_uri=ground_truth_uri,
        window=(window_start, window_end),
    )
    step_captures = condition(
        "HaveCaptures",
        [collected.has_captures()],
        [
            step_create,
            joined.step,
            *judging.rows(joined, step_create.properties.ModelName, collected=collected),
        ],
        judging.without_captures(collected),
    )
    return Pipeline(
        name=pipeline_name(model.model, "monitor-ground-truth", env.name),
        parameters=[model_package_arn, window_start, window_end, ground_truth_uri, *checks.parameters],
        pipeline_experiment_config=None,
        steps=[collected.step, step_captures],
        sagemaker_session=sagemaker_session,
    )
