"""What is wrong with a pipeline definition, all of it at once, before anything runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_monitor.emulator.definition import (
    Definition,
    Finding,
    Parameter,
    Step,
    is_expression,
    parse,
    render,
)
from sagemaker_monitor.emulator.definition.conditions import condition_findings
from sagemaker_monitor.emulator.definition.durations import duration
from sagemaker_monitor.emulator.definition.expressions import expressions
from sagemaker_monitor.emulator.definition.findings import shown
from sagemaker_monitor.emulator.definition.graph import dependency_findings
from sagemaker_monitor.emulator.definition.references import Scope
from sagemaker_monitor.emulator.definition.shapes import conform, service_shape
from sagemaker_monitor.emulator.definition.step_types import (
    OUTPUTS,
    STEP_TYPES,
    arguments_shape,
    option_shape,
)
from sagemaker_monitor.emulator.members import refusals

__all__ = ["Finding", "lint", "render"]

DEEPEST = 60
_DATA_QUALITY = "DATA_QUALITY"
_QUALITY_CHECKS = (_DATA_QUALITY, "MODEL_QUALITY")
_NEEDS_MODEL_NAME = ("MODEL_BIAS", "MODEL_EXPLAINABILITY")
_PARAMETER_TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
}


def lint(definition: Any, pipeline_name: str | None = None) -> list[Finding]:
    """Return everything wrong with *definition*, a parsed JSON document; an empty list when it can run.

    Needs neither a server nor credentials. The rules are those of the service's model and of what is
    documented of definitions; types of steps that do not run here are refused by name.
    """
    name_findings = [] if pipeline_name is None else _pipeline_name(pipeline_name)
    if _depth_exceeds(definition, DEEPEST):
        return [*name_findings, Finding("$", f"is nested more than {DEEPEST} levels deep")]
    parsed, findings = parse(definition)
    scope = Scope.of(parsed)
    return [
        *name_findings,
        *findings,
        *_duplicates(parsed),
        *(finding for parameter in parsed.parameters.values() for finding in _default(parameter)),
        *_experiment(parsed, scope),
        *(finding for step in parsed.walk() if step.type in STEP_TYPES for finding in _step(step, scope)),
        *dependency_findings(parsed),
    ]


def _pipeline_name(name: str) -> list[Finding]:
    return list(conform(service_shape("PipelineName"), name, "PipelineName"))


def _depth_exceeds(document: Any, limit: int) -> bool:
    level = [document]
    for _ in range(limit):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def _duplicates(definition: Definition) -> Iterator[Finding]:
    counts = Counter(step.name for step in definition.walk())
    for step in definition.walk():
        if counts[step.name] > 1:
            yield Finding(
                step.path, f"{counts[step.name]} steps are called {step.name!r}; names must be unique"
            )


def _default(parameter: Parameter) -> Iterator[Finding]:
    path, value = f"Parameters({parameter.name[:64]})", parameter.default
    expected = _PARAMETER_TYPES.get(parameter.type)
    if parameter.enum and parameter.type != "String":
        yield Finding(f"{path}.EnumValues", f"only String parameters have them; this one is {parameter.type}")
    if value is None or expected is None:
        return
    if not isinstance(value, expected) or (isinstance(value, bool) and parameter.type != "Boolean"):
        yield Finding(f"{path}.DefaultValue", f"must be of type {parameter.type}; {shown(value)} is given")
    elif parameter.enum and value not in parameter.enum:
        yield Finding(
            f"{path}.DefaultValue", f"{shown(value)} is not one of {', '.join(map(repr, parameter.enum))}"
        )
    elif isinstance(value, str) and len(value) > 1024:
        yield Finding(f"{path}.DefaultValue", f"has {len(value)} characters; at most 1024 allowed")


def _experiment(definition: Definition, scope: Scope) -> Iterator[Finding]:
    for path, node in expressions(definition.experiment, "PipelineExperimentConfig"):
        yield from scope.check(node, path)[1]


def _step(step: Step, scope: Scope) -> Iterator[Finding]:
    path, step_type = f"{step.path}.Arguments", STEP_TYPES[step.type]
    absent = frozenset(filter(None, [step_type.generated]))
    yield from conform(arguments_shape(step.type), step.arguments, path, scope.fits, absent)
    for member, why in refusals(step_type.arguments, step.arguments):
        yield Finding(f"{path}.{member}", why)
    for name, value in step.options.items():
        yield from conform(option_shape(step.type, name), value, f"{step.path}.{name}", scope.fits)
    yield from _caching(step)
    yield from _retries(step)
    match step.type:
        case "Condition":
            conditions = step.arguments.get("Conditions")
            for index, condition in enumerate(conditions if isinstance(conditions, list) else []):
                yield from condition_findings(scope, condition, f"{path}.Conditions[{index}]")
        case "Callback" | "Lambda":
            yield from _inputs(step, scope)
            yield from _outputs(step)
        case "Processing":
            yield from _property_files(step)
        case "ClarifyCheck":
            yield from _clarify_check(step)
        case "QualityCheck":
            yield from _quality_check(step)


def _caching(step: Step) -> Iterator[Finding]:
    match step.options.get("CacheConfig"):
        case {"Enabled": True, "ExpireAfter": str(text)}:
            try:
                duration(text)
            except ValueError as error:
                yield Finding(f"{step.path}.CacheConfig.ExpireAfter", str(error))
        case {"Enabled": True, **rest} if rest.get("ExpireAfter") is None:
            yield Finding(f"{step.path}.CacheConfig", "needs ExpireAfter, such as P30D, when it is enabled")


def _retries(step: Step) -> Iterator[Finding]:
    policies = step.options.get("RetryPolicies")
    for index, policy in enumerate(policies if isinstance(policies, list) else []):
        if isinstance(policy, Mapping) and {"MaxAttempts", "ExpireAfterMin"} <= set(policy):
            path = f"{step.path}.RetryPolicies[{index}]"
            yield Finding(path, "has MaxAttempts and ExpireAfterMin; only one of them can be given")


def _inputs(step: Step, scope: Scope) -> Iterator[Finding]:
    for name, value in step.arguments.items():
        path = f"{step.path}.Arguments.{name[:64]}"
        if is_expression(value):
            yield from scope.check(value, path)[1]
        elif not isinstance(value, (str, int, float)):
            yield Finding(path, f"must be a single value, nothing nested; {shown(value)} is given")


def _outputs(step: Step) -> Iterator[Finding]:
    declared = step.options.get(OUTPUTS)
    names = (
        [item.get("OutputName") for item in declared if isinstance(item, Mapping)]
        if isinstance(declared, list)
        else []
    )
    for name, count in Counter(names).items():
        if count > 1:
            yield Finding(f"{step.path}.{OUTPUTS}", f"{name!r} is declared {count} times")


def _property_files(step: Step) -> Iterator[Finding]:
    outputs = _output_names(step.arguments)
    for name, file in step.property_files.items():
        if None not in outputs and file.output_name not in outputs:
            known = ", ".join(sorted(map(repr, outputs))) or "none"
            yield Finding(
                f"{step.path}.PropertyFiles",
                f"{name!r} is in output {file.output_name!r}; the step's outputs: {known}",
            )


def _output_names(arguments: Mapping[str, Any]) -> set[str | None]:
    """Return the literal names of a job's outputs, and None when there are others."""
    match arguments:
        case {"ProcessingOutputConfig": {"Outputs": list(outputs)}}:
            names = [output.get("OutputName") if isinstance(output, dict) else None for output in outputs]
            return {name if isinstance(name, str) else None for name in names}
    return set()


def _quality_check(step: Step) -> Iterator[Finding]:
    check_type = step.options.get("CheckType")
    if is_expression(check_type):
        yield Finding(f"{step.path}.CheckType", "needs a literal value; an expression is given")
    elif check_type in _QUALITY_CHECKS:
        yield from _analysis_type(step, check_type)


def _analysis_type(step: Step, check_type: str) -> Iterator[Finding]:
    """Yield a finding when the job would do the other analysis: the analyzer goes by its variable."""
    match step.arguments:
        case {"Environment": {"analysis_type": given}}:
            analysis = given
        case _:
            analysis = None
    if not is_expression(analysis) and (analysis or _DATA_QUALITY) != check_type:
        said = shown(analysis) if analysis else "not set"
        yield Finding(
            f"{step.path}.Arguments.Environment",
            f"analysis_type is {said}; a {check_type} check needs {check_type!r}",
        )


def _clarify_check(step: Step) -> Iterator[Finding]:
    check_type, model = step.options.get("CheckType"), step.options.get("ModelName")
    if is_expression(check_type):
        yield Finding(f"{step.path}.CheckType", "needs a literal value; an expression is given")
    elif check_type in _NEEDS_MODEL_NAME and not model:
        yield Finding(f"{step.path}.ModelName", f"{check_type} needs the name of the model to analyse")
    elif check_type == "DATA_BIAS" and model:
        yield Finding(f"{step.path}.ModelName", "DATA_BIAS looks at no model; remove it")
