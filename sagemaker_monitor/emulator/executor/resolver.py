"""What expressions are worth while a pipeline executes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sagemaker_monitor.emulator.definition import ExpressionError, Step, parse_path, parse_reference
from sagemaker_monitor.emulator.definition.expressions import Path
from sagemaker_monitor.emulator.executor.failure import StepFailed
from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.s3.keys import S3Error

# How elements of lists are called, where a list can be read by name: Outputs['verdict'].
_ELEMENT_NAMES = ("OutputName", "InputName", "Name", "Key")


@dataclass(frozen=True, slots=True)
class Values:
    """What expressions can read: parameters, execution variables, properties of steps that succeeded."""

    parameters: Mapping[str, Any]
    execution: Mapping[str, str]
    steps: Mapping[str, Step]
    s3: S3Directory
    properties: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def resolve(self, node: Any) -> Any:
        """Replace every expression below *node* by its value. Raises StepFailed when there is none."""
        match node:
            case {"Get": text, **rest} if not rest:
                return self._get(text)
            case {"Std:Join": {"On": str(on), "Values": list(parts)}}:
                return on.join(as_text(self.resolve(part)) for part in parts)
            case {"Std:JsonGet": {"Path": str(path), **source}}:
                return self._json_get(source, path)  # type: ignore[arg-type]
            case Mapping():
                return {key: self.resolve(value) for key, value in node.items() if value is not None}
            case list():
                return [self.resolve(value) for value in node]
            case _:
                return node

    def _get(self, text: str) -> Any:
        reference = parse_reference(text)
        match reference.kind:
            case "Parameters":
                return self.parameters[reference.name]
            case "Execution" if reference.name == "CurrentDateTime":
                return iso_time(time.time())
            case "Execution":
                return self.execution[reference.name]
        if reference.name not in self.properties:
            raise StepFailed(f"ClientError: {text} cannot be read: step {reference.name!r} did not succeed")
        return _follow(self.properties[reference.name], reference.path, text)

    def _json_get(self, source: Mapping[str, Any], path: str) -> Any:
        match source:
            case {"PropertyFile": {"Get": text}}:
                uri = self._property_file_uri(text)
            case {"S3Uri": node}:
                uri = as_text(self.resolve(node))
            case _:
                raise ExpressionError("Std:JsonGet needs a PropertyFile or an S3Uri")
        try:
            document = json.loads(self.s3.read_bytes(uri))
        except S3Error as error:
            raise StepFailed(f"ClientError: the property file {uri} cannot be read: {error}") from error
        except ValueError as error:
            raise StepFailed(f"ClientError: the property file {uri} is not JSON: {error}") from error
        value = _follow(document, parse_path(path), f"{path} in {uri}")
        if isinstance(value, (dict, list)) or value is None:
            raise StepFailed(f"ClientError: {path} in {uri} is {_kind(value)}, not a single value")
        return value

    def _property_file_uri(self, text: str) -> str:
        reference = parse_reference(text)
        file = self.steps[reference.name].property_files[reference.property_file or ""]
        output = f"Steps.{reference.name}.ProcessingOutputConfig.Outputs['{file.output_name}'].S3Output.S3Uri"
        return f"{str(self._get(output)).rstrip('/')}/{file.file_path}"


def as_text(value: Any) -> str:
    """Return *value* as Std:Join writes it."""
    match value:
        case bool():
            # Unverified on AWS: the case in which a Boolean is joined.
            return "true" if value else "false"
        case dict() | list() | None:
            raise StepFailed(f"ClientError: {_kind(value)} cannot be joined into text")
    return str(value)


def iso_time(seconds: float) -> str:
    """Return a time as the execution variables have it: ISO 8601, UTC, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _follow(node: Any, path: Path, text: str) -> Any:
    for part in path:
        match node, part:
            case list(), int() if part < len(node):
                node = node[part]
            case list(), str():
                named = [item for item in node if isinstance(item, Mapping) and part in _names(item)]
                if not named:
                    raise StepFailed(f"ClientError: {text}: there is nothing called {part!r}")
                node = named[0]
            case Mapping(), str() if part in node:
                node = node[part]
            case _:
                raise StepFailed(f"ClientError: {text}: there is no {part!r} in {_kind(node)}")
    return node


def _names(item: Mapping[str, Any]) -> list[Any]:
    return [item[name] for name in _ELEMENT_NAMES if name in item]


def _kind(value: Any) -> str:
    match value:
        case Mapping():
            return f"an object with {', '.join(sorted(map(str, value))[:8]) or 'nothing'}"
        case list():
            return f"a list of {len(value)}"
        case None:
            return "null"
    return "a single value"
