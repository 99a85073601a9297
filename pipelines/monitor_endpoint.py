"""Judge what a real-time endpoint was asked, and what it answered, in a window of hours.

    Collect ─► HaveCaptures ─┬► DataQuality, ColumnsFit ─┬► CreateModel, Join ─► …
                             │                           └► DecideWithoutScores ─► RefuseWithoutScores
                             └► DecideWithoutCaptures ─► RefuseWithoutCaptures

    … ModelExplainability, HaveLabels ─┬► ModelQuality, DataBias, … ─► Decide ─► CheckVerdict ─► …
                                       └► DecideWithoutLabels ─► CheckInputs ─► …

    CheckVerdict ─┬► NewBaseline ─► Register (the version once more, where a new baseline was asked for)
                  └► Refuse

Nothing is scored: the endpoint has answered. Without data quality HaveCaptures is followed by CreateModel and
Join at once.
"""

from __future__ import annotations

from typing import Any

from pipelines.bundle import BUNDLE_PLACEHOLDER
from pipelines.checking import check_inputs
from pipelines.judging import Judging
from pipelines.names import pipeline_name
from pipelines.parameters import CheckParameters, endpoint_parameters, string
from sagemaker_monitor.settings.schema import Environment, Model
from steps.build import Build
from steps.collect import Collected, collect_endpoint
from steps.decide import condition
from steps.join import join
from steps.model import create_from_version


def get_pipeline(model: Model, env: Environment, sagemaker_session: Any) -> Any:
    """Return the monitor-endpoint pipeline of *model* in *env*, built under *sagemaker_session*."""
    from sagemaker.mlops.workflow.pipeline import Pipeline

    build = Build(model, env, "monitor-endpoint", sagemaker_session)
    ground_truth = model.data.ground_truth
    checks = CheckParameters.declare(build)
    watched, endpoint = endpoint_parameters(build, checks.model_package_group_name)
    ground_truth_uri = string("GroundTruthUri", env.storage.resolve(ground_truth.uri) if ground_truth else "")
    judging = Judging(build, checks, watched.model_package_arn, BUNDLE_PLACEHOLDER)

    collected = collect_endpoint(build, watched)
    step_captures = condition(
        "HaveCaptures",
        [collected.has_captures()],
        _judged(build, judging, checks, collected, ground_truth_uri),
        judging.without_captures(collected),
    )
    return Pipeline(
        name=pipeline_name(model.model, "monitor-endpoint", env.name),
        parameters=[*endpoint, ground_truth_uri, *checks.parameters],
        pipeline_experiment_config=None,
        steps=[collected.step, step_captures],
        sagemaker_session=sagemaker_session,
    )


def _judged(
    build: Build, judging: Judging, checks: CheckParameters, collected: Collected, ground_truth_uri: Any
) -> list[Any]:
    """The inputs first; of a window with other columns nothing else can be told."""
    step_create = create_from_version(build, collected.model_package_arn())
    joined = join(
        build,
        transform_uri=collected.transform_uri,
        ground_truth_uri=ground_truth_uri,
        collected_uri=collected.summary_uri,
    )
    step_check = check_inputs(build, checks, collected.features_uri)
    judged = [
        step_create,
        joined.step,
        *judging.rows(
            joined,
            step_create.properties.ModelName,
            features_uri=collected.features_uri if step_check else None,
            checked={"DATA_QUALITY": step_check} if step_check else {},
            collected=collected,
        ),
    ]
    if step_check is None:
        return judged
    step_fit = condition(
        "ColumnsFit",
        [collected.columns_fit()],
        judged,
        judging.without_scores(collected.features_uri, step_check, collected),
    )
    return [step_check, step_fit]
