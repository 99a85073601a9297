"""Pipelines of others: which checks they make and what else they do, with parameters at their defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.operations.adopting.reader import Reader
from sagemaker_monitor.operations.adopting.served import Container, of_specification
from sagemaker_monitor.operations.adopting.shapes import wrong_with_config
from sagemaker_monitor.operations.adopting.sources import Attributes, Config, Sources, job_of
from sagemaker_monitor.operations.baselines import MONITORS
from sagemaker_monitor.operations.deployed import every_step
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.tags import MODEL_TAG

_CLARIFY = ("DATA_BIAS", "MODEL_BIAS", "MODEL_EXPLAINABILITY")
DEEPEST = 30


@dataclass(frozen=True)
class Step:
    """A step that is no check."""

    name: str
    type: str


@dataclass(frozen=True)
class Pipeline:
    """A pipeline of others as it is deployed."""

    name: str
    arn: str
    checks: Mapping[str, str]
    """Name of each check step to its type."""
    others: tuple[Step, ...]
    containers: tuple[Container, ...]
    sources: Sources
    groups: tuple[str, ...] = ()
    """Model package groups that it registers versions in."""

    @property
    def resource(self) -> str:
        """What it is called in what is told of it."""
        return f"pipeline {self.name}"

    @property
    def monitors(self) -> tuple[str, ...]:
        """What its checks watch, in our words."""
        return tuple(dict.fromkeys(MONITORS[each] for each in self.checks.values()))


def read_pipeline(reader: Reader, name: str) -> Pipeline:
    """Return the pipeline called *name*. Raises UsageError for one of ours or none, AwsError."""
    what = f"pipeline {name}"
    answer = reader.describe(what, "describe_pipeline", PipelineName=name)
    arn = answer["PipelineArn"]
    model = reader.tags(what, arn).get(MODEL_TAG)
    if model is not None:
        raise UsageError(f"{what} was made by upsert, for the model {model}: it needs no adopting")
    try:
        definition = json.loads(answer.get("PipelineDefinition", ""))
        steps = list(every_step(definition.get("Steps", ())))
        defaults = {each["Name"]: each.get("DefaultValue") for each in definition.get("Parameters", ())}
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
        raise UsageError(f"the definition of {what} cannot be read: {error}") from error
    checks = {each["Name"]: each["CheckType"] for each in steps if each.get("CheckType") in MONITORS}
    sources = Sources()
    for step in steps:
        if step["Name"] in checks:
            sources += _of_check(reader, what, step, defaults)
    return Pipeline(
        name=answer["PipelineName"],
        arn=arn,
        checks=checks,
        others=tuple(
            Step(each["Name"], str(each.get("Type", ""))) for each in steps if each["Name"] not in checks
        ),
        containers=tuple(found for each in steps for found in _containers(what, each, defaults)),
        sources=sources,
        groups=tuple(
            dict.fromkeys(
                group
                for each in steps
                if each.get("Type") == "RegisterModel"
                and isinstance(
                    group := resolved(each.get("Arguments", {}).get("ModelPackageGroupName"), defaults), str
                )
            )
        ),
    )


def resolved(value: Any, defaults: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a definition's value with parameters at their defaults; None where that is not known."""
    if depth > DEEPEST:
        return None
    if isinstance(value, list):
        return [resolved(each, defaults, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Get"}:
        place, _, name = str(value["Get"]).partition(".")
        return defaults.get(name) if place == "Parameters" else None
    if set(value) == {"Std:Join"}:
        join = value["Std:Join"]
        parts = [resolved(each, defaults, depth + 1) for each in join.get("Values", ())]
        return None if None in parts else str(join.get("On", "")).join(map(str, parts))
    return {key: resolved(each, defaults, depth + 1) for key, each in value.items()}


def _of_check(reader: Reader, what: str, step: Mapping[str, Any], defaults: Mapping[str, Any]) -> Sources:
    resource = f"step {step['Name']} of {what}"
    arguments = resolved(step.get("Arguments", {}), defaults)
    variables = {key: str(value) for key, value in (arguments.get("Environment") or {}).items()}
    job = job_of(resource, {**arguments, "Environment": variables})
    if step["CheckType"] not in _CLARIFY:
        # Names of columns of a file that was made for the check: they say nothing of captures.
        attributes = Attributes(resource, {}, variables.get("problem_type"), is_batch=True)
        return Sources(attributes=(attributes,), jobs=(job,))
    configs = []
    for given in arguments.get("ProcessingInputs") or ():
        uri = (given.get("S3Input") or {}).get("S3Uri")
        if given.get("InputName") == "analysis_config" and uri:
            content = reader.document(resource, "analysis_config", uri, wrong_with_config)
            if content is not None:
                configs.append(Config(resource, uri, content))
    return Sources(configs=tuple(configs), jobs=(job,))


def _containers(what: str, step: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[Container]:
    arguments = resolved(step.get("Arguments", {}), defaults)
    resource = f"step {step['Name']} of {what}"
    if step.get("Type") == "Model":
        containers = arguments.get("Containers") or [arguments.get("PrimaryContainer") or {}]
        yield from of_specification(resource, {"Containers": containers})
    elif step.get("Type") == "RegisterModel":
        yield from of_specification(resource, arguments.get("InferenceSpecification") or {})
