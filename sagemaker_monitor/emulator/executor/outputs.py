"""The outputs that Callback and Lambda steps declare: texts on the record, typed values for later steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.definition.findings import choices, shown
from sagemaker_monitor.emulator.executor.parameters import read_value

LONGEST = 1024
"""Characters of one output, as the service's model has it."""


class OutputError(ValueError):
    """Outputs are not those that the step declares; the text names all of them."""


def declared(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the types of a step's outputs by name."""
    return {item["OutputName"]: item["OutputType"] for item in options.get("OutputParameters") or []}


def typed(types: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the value of each text by its declared type. Raises OutputError."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, text in texts.items():
        if name not in types:
            problems.append(f"output {name[:64]!r} is not declared by the step; {choices(name, types)}")
            continue
        try:
            values[name] = read_value(types[name], text)
        except (ValueError, KeyError):
            problems.append(f"output {name!r} is of type {types[name]}; {shown(text)} is given")
    if problems:
        raise OutputError("; ".join(problems[:10]))
    return values


def texts_of(types: Mapping[str, str], returned: Any) -> dict[str, str]:
    """Return the declared outputs in what a function returned, as texts. Raises OutputError.

    What is nested counts as one text, as AWS documents it; other keys are the function's own.
    """
    if not types:
        return {}
    if not isinstance(returned, Mapping):
        raise OutputError(f"it returned {shown(returned)}, no dictionary with {', '.join(types)}")
    missing = [name for name in types if returned.get(name) is None]
    if missing:
        there = choices(missing[0], returned) if returned else "it returned nothing"
        raise OutputError(f"it returned no {', '.join(map(repr, missing))}; {there}")
    texts = {name: _text(returned[name]) for name in types}
    for name, text in texts.items():
        if len(text) > LONGEST:
            raise OutputError(f"output {name!r} has {len(text)} characters; at most {LONGEST} allowed")
    return texts


def shown_outputs(texts: Mapping[str, str]) -> list[dict[str, str]]:
    """Return outputs as a step's metadata shows them."""
    return [{"Name": name, "Value": text} for name, text in texts.items()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
