"""The SageMaker JSON protocol: what a request may say, and how answers and errors look."""

from __future__ import annotations

import base64
import functools
import json
import re
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import botocore.session
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

_SHOWN = 10
_VALUE_LENGTH = 200
_REPEATED_END = re.compile(r"\$\{\d+,\d+\}$")
_MODEL_LOCK = threading.Lock()


class ApiError(Exception):
    """What an operation answers instead of a result: AWS's code and text."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        """Keep the three parts of the answer."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class MalformedResponseError(Exception):
    """An answer of ours that the service's model does not allow."""


@functools.cache
def _load_model(service: str) -> ServiceModel:
    session = botocore.session.Session()
    # A client changes what its loader has read: S3's operations lose the bucket in their paths.
    session.register_component("data_loader", Loader())
    return session.get_service_model(service)


def service_model(service: str = "sagemaker") -> ServiceModel:
    """Return botocore's model of a service, read once per process."""
    with _MODEL_LOCK:
        return _load_model(service)


def operation_model(operation: str, service: str = "sagemaker") -> OperationModel | None:
    """Return the model of an operation, or None when the service has none of that name."""
    model = service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None


def parse(operation: str, body: bytes) -> dict[str, Any]:
    """Return the request in *body*. Raises ApiError: SerializationException or ValidationException."""
    request = read_json(body)
    model = operation_model(operation)
    if model is None or model.input_shape is None:
        return request
    check(model.input_shape, request)
    given: dict[str, Any] = _given(model.input_shape, request, "")
    return given


def read_json(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*. Raises ApiError SerializationException.

    NaN and infinities are no JSON, and what is no Unicode could be neither stored nor answered.
    """
    try:
        request = json.loads(body or b"{}", parse_constant=_no_number)
        json.dumps(request, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ApiError("SerializationException", "the request's body is not JSON") from error
    if not isinstance(request, dict):
        raise ApiError("SerializationException", "the request's body is not a JSON object")
    return request


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


class Members(dict[str, Any]):
    """The members of a structure that a request has; to read one that it needs and has not is its error."""

    path = ""

    def __missing__(self, name: str) -> Any:
        """Refuse the request in AWS's words: its model leaves open what an operation cannot do without."""
        where = _join(self.path, name)
        text = f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
        raise ApiError("ValidationException", f"1 validation error detected: {text}")


def _given(shape: Any, value: Any, path: str) -> Any:
    """Return a value that *shape* allows, without the members that are null: those are not given."""
    if shape.type_name == "structure":
        found = Members()
        found.path = path
        for name, member in value.items():
            if member is not None:
                found[name] = _given(shape.members[name], member, _join(path, name))
        return found
    if shape.type_name == "list":
        return [
            _given(shape.member, each, f"{path}.{number}.member")
            for number, each in enumerate(value, start=1)
        ]
    if shape.type_name == "map":
        return {key: _given(shape.value, each, f"{path}.{key}.member") for key, each in value.items()}
    return value


def check(shape: Shape, value: Any) -> None:
    """Raise ApiError ValidationException, in AWS's words, unless *value* is what *shape* allows."""
    found = [problem for _, problem in zip(range(100), problems(shape, value), strict=False)]
    if found:
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        noun = "error" if len(found) == 1 else "errors"
        text = "; ".join(found[:_SHOWN]) + more
        raise ApiError("ValidationException", f"{len(found)} validation {noun} detected: {text}")


def render(operation: str, response: Mapping[str, Any], service: str = "sagemaker") -> bytes:
    """Return the JSON of a response. Raises MalformedResponseError when the model does not allow it.

    None is an absent member; members whose name starts with an underscore are the store's own and left out.
    """
    plain = _plain(response)
    model = operation_model(operation, service)
    shape = None if model is None else model.output_shape
    if shape is not None:
        found = list(problems(shape, plain))
        if found:
            raise MalformedResponseError(f"{operation}: {'; '.join(found[:_SHOWN])}")
    elif plain:
        raise MalformedResponseError(f"{operation} answers nothing, not {', '.join(plain)}")
    return json.dumps(plain, separators=(",", ":")).encode()


def render_error(error: ApiError) -> bytes:
    """Return the JSON of an error."""
    return json.dumps({"__type": error.code, "message": error.message}).encode()


def problems(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Yield, in AWS's words, everything about *value* that *shape* does not allow."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure_problems(shape, value, path)
    elif kind == "list":
        yield from _list_problems(shape, value, path)
    elif kind == "map":
        yield from _map_problems(shape, value, path)
    elif not _is_of_type(kind, value):
        yield f"Value of type {type(value).__name__} at '{path}' is not of type {kind}"
    else:
        yield from _scalar_problems(shape, value, path)


def _structure_problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"Value of type {type(value).__name__} at '{path}' is not of type structure"
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in value.items():
        if name not in shape.members:
            yield f"Unknown member at '{_join(path, str(name)[:_VALUE_LENGTH])}'"
        elif member is not None:
            yield from problems(shape.members[name], member, _join(path, name))
    if shape.is_tagged_union and len(value) != 1:
        yield f"Value at '{path}' must set exactly one of {', '.join(shape.members)}"


def _list_problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"Value of type {type(value).__name__} at '{path}' is not of type list"
        return
    yield from _range_problems(shape, len(value), "[…]", path, "length")
    for number, member in enumerate(value, start=1):
        yield from problems(shape.member, member, f"{path}.{number}.member")


def _map_problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"Value of type {type(value).__name__} at '{path}' is not of type map"
        return
    yield from _range_problems(shape, len(value), "{…}", path, "length")
    for key, member in value.items():
        yield from problems(shape.key, key, f"{path}.key")
        yield from problems(shape.value, member, f"{path}.{str(key)[:_VALUE_LENGTH]}.member")


def _scalar_problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "string":
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            wanted = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
            yield _violation(value, path, wanted)
        length = list(_range_problems(shape, len(value), value, path, "length"))
        yield from length
        pattern = shape.metadata.get("pattern")
        if pattern and not length and not _matches(pattern, value):
            yield _violation(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _range_problems(shape, value, value, path, "value")


def _range_problems(shape: Shape, size: float, value: Any, path: str, what: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield _violation(value, path, f"Member must have {what} greater than or equal to {low}")
    if high is not None and size > high:
        yield _violation(value, path, f"Member must have {what} less than or equal to {high}")


def _violation(value: Any, path: str, wanted: str) -> str:
    shown = str(value)
    if len(shown) > _VALUE_LENGTH:
        shown = shown[:_VALUE_LENGTH] + "…"
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: {wanted}"


def _is_of_type(kind: str, value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "string" | "character":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer" | "long":
            return number and value == int(value) if not isinstance(value, float) else value.is_integer()
        case "float" | "double" | "timestamp":
            return number
        case "blob":
            return isinstance(value, str) and _is_base64(value)
        case _:
            return True


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except ValueError:
        return False
    return True


def _matches(pattern: str, value: str) -> bool:
    compiled = _compile(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@functools.lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str] | None:
    # The patterns are Java's: classes of characters are translated as far as Python has them.
    for java, python in (("\\p{L}", r"\w"), ("\\p{N}", r"\w"), ("\\p{Z}", " \xa0\u2000-\u200a\u3000")):
        pattern = pattern.replace(java, python)
    try:
        return re.compile(_REPEATED_END.sub("", pattern))
    except re.error:
        return None


def _join(path: str, name: str) -> str:
    # AWS's texts spell members in lower camel case.
    spelled = name[:1].lower() + name[1:]
    return f"{path}.{spelled}" if path else spelled


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _plain(member)
            for key, member in value.items()
            if member is not None and not (isinstance(key, str) and key.startswith("_"))
        }
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value
