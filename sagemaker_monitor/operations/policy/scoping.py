"""What an environment's policies are about, from the models' configuration and bundles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.aws.iam.scope import ANY, Scope
from sagemaker_monitor.settings import Environment, Model

_ASKS = ("MODEL_BIAS", "MODEL_EXPLAINABILITY")
"""Checks for which Clarify asks the model."""


def scope_of(
    environment: Environment,
    bundles: Iterable[tuple[Model, Bundle]],
    *,
    reads: Sequence[str] = (),
    any_model: bool = False,
) -> Scope:
    """Return what the models' pipelines run and read; *reads* are further URIs that runs are given.

    With *any_model* its names are those of every model of the environment, also of later ones.
    """
    names: list[str] = []
    images: set[str] = set()
    adopted, kept = set[str](), set[str]()
    locations, labels, endpoints = set(reads), set[str](), set[str]()
    asks_models = monitoring = False
    for model, bundle in bundles:
        names.append(model.model)
        own = f"{environment.storage.root}/{model.model}"
        for step, text in _texts(bundle):
            asks_models |= text in _ASKS and step == "CheckType"
            if step == "ImageUri" or (step == "Image" and ".dkr.ecr." in text):
                images.add(text)
            if text.startswith("s3://") and not _is_ours(text, own, environment):
                locations.add(text)
        monitoring |= bool(bundle.monitoring or model.adopted_in(environment.name))
        for schedule in model.adopted_in(environment.name).values():
            adopted.add(schedule.name)
            kept |= {schedule.definition} if schedule.definition else set()
        data = model.data
        locations |= {environment.storage.resolve(uri) for uri in (data.batches,) if uri}
        if data.ground_truth is not None:
            labels.add(environment.storage.resolve(data.ground_truth.uri))
        endpoint = model.endpoint_in(environment.name)
        if endpoint is not None:
            endpoints.add(endpoint)
        if model.endpoint is not None and model.endpoint.capture:
            locations.add(environment.storage.resolve(model.endpoint.capture))
    return Scope(
        environment,
        models=(ANY,) if any_model else tuple(names),
        images=tuple(sorted(images)),
        locations=tuple(sorted(locations - labels)),
        labels=tuple(sorted(labels)),
        endpoints=tuple(sorted(endpoints)),
        asks_models=asks_models,
        monitoring=monitoring,
        adopted=tuple(sorted(adopted)),
        kept=tuple(sorted(kept)),
    )


def _is_ours(uri: str, own: str, environment: Environment) -> bool:
    return uri.startswith((f"{own}/", f"{environment.storage.root}/assets/"))


def _texts(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Yield each text of the definitions with the key that it stands under."""
    definitions = [each.definition for each in bundle.pipelines]
    for definition in (*definitions, *(each.definition for each in bundle.monitoring)):
        yield from _within(json.loads(definition), "")


def _within(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _within(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _within(each, key)
