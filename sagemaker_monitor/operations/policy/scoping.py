"""What an environment's policies are about, from the models' configuration and bundles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.aws.iam.scope import ANY, Scope
from sagemaker_monitor.settings import Environment, Model
from steps.spec import ASKING


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
    found = [_scope(environment, model, bundle) for model, bundle in bundles]

    def all_of(part: str) -> tuple[str, ...]:
        return tuple(sorted({each for scope in found for each in getattr(scope, part)}))

    return Scope(
        environment,
        models=(ANY,) if any_model else tuple(name for scope in found for name in scope.models),
        images=all_of("images"),
        locations=tuple(sorted({*all_of("locations"), *reads} - {*all_of("labels")})),
        labels=all_of("labels"),
        endpoints=all_of("endpoints"),
        asks_models=any(scope.asks_models for scope in found),
        monitoring=any(scope.monitoring for scope in found),
        adopted=all_of("adopted"),
        kept=all_of("kept"),
    )


def untold(environment: Environment, models: Iterable[Model]) -> tuple[str, ...]:
    """Return the watched endpoints that capture where only they themselves can tell."""
    return tuple(
        endpoint
        for model in models
        if (endpoint := model.endpoint_in(environment.name)) and model.endpoint and not model.endpoint.capture
    )


def _scope(environment: Environment, model: Model, bundle: Bundle) -> Scope:
    texts = tuple(_texts(bundle))
    own = f"{environment.storage.root}/{model.model}"
    adopted = model.adopted_in(environment.name).values()
    endpoint = model.endpoint_in(environment.name)
    truth = model.data.ground_truth
    configured = (model.data.batches, model.endpoint.capture if model.endpoint else None)
    return Scope(
        environment,
        (model.model,),
        images=tuple(text for key, text in texts if key in ("Image", "ImageUri") and ".dkr.ecr." in text),
        locations=(
            *(text for _, text in texts if text.startswith("s3://") and not _is_ours(text, own, environment)),
            *(environment.storage.resolve(uri) for uri in configured if uri),
        ),
        labels=(environment.storage.resolve(truth.uri),) if truth else (),
        endpoints=(endpoint,) if endpoint else (),
        asks_models=any(key == "CheckType" and text in ASKING for key, text in texts),
        monitoring=bool(bundle.monitoring or adopted),
        adopted=tuple(each.name for each in adopted),
        kept=tuple(each.definition for each in adopted if each.definition),
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
