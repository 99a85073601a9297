"""What a target is given of an event.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"<([\w.-]+)>")
_INDEX = re.compile(r"\[(\d+)\]")


class TransformError(Exception):
    """An event does not become what the target's template asks for."""


def input_of(target: Mapping[str, Any], rule: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Return what *target* of *rule* is given of *event*. Raises TransformError."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(event, target["InputPath"]))
    if "InputTransformer" not in target:
        return json.dumps(event)
    transformer = target["InputTransformer"]
    found = {name: _at(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    values = {name: value for name, value in found.items() if value is not None} | {
        "aws.events.rule-arn": rule["Arn"],
        "aws.events.rule-name": rule["Name"],
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": dict(event),
    }
    template = str(transformer["InputTemplate"])
    if template.lstrip().startswith("{"):
        return _filled_json(template, values)
    return _VARIABLE.sub(lambda match: _inline(values.get(match[1], "")), template)


def _filled_json(template: str, values: Mapping[str, Any]) -> str:
    """Return the JSON *template* with its variables: a value of its own is written as JSON, a part as it is.

    EventBridge escapes nothing inside of quotes, so a text with quotes of its own breaks the document there.
    """
    pieces, place, quoted = [], 0, False
    for match in _VARIABLE.finditer(template):
        between = template[place : match.start()]
        quoted ^= len(re.findall(r'(?<!\\)"', between)) % 2 == 1
        value = values.get(match[1], "")
        pieces += [between, _inline(value) if quoted else json.dumps(value)]
        place = match.end()
    try:
        document = json.loads("".join([*pieces, template[place:]]))
    except ValueError as error:
        raise TransformError(f"the template does not become JSON: {error}") from error
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value).replace('"', "") if isinstance(value, dict | list) else json.dumps(value)


def _at(event: Any, path: str) -> Any:
    """Return the value at a path such as $.detail.stepName; None where there is none."""
    found = event
    for part in path.removeprefix("$").strip(".").split("."):
        if not part:
            continue
        name = _INDEX.sub("", part)
        found = found.get(name) if isinstance(found, Mapping) else None
        for index in _INDEX.findall(part):
            found = found[int(index)] if isinstance(found, list) and int(index) < len(found) else None
    return found
