"""What a deployed pipeline takes and checks, read from its definition."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.analysis.decision.own_engine import CHECK_TYPE
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.errors import OperationError, UsageError


@dataclass(frozen=True)
class DeployedCheck:
    """A check step as it is deployed."""

    step: str
    check_type: str
    parameters: Mapping[str, str]
    """What may be chosen when a run starts (SkipCheck, SuppliedBaselineConstraints, …) to its parameter."""


@dataclass(frozen=True)
class DeployedPipeline:
    """A pipeline as it is deployed: its parameters with their defaults, and its checks."""

    name: str
    defaults: Mapping[str, Any]
    """Parameter to default; None where there is none."""
    checks: tuple[DeployedCheck, ...]


def read_deployed(aws: Aws, name: str) -> DeployedPipeline:
    """Return what *name* takes; UsageError when it is not deployed."""
    try:
        response = aws.call("sagemaker", "describe_pipeline", PipelineName=name)
    except NotFoundError as error:
        environment = aws.environment.name
        raise UsageError(
            f"pipeline {name!r} is not deployed to {environment!r}: "
            f"run sagemaker-monitor upsert --env {environment}"
        ) from error
    try:
        definition = json.loads(response["PipelineDefinition"])
    except ValueError as error:
        raise OperationError(
            f"the definition of pipeline {name!r} is not JSON: {error}; upsert it again"
        ) from error
    return DeployedPipeline(
        name=name,
        defaults={entry["Name"]: entry.get("DefaultValue") for entry in definition.get("Parameters", ())},
        checks=tuple(
            found for step in every_step(definition.get("Steps", ())) if (found := _check(step)) is not None
        ),
    )


def _check(step: Mapping[str, Any]) -> DeployedCheck | None:
    """Return the check that a step makes, as a check step or by an image of one's own."""
    if "CheckType" in step:
        return DeployedCheck(step["Name"], step["CheckType"], _parameters(step))
    arguments = step.get("Arguments", {})
    environment = arguments.get("Environment", {})
    if step.get("Type") != "Processing" or CHECK_TYPE not in environment:
        return None
    inputs = {each["InputName"]: each["S3Input"]["S3Uri"] for each in arguments.get("ProcessingInputs", ())}
    fields = {
        "SkipCheck": _joined(environment.get("skip_check")),
        "RegisterNewBaseline": _joined(environment.get("register_new_baseline")),
        "SuppliedBaselineConstraints": inputs.get("baseline_constraints"),
        "SuppliedBaselineStatistics": inputs.get("baseline_statistics"),
    }
    return DeployedCheck(step["Name"], environment[CHECK_TYPE], _parameters(fields))


def _joined(value: Any) -> Any:
    """Return the one value that a join makes a text of."""
    values = value.get("Std:Join", {}).get("Values", []) if isinstance(value, dict) else []
    return values[0] if len(values) == 1 else None


def _parameters(step: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a check step that a pipeline parameter gives."""
    prefix = "Parameters."
    return {
        field: value["Get"][len(prefix) :]
        for field, value in step.items()
        if isinstance(value, dict) and str(value.get("Get", "")).startswith(prefix)
    }


def every_step(steps: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the steps of a definition, each condition before those of its branches."""
    for step in steps:
        yield step
        arguments = step.get("Arguments", {})
        if step.get("Type") == "Condition":
            yield from every_step(arguments.get("IfSteps", ()))
            yield from every_step(arguments.get("ElseSteps", ()))
