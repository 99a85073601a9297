"""Whether expressions are well written, point at something that exists, and give the type that is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemaker_monitor.emulator.definition.document import Definition, Step
from sagemaker_monitor.emulator.definition.expressions import (
    EXECUTION_VARIABLES,
    GET,
    JOIN,
    ExpressionError,
    Path,
    Reference,
    is_expression,
    parse_path,
    parse_reference,
)
from sagemaker_monitor.emulator.definition.findings import Finding, choices, shown
from sagemaker_monitor.emulator.definition.step_types import STEP_TYPES, outputs_shape, properties_shape

# What a parameter declares, or a botocore shape holds; None: not known before it runs.
ValueType = str | None
_OF_SHAPE = {
    "string": "String",
    "integer": "Integer",
    "long": "Integer",
    "float": "Float",
    "double": "Float",
    "boolean": "Boolean",
    "timestamp": "String",
}
_ACCEPTED = {
    "String": {"String"},
    "Integer": {"Integer"},
    "Float": {"Float", "Integer"},
    "Boolean": {"Boolean"},
}
_CONDITION_HINT = "Steps.<step>.PropertyFiles.<file> can only be read with Std:JsonGet"


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions can see."""

    definition: Definition
    steps: Mapping[str, Step]

    @classmethod
    def of(cls, definition: Definition) -> Scope:
        """Return the scope of every expression of *definition*."""
        return cls(definition, {step.name: step for step in definition.walk()})

    def check(self, node: Mapping[str, Any], path: str) -> tuple[ValueType, list[Finding]]:
        """Return the type that the expression *node* gives, and what is wrong with it."""
        kind, body = next(iter(node.items()))
        try:
            if kind == GET:
                return self._reference(parse_reference(body), path)
            return self._join(body, path) if kind == JOIN else self._json_get(body, path)
        except ExpressionError as error:
            return None, [Finding(path, str(error))]

    def fits(self, shape: Shape, node: Mapping[str, Any], path: str) -> Iterator[Finding]:
        """Yield what is wrong with the expression *node* where a value of *shape* is needed."""
        given, findings = self.check(node, path)
        yield from findings
        needed = _OF_SHAPE.get(shape.type_name)
        if needed is None and not findings:
            yield Finding(path, f"needs a literal {shape.type_name}; an expression is given")
        elif needed and given and given not in _ACCEPTED[needed]:
            hint = "; wrap it in Std:Join to make it one" if needed == "String" else ""
            yield Finding(path, f"needs a value of type {needed}; {_text(node)} is of type {given}{hint}")

    def _reference(self, reference: Reference, path: str) -> tuple[ValueType, list[Finding]]:
        name = reference.name
        match reference.kind:
            case "Parameters":
                parameter = self.definition.parameters.get(name)
                if parameter is not None:
                    return parameter.type, []
                declared = choices(name, self.definition.parameters)
                return None, [Finding(path, f"parameter {name!r} is not declared; {declared}")]
            case "Execution":
                if name in EXECUTION_VARIABLES:
                    return "String", []
                return None, [
                    Finding(path, f"no execution variable {name!r}; {choices(name, EXECUTION_VARIABLES)}")
                ]
        step = self.steps.get(name)
        if step is None:
            return None, [Finding(path, f"there is no step {name!r}; {choices(name, self.steps)}")]
        if reference.property_file is not None:
            return None, [Finding(path, _CONDITION_HINT)]
        return _property(step, reference.path, path)

    def _join(self, body: Any, path: str) -> tuple[ValueType, list[Finding]]:
        match body:
            case {"On": str(), "Values": list(values), **rest} if not rest:
                findings: list[Finding] = []
                for index, value in enumerate(values):
                    where = f"{path}.Values[{index}]"
                    if is_expression(value):
                        findings.extend(self.check(value, where)[1])
                    elif not isinstance(value, (str, int, float)):
                        findings.append(Finding(where, f"only values can be joined; {shown(value)} is given"))
                return "String", findings
        raise ExpressionError('Std:Join needs {"On": "<text>", "Values": [<values>]}')

    def _json_get(self, body: Any, path: str) -> tuple[ValueType, list[Finding]]:
        match body:
            case {"PropertyFile": {"Get": file}, "Path": str(json_path), **rest} if not rest:
                parse_path(json_path)
                return None, self._property_file(parse_reference(file), path)
            case {"S3Uri": uri, "Path": str(json_path), **rest} if not rest:
                parse_path(json_path)
                return None, self.check(uri, f"{path}.S3Uri")[1] if is_expression(uri) else []
        raise ExpressionError(
            'Std:JsonGet needs {"PropertyFile": {"Get": "Steps.<step>.PropertyFiles.<file>"}, "Path": "a.b"}'
        )

    def _property_file(self, reference: Reference, path: str) -> list[Finding]:
        step, name = self.steps.get(reference.name), reference.property_file
        if reference.kind != "Steps" or name is None:
            return [Finding(path, f"{reference.text!r} is no property file; {_CONDITION_HINT}")]
        if step is None:
            return [
                Finding(path, f"there is no step {reference.name!r}; {choices(reference.name, self.steps)}")
            ]
        if step.type != "Processing":
            return [
                Finding(
                    path,
                    f"step {step.name!r} is of type {step.type}; only Processing steps have property files",
                )
            ]
        if name not in step.property_files:
            return [
                Finding(
                    path,
                    f"step {step.name!r} has no property file {name!r}; {choices(name, step.property_files)}",
                )
            ]
        return []


def _property(step: Step, path: Path, where: str) -> tuple[ValueType, list[Finding]]:
    if step.type not in STEP_TYPES:
        return None, []
    outputs = step.outputs
    shape = properties_shape(step.type) if outputs is None else outputs_shape(outputs)
    if shape is None:
        return None, [Finding(where, f"a step of type {step.type} has no properties; {step.name!r} is one")]
    if not path:
        return None, [Finding(where, f"Steps.{step.name} needs a property: {choices('', _members(shape))}")]
    for depth, part in enumerate(path):
        inner = _inner(shape, part)
        if inner is None:
            text = ".".join(["Steps", step.name, *map(str, path[: depth + 1])])
            return None, [Finding(where, f"{text}: no such property; {choices(str(part), _members(shape))}")]
        shape = inner
    return _OF_SHAPE.get(shape.type_name, shape.type_name), []


def _inner(shape: Shape, part: str | int) -> Shape | None:
    """Return the shape of *part* within *shape*; lists can also be read by an element's name."""
    if isinstance(shape, StructureShape):
        member: Shape | None = shape.members.get(str(part))
        return member
    if isinstance(shape, ListShape):
        return shape.member
    if isinstance(shape, MapShape) and isinstance(part, str):
        return shape.value
    return None


def _members(shape: Shape) -> list[str]:
    return list(shape.members) if isinstance(shape, StructureShape) else []


def _text(node: Mapping[str, Any]) -> str:
    kind, body = next(iter(node.items()))
    return shown(body) if kind == GET else kind
