"""Every pipeline of a model, built into a bundle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import Any

from pipelines.bundle import (
    BUNDLE_PLACEHOLDER,
    Asset,
    Bundle,
    MonitoringDefinition,
    PipelineDefinition,
    bundle_sha256,
    canonical_json,
)
from pipelines.names import pipelines_of
from sagemaker_monitor.settings.monitoring_checks import monitoring_schedules_in
from sagemaker_monitor.settings.schema import Environment, Model

GetPipeline = Callable[[Model, Environment, Any], Any]
"""A builder: a model, an environment and an SDK session in, the SDK's Pipeline out."""


def build_bundle(model: Model, environment: Environment) -> Bundle:
    """Build every pipeline of *model* for *environment*, with no network, no credentials and no side effect.

    Imports the SDK, which takes seconds.
    """
    from steps.adapter import sdk_environment

    with sdk_environment(environment.region):
        from pipelines import monitor_batch, monitor_endpoint, monitor_ground_truth, register

        builders: dict[str, GetPipeline] = {
            "register": register.get_pipeline,
            "monitor-batch": monitor_batch.get_pipeline,
            "monitor-endpoint": monitor_endpoint.get_pipeline,
            "monitor-ground-truth": monitor_ground_truth.get_pipeline,
        }
    wanted = pipelines_of(model, environment.name)
    return bundle_of({name: builders[name] for name in wanted}, model, environment, monitoring=True)


def bundle_of(
    builders: Mapping[str, GetPipeline], model: Model, environment: Environment, *, monitoring: bool = False
) -> Bundle:
    """Return what *builders*, by the kind of pipeline, build for *model* in *environment*, offline.

    With *monitoring* the bundle also has the model's monitoring schedules.
    """
    from steps.adapter import sdk_environment

    with sdk_environment(environment.region):
        from pipelines.offline import OfflineSession
        from steps.sdk_costs import paid_once

        texts = []
        with paid_once():
            session = OfflineSession(environment)
            for pipeline, get_pipeline in builders.items():
                built = get_pipeline(model, environment, session)
                definition = canonical_json(json.loads(built.definition()))
                texts.append(PipelineDefinition(built.name, pipeline, definition))
            schedules = _monitoring(model, environment, session) if monitoring else ()
    assets = _referenced(session.assets, texts)
    sha256 = bundle_sha256(texts, assets, BUNDLE_PLACEHOLDER)
    return Bundle(
        model=model.model,
        environment=environment.name,
        sha256=sha256,
        sdk_version=version("sagemaker"),
        pipelines=tuple(
            PipelineDefinition(text.name, text.pipeline, text.definition.replace(BUNDLE_PLACEHOLDER, sha256))
            for text in texts
        ),
        assets=assets,
        monitoring=schedules,
    )


def _monitoring(model: Model, environment: Environment, session: Any) -> tuple[MonitoringDefinition, ...]:
    """Return what SageMaker is told of each monitoring schedule, with the files that it names."""
    from steps.build import Build
    from steps.monitoring import Monitoring, describe, monitoring_images

    schedules = {
        key: schedule
        for key, schedule in monitoring_schedules_in(model, environment).items()
        if model.kept_definition(key, environment.name) is None
    }
    images = monitoring_images(environment.region) if schedules else {}
    found = []
    for key, schedule in schedules.items():
        monitoring = Monitoring(Build(model, environment, "monitoring", session), schedule, images)
        text = canonical_json(describe(monitoring))
        name = model.monitoring_schedule_name(key, environment.name)
        assets = tuple(asset for uri, asset in sorted(session.assets.items()) if uri in text)
        found.append(MonitoringDefinition(name, key, text, assets))
    return tuple(found)


def _referenced(kept: dict[str, Asset], definitions: Iterable[PipelineDefinition]) -> tuple[Asset, ...]:
    """Return the assets that a definition names; the SDK also uploads configurations for schedules."""
    text = "\n".join(definition.definition for definition in definitions)
    return tuple(asset for uri, asset in sorted(kept.items()) if uri in text)
