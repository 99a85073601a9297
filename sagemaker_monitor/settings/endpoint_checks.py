"""What an endpoint section may not say, alone and of an environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from sagemaker_monitor.settings.endpoint import CSV, Endpoint
from sagemaker_monitor.settings.environment import Environment
from sagemaker_monitor.settings.errors import Path, choices, quoted
from sagemaker_monitor.settings.model import Model

LONGEST = timedelta(days=62)
"""What the collect job takes at once."""
MAX_ARGUMENT = 256 - len("--capture-uri=")
"""Characters of a container argument, which the root of the captures becomes a part of."""
_NAME = re.compile(r"(?=.{1,63}$)[A-Za-z0-9](-*[A-Za-z0-9])*")
"""SageMaker's names of endpoints."""
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_KNOWN = ("{model}", "{environment}")


def check_endpoint(model: Model, environments: Sequence[str] | None = None) -> Iterator[tuple[Path, str]]:
    """Return what is wrong with *model*'s endpoint; *environments* are those that there are, if known."""
    ground_truth = model.data.ground_truth
    if ground_truth and ground_truth.captures == "endpoint" and not model.endpoint:
        yield (
            ("data", "ground_truth", "captures"),
            "is endpoint, and the model has none: add a section endpoint, or remove it",
        )
    if not model.endpoint:
        return
    yield from _name(model.endpoint, environments)
    yield from _window(model.endpoint)
    yield from _expressions(model.endpoint)


def check_endpoint_in(model: Model, environment: Environment) -> Iterator[tuple[Path, str]]:
    """Return what keeps *model*'s endpoint from being watched in *environment*."""
    endpoint, name = model.endpoint, model.endpoint_in(environment.name)
    if endpoint is None or name is None:
        return
    if not _NAME.fullmatch(name):
        yield (
            ("name",),
            f"makes the endpoint of the model {model.model} {quoted(name)}: at most 63 letters and digits, "
            "with hyphens between them; see endpoint.name",
        )
    if endpoint.capture and (length := len(environment.storage.resolve(endpoint.capture))) > MAX_ARGUMENT:
        yield (
            ("storage", "prefix"),
            f"makes endpoint.capture of the model {model.model} an S3 URI of {length} characters, at most "
            f"{MAX_ARGUMENT}",
        )


def _name(endpoint: Endpoint, environments: Sequence[str] | None) -> Iterator[tuple[Path, str]]:
    names = {"": endpoint.name} if isinstance(endpoint.name, str) else endpoint.name
    if not names:
        yield ("endpoint", "name"), "names no environment: give at least one, or remove endpoint"
    for environment, name in names.items():
        path: Path = ("endpoint", "name", environment) if environment else ("endpoint", "name")
        if environment and environments is not None and environment not in environments:
            yield (
                path,
                f"no environment {quoted(environment)}{choices(environment, environments, 'known')}",
            )
        unknown = [each for each in _PLACEHOLDER.findall(name) if each not in _KNOWN]
        if unknown:
            yield path, f"holds {quoted(unknown[0])}{choices(unknown[0], _KNOWN, 'allowed')}"
        elif not _NAME.fullmatch(_PLACEHOLDER.sub("x", name)):
            yield (
                path,
                f"{quoted(name)} is not valid: at most 63 letters and digits, with hyphens between them; "
                "'{model}' and '{environment}' stand for theirs",
            )


def _window(endpoint: Endpoint) -> Iterator[tuple[Path, str]]:
    window = endpoint.window
    path: Path = ("endpoint", "window", "start" if "start" in window.model_fields_set else "end")
    if window.start >= window.end:
        yield path, "leaves no hour in the window: start must be before end, which is excluded"
    elif window.end - window.start > LONGEST:
        yield path, f"makes the window longer than the {LONGEST.days} days that are collected at once"


def _expressions(endpoint: Endpoint) -> Iterator[tuple[Path, str]]:
    requests, answers = endpoint.requests, endpoint.answers
    path: Path = ("endpoint", "requests")
    if requests.content_type == CSV:
        for key in ("features", "record_key"):
            if getattr(requests, key) is not None:
                yield (
                    (*path, key),
                    "is for JSON, and requests are text/csv, whose columns are the features: remove it, or "
                    "give content_type",
                )
    elif requests.features is None:
        yield (
            path,
            f"of {requests.content_type} need features: the JMESPath of them, such as "
            f"{'features' if requests.content_type.endswith('lines') else 'instances[*].features'}",
        )
    path = ("endpoint", "answers")
    if endpoint.answer_type == CSV:
        if answers.prediction is not None:
            yield (
                (*path, "prediction"),
                "is for JSON, and answers are text/csv, where schema.prediction says which value it is: "
                "remove it, or give content_type",
            )
    elif answers.prediction is None:
        yield (
            ("endpoint", "answers") if "answers" in endpoint.model_fields_set else ("endpoint",),
            f"has answers of {endpoint.answer_type}, which need answers.prediction: its JMESPath, such as "
            f"{'score' if endpoint.answer_type.endswith('lines') else 'predictions[*].score'}",
        )
