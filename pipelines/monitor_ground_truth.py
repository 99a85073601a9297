"""Judge a window of captures, of batches or of an endpoint, whose labels have arrived since.

Collect ─► HaveCaptures ─┬► CreateModel, Join ─► …
                         └► DecideWithoutCaptures ─► RefuseWithoutCaptures

… HaveLabels ─┬► ModelQuality, DataBias, ModelBias ─► Decide ─► CheckVerdict ─► …
              └► DecideWithoutLabels ─► CheckInputs ─► …

CheckVerdict ─┬► NewBaseline ─► Register (the version once more, where a new baseline was asked for)
              └► Refuse
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.bundle import BUNDLE_PLACEHOLDER
from pipelines.judging import Judging
from pipelines.names import pipeline_name
from pipelines.parameters import CheckParameters, endpoint_parameters, string
from sagemaker_monitor.settings.schema import Environment, Model
from steps.build import Build
from steps.collect import Collected, collect, collect_endpoint, collect_late
from steps.decide import condition
from steps.join import join
from steps.model import create_from_version
from steps.spec import is_scheduled, reads_endpoint


def get_pipeline(model: Model, env: Environment, sagemaker_session: Any) -> Any:
    """Return the monitor-ground-truth pipeline of *model* in *env*, built under *sagemaker_session*."""
    from sagemaker.mlops.workflow.pipeline import Pipeline

    build = Build(model, env, "monitor-ground-truth", sagemaker_session)
    ground_truth = model.data.ground_truth
    checks = CheckParameters.declare(build)
    of_endpoint = reads_endpoint(model, build.pipeline)
    window = (_endpoint if of_endpoint else _batches)(build, checks.model_package_group_name)
    ground_truth_uri = string(
        "GroundTruthUri", env.storage.resolve(ground_truth.uri) if ground_truth else None
    )
    judging = Judging(build, checks, window.asked_version, BUNDLE_PLACEHOLDER)

    collected = window.collected
    step_create = create_from_version(build, window.version)
    joined = join(
        build,
        transform_uri=collected.transform_uri,
        ground_truth_uri=ground_truth_uri,
        **window.of_labels,
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
        parameters=[*window.parameters, ground_truth_uri, *checks.parameters],
        pipeline_experiment_config=None,
        steps=[collected.step, step_captures],
        sagemaker_session=sagemaker_session,
    )


@dataclass(frozen=True)
class _Window:
    """What is collected, the version that scored it, and how the join learns of the window."""

    collected: Collected
    asked_version: Any
    version: Any
    parameters: list[Any]
    of_labels: dict[str, Any]


def _batches(build: Build, group: Any) -> _Window:
    capture_uri = f"{build.model_root}/capture"
    if is_scheduled(build.model, build.pipeline):
        return _scheduled_batches(build, capture_uri, group)
    model_package_arn = string("ModelPackageArn")
    start, end = string("WindowStart"), string("WindowEnd")
    collected = collect(build, capture_uri=capture_uri, window_start=start, window_end=end)
    parameters = [model_package_arn, start, end]
    return _Window(collected, model_package_arn, model_package_arn, parameters, {"window": (start, end)})


def _scheduled_batches(build: Build, capture_uri: str, group: Any) -> _Window:
    """The scheduled time says which window, and the registry which version, where a run says neither."""
    names = ("ModelPackageArn", "WindowStart", "WindowEnd", "ScheduledTime")
    model_package_arn, start, end, scheduled = parameters = [string(name, "") for name in names]
    collected = collect_late(
        build,
        capture_uri=capture_uri,
        window=(start, end),
        scheduled_time=scheduled,
        model_package_arn=model_package_arn,
        group=group,
    )
    of_labels = {"collected_uri": collected.summary_uri}
    return _Window(collected, model_package_arn, collected.model_package_arn(), parameters, of_labels)


def _endpoint(build: Build, group: Any) -> _Window:
    watched, parameters = endpoint_parameters(build, group)
    collected = collect_endpoint(build, watched)
    of_labels = {"collected_uri": collected.summary_uri}
    return _Window(collected, watched.model_package_arn, collected.model_package_arn(), parameters, of_labels)
