"""Register a candidate, if its verdict is open.

CreateModel ─► ScoreBaseline ─► Join ─┬► DataQuality ─────────┐
                                      ├► ModelExplainability ─┤
                                      ├► ModelQuality ────────┼► Decide ─► CheckVerdict ─┬► Register
                                      ├► DataBias ────────────┤ (however they end)       └► Refuse
                                      └► ModelBias ───────────┘

A monitor that the model does not have has no step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.bundle import BUNDLE_PLACEHOLDER
from pipelines.checking import make_checks
from pipelines.names import pipeline_name
from pipelines.parameters import CheckParameters, string
from sagemaker_monitor.settings.schema import Environment, Model
from steps.build import Build
from steps.decide import condition, decide, refuse
from steps.join import join
from steps.model import create_candidate
from steps.register_model import register_version, version_evidence
from steps.spec import checks_of
from steps.transform import score


@dataclass(frozen=True)
class Registering:
    """The steps from an artifact to a registered version, and the pipeline parameters that they read."""

    parameters: tuple[Any, ...]
    steps: tuple[Any, ...]


def get_pipeline(model: Model, env: Environment, sagemaker_session: Any) -> Any:
    """Return the register pipeline of *model* in *env*, built under *sagemaker_session*."""
    from sagemaker.mlops.workflow.pipeline import Pipeline

    made = register_steps(model, env, sagemaker_session)
    return Pipeline(
        name=pipeline_name(model.model, "register", env.name),
        parameters=list(made.parameters),
        # No experiment: its creation needs permissions that nothing else here does.
        pipeline_experiment_config=None,
        steps=list(made.steps),
        sagemaker_session=sagemaker_session,
    )


def register_steps(
    model: Model,
    environment: Environment,
    sagemaker_session: Any,
    *,
    model_data_url: Any = None,
    baseline_data_uri: Any = None,
    depends_on: Sequence[Any] = (),
) -> Registering:
    """Return the steps that score, check and decide on a candidate, and register it or fail.

    What is not given is a pipeline parameter, by default as configured; see pipelines.embedding.
    """
    build = Build(model, environment, "register", sagemaker_session)
    own = []
    if model_data_url is None:
        model_data_url = string("ModelDataUrl", environment.storage.resolve(model.artifact.model_data))
        own.append(model_data_url)
    if baseline_data_uri is None:
        baseline_data_uri = string("BaselineDataUri", environment.storage.resolve(model.data.baseline))
        own.append(baseline_data_uri)
    ground_truth_uri = string("GroundTruthUri", "")
    baseline_model_package_arn = string("BaselineModelPackageArn", "")
    model_approval_status = string("ModelApprovalStatus", "PendingManualApproval")
    parameters = CheckParameters.declare(build)

    step_create = create_candidate(build, model_data_url)
    if depends_on:
        step_create.add_depends_on(list(depends_on))
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
    checks = make_checks(
        build,
        checks_of(model, "register"),
        parameters,
        joined,
        step_create.properties.ModelName,
        depends_on=[joined.step],
    )
    decided = decide(
        build,
        name="Decide",
        bundle_sha256=BUNDLE_PLACEHOLDER,
        joined=joined,
        features_uri=joined.uris["features"],
        after=list(checks.values()),
        model_package_arn="",
        baseline_model_package_arn=baseline_model_package_arn,
        asked=parameters.asked,
    )
    step_register = register_version(
        build,
        model_data_url=model_data_url,
        model_package_group_name=parameters.model_package_group_name,
        approval_status=model_approval_status,
        checks=checks,
        decided=decided,
        evidence=version_evidence(build, decided, parameters.asked, BUNDLE_PLACEHOLDER),
    )
    step_verdict = condition(
        "CheckVerdict",
        [decided.gate_is_open()],
        [step_register],
        [refuse("Refuse", decided)],
    )
    return Registering(
        parameters=(
            *own,
            ground_truth_uri,
            baseline_model_package_arn,
            model_approval_status,
            *parameters.parameters,
        ),
        steps=(step_create, step_score, joined.step, *checks.values(), decided.step, step_verdict),
    )
