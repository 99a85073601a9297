"""Check a batch's inputs, score it with an approved version, and judge it.

    Inputs ─► BatchMonitor-monitoring ─► ColumnsFit ─┬► CreateModel ─► BatchMonitor-transform ─► Join ─► …
                                                     └► DecideWithoutScores ─► RefuseWithoutScores

    … ModelExplainability, HaveLabels ─┬► ModelQuality, DataBias, … ─► Decide ─► CheckVerdict ─► …
                                       └► DecideWithoutLabels ─► CheckInputs ─► …

    CheckVerdict ─┬► NewBaseline ─► Register (the version once more, where a new baseline was asked for)
                  └► Refuse

A monitor that the model does not have has no step. Without data quality this begins with
CreateModel ─► ScoreBatch; without bias and model quality it waits for no labels.

Of a model that schedules it, a run may name neither batch nor version:

    FindBatch ─► HaveBatch ─┬► Inputs ─► …
                            └► DecideWithoutBatch ─► RefuseWithoutBatch
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.bundle import BUNDLE_PLACEHOLDER
from pipelines.judging import Judging
from pipelines.names import pipeline_name
from pipelines.parameters import CheckParameters, string
from sagemaker_monitor.settings.schema import Environment, Model
from steps.build import Build
from steps.collect import Collected, find_batch
from steps.decide import condition
from steps.inputs import Inputs, read_inputs
from steps.join import Joined, join
from steps.model import create_from_version
from steps.quality_check import monitored_score
from steps.spec import is_scheduled
from steps.transform import score


@dataclass(frozen=True)
class Batch:
    """What the parts of this pipeline share: the build, its judging, its parameters, what was found."""

    build: Build
    judging: Judging
    checks: CheckParameters
    input_data_uri: Any
    ground_truth_uri: Any
    found: Collected | None = None

    @property
    def capture_uri(self) -> str:
        """The capture root of batches, fixed per model: schedules and monitor-ground-truth read it."""
        return f"{self.build.model_root}/capture"


def get_pipeline(model: Model, env: Environment, sagemaker_session: Any) -> Any:
    """Return the monitor-batch pipeline of *model* in *env*, built under *sagemaker_session*."""
    from sagemaker.mlops.workflow.pipeline import Pipeline

    build = Build(model, env, "monitor-batch", sagemaker_session)
    ground_truth = model.data.ground_truth
    scheduled = is_scheduled(model, build.pipeline)
    model_package_arn, input_data_uri, scheduled_time = (
        string(name, "" if scheduled else None)
        for name in ("ModelPackageArn", "InputDataUri", "ScheduledTime")
    )
    checks = CheckParameters.declare(build)
    judging = Judging(build, checks, model_package_arn, BUNDLE_PLACEHOLDER)
    ground_truth_uri = string("GroundTruthUri", env.storage.resolve(ground_truth.uri) if ground_truth else "")
    if scheduled:
        found = find_batch(
            build,
            batches_uri=env.storage.resolve(model.data.batches or ""),
            input_uri=input_data_uri,
            scheduled_time=scheduled_time,
            model_package_arn=model_package_arn,
            group=checks.model_package_group_name,
        )
        batch = Batch(build, judging, checks, found.input_uri(), ground_truth_uri, found)
        step_batch = condition(
            "HaveBatch",
            [found.has_captures()],
            _steps(batch, found.model_package_arn()),
            judging.without_captures(found, "Batch"),
        )
        steps = [found.step, step_batch]
    else:
        batch = Batch(build, judging, checks, input_data_uri, ground_truth_uri)
        steps = _steps(batch, model_package_arn)
    return Pipeline(
        name=pipeline_name(model.model, "monitor-batch", env.name),
        parameters=[
            model_package_arn,
            input_data_uri,
            *([scheduled_time] if scheduled else []),
            ground_truth_uri,
            *checks.parameters,
        ],
        pipeline_experiment_config=None,
        steps=steps,
        sagemaker_session=sagemaker_session,
    )


def _steps(batch: Batch, version: Any) -> list[Any]:
    step_create = create_from_version(batch.build, version)
    if batch.build.model.monitors.data_quality:
        return _checked(batch, step_create)
    return _scored(batch, step_create)


def _checked(batch: Batch, step_create: Any) -> list[Any]:
    """The inputs first; a batch with other columns is not scored: it would be with the wrong ones."""
    inputs = read_inputs(batch.build, data_uri=batch.input_data_uri)
    step_check, step_transform = monitored_score(
        batch.build,
        model_name=step_create.properties.ModelName,
        data=batch.input_data_uri,
        features_uri=inputs.features_uri,
        capture_uri=batch.capture_uri,
        baselining=batch.checks.baselining["DataQuality"],
        depends_on=[inputs.step],
    )
    step_fit = condition(
        "ColumnsFit",
        [inputs.columns_fit()],
        [
            step_create,
            step_transform,
            *_judged(batch, step_create, step_transform, inputs, {"DATA_QUALITY": step_check}),
        ],
        batch.judging.without_scores(inputs.features_uri, step_check, batch.found),
    )
    return [inputs.step, step_check, step_fit]


def _scored(batch: Batch, step_create: Any) -> list[Any]:
    step_score = score(
        batch.build,
        name="ScoreBatch",
        model_name=step_create.properties.ModelName,
        data=batch.input_data_uri,
        capture_uri=batch.capture_uri,
    )
    return [step_create, step_score, *_judged(batch, step_create, step_score, None, {})]


def _judged(
    batch: Batch, step_create: Any, step_transform: Any, inputs: Inputs | None, checked: dict[str, Any]
) -> list[Any]:
    joined: Joined = join(
        batch.build,
        transform_uri=step_transform.properties.TransformOutput.S3OutputPath,
        ground_truth_uri=batch.ground_truth_uri,
    )
    model_name = step_create.properties.ModelName
    features_uri = inputs.features_uri if inputs else None
    judged = batch.judging.rows(
        joined, model_name, features_uri=features_uri, checked=checked, collected=batch.found
    )
    return [joined.step, *judged]
