"""The protocol of EventBridge Scheduler: which operation a request is, what it says, and how answers look."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.model import OperationModel

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.wire import ApiError

SERVICE = "scheduler"
MOST_BODY = 1 << 20


@dataclass(frozen=True)
class Asked:
    """An operation, and its request as the API describes it."""

    operation: str
    request: dict[str, Any]


def read(method: str, raw_path: str, query: str, body: bytes) -> Asked:
    """Return what a request asks for. Raises ApiError where it is none, or says what is not allowed."""
    model = wire.service_model(SERVICE)
    path = raw_path.partition("?")[0]
    for name in model.operation_names:
        operation = model.operation_model(name)
        found = _pattern(operation.http["requestUri"]).fullmatch(path)
        if found is not None and operation.http["method"] == method:
            request = _request(operation, found.groupdict(), query, body)
            assert operation.input_shape is not None, "every operation of this service is asked something"
            wire.check(operation.input_shape, request)
            return Asked(name, request)
    raise ApiError(
        "UnknownOperationException", f"EventBridge Scheduler has no operation {method} {path[:200]}"
    )


def render(operation: str, response: dict[str, Any]) -> bytes:
    """Return the JSON of an answer. Raises MalformedResponseError when the API does not allow it."""
    return wire.render(operation, response, SERVICE)


def render_error(error: ApiError) -> bytes:
    """Return the JSON of an error; its code goes into the header x-amzn-ErrorType."""
    return json.dumps({"Message": error.message}).encode()


def _pattern(uri: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", uri))


def _request(operation: OperationModel, in_path: dict[str, str], query: str, body: bytes) -> dict[str, Any]:
    """Return path, query and body as one request; what is given as null is not given."""
    shape: Any = operation.input_shape
    request = {
        name: value
        for name, value in (wire.read_json(body) if body else {}).items()
        if value is not None and not shape.members.get(name, shape).serialization.get("location")
    }
    asked = parse_qs(query, keep_blank_values=True)
    for name, member in shape.members.items():
        location, spelled = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "uri":
            request[name] = unquote(in_path[spelled])
        elif location == "querystring" and spelled in asked:
            values = asked[spelled]
            request[name] = values if member.type_name == "list" else _typed(member.type_name, values[0])
    return request


def _typed(kind: str, text: str) -> Any:
    return int(text) if kind == "integer" and text.isascii() and text.isdecimal() else text
