"""Which expressions a definition may contain, and what they point at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
KINDS = frozenset({GET, JOIN, JSON_GET})
EXECUTION_VARIABLES = frozenset(
    {
        "PipelineExecutionArn",
        "PipelineExecutionId",
        "PipelineName",
        "PipelineArn",
        "StartDateTime",
        "CurrentDateTime",
    }
)

_TOKEN = re.compile(
    r"\.?(?P<name>[A-Za-z_][\w-]*)|\[(?P<index>\d+)\]|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]"
)
_REFERENCE = re.compile(
    r"(?P<kind>Parameters|Steps|Execution)\.(?P<name>[A-Za-z0-9_-]+)(?P<path>.*)", re.DOTALL
)

Path = tuple[str | int, ...]


class ExpressionError(ValueError):
    """An expression is not written as SageMaker's definitions write it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The target of a Get: a parameter, an execution variable, or a property of a step."""

    kind: Literal["Parameters", "Steps", "Execution"]
    name: str
    path: Path
    text: str

    @property
    def property_file(self) -> str | None:
        """Return the property file's name, when it is one that is meant."""
        match self.path:
            case ("PropertyFiles", str(name)):
                return name
        return None


def is_expression(node: Any) -> bool:
    """Return whether *node* is a Get, a Std:Join or a Std:JsonGet."""
    return isinstance(node, Mapping) and len(node) == 1 and next(iter(node)) in KINDS


def parse_path(text: str) -> Path:
    """Return the steps of ``a.b[0]['c']``; a leading ``$`` is the document itself."""
    rest = text.removeprefix("$")
    path: list[str | int] = []
    position = 0
    while position < len(rest):
        token = _TOKEN.match(rest, position)
        if token is None:
            raise ExpressionError(f"{text[:120]!r} is no path; write it like a.b[0]['c']")
        if token["index"] is not None:
            path.append(int(token["index"]))
        else:
            path.append(token["name"] if token["name"] is not None else token["key"])
        position = token.end()
    return tuple(path)


def parse_reference(text: Any) -> Reference:
    """Return what the text of a Get points at."""
    found = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ExpressionError(
            f"{str(text)[:120]!r} is no reference; "
            "write Parameters.<name>, Steps.<step>.<property> or Execution.<variable>"
        )
    kind, path = found["kind"], parse_path(found["path"])
    if path and kind != "Steps":
        raise ExpressionError(f"{text[:120]!r}: {kind}.{found['name']} has no properties")
    return Reference(kind, found["name"], path, text)  # type: ignore[arg-type]


def expressions(node: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every outermost expression below *node* with its path in the JSON."""
    if is_expression(node):
        yield path, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from expressions(value, f"{path}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from expressions(value, f"{path}[{index}]")


def referenced_steps(node: Any) -> frozenset[str]:
    """Return the names of the steps that the expressions below *node* read from."""
    return frozenset(_referenced(node))


def _referenced(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if len(node) == 1 and isinstance(node.get(GET), str):
            found = _REFERENCE.fullmatch(node[GET])
            if found is not None and found["kind"] == "Steps":
                yield found["name"]
        for value in node.values():
            yield from _referenced(value)
    elif isinstance(node, list):
        for value in node:
            yield from _referenced(value)
