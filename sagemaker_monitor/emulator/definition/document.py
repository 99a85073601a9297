"""How a definition's JSON becomes frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker_monitor.emulator.definition.expressions import referenced_steps
from sagemaker_monitor.emulator.definition.findings import Finding, choices, shown
from sagemaker_monitor.emulator.definition.shapes import conform
from sagemaker_monitor.emulator.definition.step_types import DOCUMENT, OUTPUTS, STEP_TYPES, step_shape

COMPLETED, FAILED, STOPPED, ANY = "Completed", "Failed", "Stopped", "Any"

# The condition steps, and the branch of each, that a step's turn depends on; outermost first.
Guard = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; *default* is None when an execution must give the value."""

    name: str
    type: str
    default: Any = None
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dependency:
    """The step that must end before another starts, and how it must have ended."""

    step: str
    trigger: str = COMPLETED


@dataclass(frozen=True, slots=True)
class PropertyFile:
    """A JSON file in an output of a Processing step that Std:JsonGet can read."""

    output_name: str
    file_path: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step; *options* are the fields beside its Arguments, without those that are null."""

    name: str
    type: str
    arguments: Mapping[str, Any]
    path: str
    guard: Guard = ()
    depends_on: tuple[Dependency, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    property_files: Mapping[str, PropertyFile] = field(default_factory=dict)
    branches: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    display_name: str | None = None
    description: str | None = None

    @property
    def outputs(self) -> Mapping[str, str] | None:
        """Return the types of the outputs by name; None for types of steps that declare none."""
        if OUTPUTS not in STEP_TYPES[self.type].fields:
            return None
        declared = [item for item in _list(self.options.get(OUTPUTS)) if isinstance(item, Mapping)]
        return {str(item.get("OutputName")): str(item.get("OutputType")) for item in declared}

    @property
    def own_arguments(self) -> Mapping[str, Any]:
        """Return the arguments without a condition's branches."""
        return {key: value for key, value in self.arguments.items() if key not in BRANCHES}

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Return every dependency: DependsOn, and the steps that the expressions read from."""
        named = {dependency.step for dependency in self.depends_on}
        read = referenced_steps([self.own_arguments, self.options])
        return (*self.depends_on, *(Dependency(name) for name in sorted(read - named)))


@dataclass(frozen=True, slots=True)
class Definition:
    """A pipeline definition of version 2020-12-01."""

    parameters: Mapping[str, Parameter]
    steps: tuple[Step, ...]
    experiment: Mapping[str, Any] = field(default_factory=dict)

    def walk(self) -> Iterator[Step]:
        """Yield every step, those in branches after their condition step."""
        yield from _walk(self.steps)


BRANCHES = {"IfSteps": "True", "ElseSteps": "False"}


def parse(document: Any) -> tuple[Definition, tuple[Finding, ...]]:
    """Return what *document* says, and where its structure is wrong; misshapen parts are left out."""
    raw = _present(document)
    findings = list(conform(DOCUMENT, raw, "$"))
    if not isinstance(raw, Mapping):
        return Definition({}, ()), tuple(findings)
    parameters = tuple(_parameters(raw.get("Parameters", []), findings))
    steps = tuple(_steps(raw.get("Steps", []), "Steps", (), findings))
    experiment = raw.get("PipelineExperimentConfig")
    known = {parameter.name: parameter for parameter in parameters}
    return Definition(known, steps, experiment if isinstance(experiment, Mapping) else {}), tuple(findings)


def _walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        for branch in step.branches.values():
            yield from _walk(branch)


def _present(node: Any) -> Any:
    # The SDK writes options that were not set as null.
    if isinstance(node, Mapping):
        return {key: value for key, value in node.items() if value is not None}
    return node


def _parameters(raw: Any, findings: list[Finding]) -> Iterator[Parameter]:
    seen: set[str] = set()
    for index, item in enumerate(raw if isinstance(raw, list) else []):
        match item:
            case {"Name": str(name), "Type": str(kind)}:
                if name in seen:
                    findings.append(Finding(f"Parameters[{index}]", f"parameter {name!r} is declared twice"))
                seen.add(name)
                enum = item.get("EnumValues") or []
                yield Parameter(
                    name, kind, item.get("DefaultValue"), tuple(enum) if isinstance(enum, list) else ()
                )


def _steps(raw: Any, path: str, guard: Guard, findings: list[Finding]) -> Iterator[Step]:
    for index, item in enumerate(raw if isinstance(raw, list) else []):
        step = _step(_present(item), f"{path}[{index}]", guard, findings)
        if step is not None:
            yield step


def _step(raw: Any, path: str, guard: Guard, findings: list[Finding]) -> Step | None:
    match raw:
        case {"Name": str(name), "Type": str(kind)}:
            path = f"{path}({name[:64]})"
        case _:
            findings.append(Finding(path, f"a step needs a Name and a Type; {shown(raw)} is given"))
            return None
    if kind not in STEP_TYPES:
        message = (
            f"step {name[:64]!r} has type {kind[:64]!r}, which does not run here; {choices(kind, STEP_TYPES)}"
        )
        findings.append(Finding(f"{path}.Type", message))
        return Step(name, kind, {}, path, guard)
    dependencies = [{"Step": item} if isinstance(item, str) else item for item in _list(raw.get("DependsOn"))]
    fields = {**raw, "DependsOn": dependencies} if isinstance(raw.get("DependsOn"), list) else raw
    findings.extend(conform(step_shape(kind), fields, path))
    arguments = raw.get("Arguments")
    arguments = arguments if isinstance(arguments, Mapping) else {}
    return Step(
        name=name,
        type=kind,
        arguments=arguments,
        path=path,
        guard=guard,
        depends_on=tuple(_dependencies(dependencies)),
        options={key: value for key, value in raw.items() if key in STEP_TYPES[kind].fields},
        property_files=dict(_property_files(_list(raw.get("PropertyFiles")))),
        branches={
            outcome: tuple(
                _steps(arguments.get(key, []), f"{path}.Arguments.{key}", (*guard, (name, outcome)), findings)
            )
            for key, outcome in BRANCHES.items()
        }
        if kind == "Condition"
        else {},
        display_name=raw.get("DisplayName"),
        description=raw.get("Description"),
    )


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []


def _dependencies(raw: list[Any]) -> Iterator[Dependency]:
    for item in raw:
        match item:
            case {"Step": str(step)}:
                yield Dependency(step, str(item.get("Trigger", COMPLETED)))


def _property_files(raw: list[Any]) -> Iterator[tuple[str, PropertyFile]]:
    for item in raw:
        match item:
            case {"PropertyFileName": str(name), "OutputName": str(output), "FilePath": str(file_path)}:
                yield name, PropertyFile(output, file_path)
