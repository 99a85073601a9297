"""A definition taken apart into steps, parameters and the rest, each a table from path to value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.analysis.decision.own_engine import CHECK_TYPE
from sagemaker_monitor.analysis.documents.custom import name_of

ASSET_URI = re.compile(r"(s3://[^/\s]+(?:/[^\s]*?)?)/assets/([0-9a-f]{64})/([^/\s]+)")
"""Where upsert puts a file: storage root, SHA-256 and name."""

ORDER = "[order]"
"""Ends the path of the names of a list's elements, whose order is compared apart from their content."""

OWN_CHECK = "Processing by an image of one's own"
"""Takes the place of a step's type where a processing step stands in for a check step."""

CUSTOM_CHECK = "monitors.custom."
"""Begins what takes the place of a step's type where a team's own monitor makes the check."""

_EXPRESSIONS = ("Get", "Std:Join", "Std:JsonGet")
_WHOLE = frozenset(
    {"Arguments.NetworkConfig", "Arguments.VpcConfig", "checks", "facets", "facet", "gate.rules"}
)
"""Paths whose value is compared as a whole: they are one thing to whoever configured them."""
_IDENTITY = ("Name", "InputName", "OutputName", "PropertyFileName", "step", "Step", "name_or_index", "name")


@dataclass(frozen=True)
class Unit:
    """A step, the parameters, a file or the rest of a pipeline: what it is and its values by path."""

    type: str
    """A step's type, a file's name, or `parameters`, `definition`, `pipeline`."""
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Anatomy:
    """A definition taken apart. A step inside a condition stands beside the others, with its place."""

    steps: Mapping[str, Unit]
    parameters: Unit
    rest: Unit

    def strings(self) -> Iterator[tuple[str, str]]:
        """Yield every text in it with the path of the value it is in."""
        for unit in (*self.steps.values(), self.parameters, self.rest):
            for path, value in unit.values.items():
                for text in _strings(value):
                    yield path, text

    @property
    def asset_uris(self) -> set[str]:
        """Every S3 URI in it that names a file as upsert stores them."""
        return {text for _, text in self.strings() if ASSET_URI.fullmatch(text)}

    @property
    def storage_root(self) -> str | None:
        """The storage root that most of its files lie under; None when it names none."""
        matches = [ASSET_URI.fullmatch(uri) for uri in sorted(self.asset_uris)]
        roots = Counter(match[1] for match in matches if match)
        return roots.most_common(1)[0][0] if roots else None

    @property
    def bundle_hashes(self) -> set[str]:
        """What it says of the bundle it is from: one hash, unless it was not made by one build."""
        found = set()
        for unit in self.steps.values():
            arguments = unit.values.get("Arguments.AppSpecification.ContainerArguments")
            if isinstance(arguments, list) and "--bundle" in arguments[:-1]:
                found.add(arguments[arguments.index("--bundle") + 1])
            found.add(unit.values.get("Arguments.CustomerMetadataProperties.BundleSha256"))
        return {value for value in found if isinstance(value, str)}

    @property
    def bundle(self) -> str | None:
        """The hash of the bundle it is from; None when it names none, or more than one."""
        hashes = self.bundle_hashes
        return next(iter(hashes)) if len(hashes) == 1 else None


def take_apart(definition: Any) -> Anatomy:
    """Return the anatomy of a definition, which may be anything that JSON can say."""
    document = definition if isinstance(definition, dict) else {"": definition}
    steps: dict[str, Unit] = {}
    orders: dict[str, Any] = {}
    if "Steps" in document:
        _walk(document["Steps"], "", steps, orders)
    rest = {key: value for key, value in document.items() if key not in ("Steps", "Parameters")}
    return Anatomy(
        steps,
        Unit("parameters", _parameters(document["Parameters"]) if "Parameters" in document else {}),
        Unit("definition", {**dict(flatten(rest)), **orders}),
    )


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a JSON document with their paths; expressions and plain lists are one value."""
    if path in _WHOLE or _is_expression(value):
        yield path, value
    elif isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flatten(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
        yield from _elements(value, path)
    else:
        yield path, value


def _elements(elements: list[dict[str, Any]], path: str) -> Iterator[tuple[str, Any]]:
    if any(_is_expression(element) for element in elements):
        yield path, elements
        return
    identity = next((key for key in _IDENTITY if _names_all(elements, key)), None)
    if identity is None:
        for place, element in enumerate(elements):
            yield from flatten(element, f"{path}[{place}]")
        return
    for element in elements:
        inner = {key: value for key, value in element.items() if key != identity}
        yield from flatten(inner, f"{path}[{element[identity]}]")
    if len(elements) > 1:
        yield path + ORDER, [element[identity] for element in elements]


def _names_all(elements: list[dict[str, Any]], key: str) -> bool:
    names = [element.get(key) for element in elements]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _is_expression(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _EXPRESSIONS


def _walk(steps: Any, place: str, found: dict[str, Unit], orders: dict[str, Any]) -> None:
    """Add the steps of one list to *found*, and the order of their names to *orders*."""
    if not isinstance(steps, list):
        orders[f"Steps{place}"] = steps
        return
    names = []
    for number, step in enumerate(steps):
        if not isinstance(step, dict):
            orders[f"Steps{place}[{number}]"] = step
            continue
        name = _unused(str(step.get("Name", f"unnamed step {number}")), found)
        names.append(name)
        body = {key: value for key, value in step.items() if key != "Name"}
        branches = _take_branches(body)
        found[name] = Unit(
            _type(step),
            {**dict(flatten(body)), "place": place.removeprefix(" of ") or "top level"},
        )
        for branch, inner in branches.items():
            _walk(inner, f" of {name}.{branch}", found, orders)
    orders[f"Steps{place}{ORDER}"] = names


def _type(step: dict[str, Any]) -> str:
    """Return the type of a step; of a check by an image of one's own OWN_CHECK, or its monitor's key."""
    arguments = step.get("Arguments")
    environment = arguments.get("Environment") if isinstance(arguments, dict) else None
    own = step.get("Type") == "Processing" and isinstance(environment, dict) and CHECK_TYPE in environment
    if not own or not isinstance(environment, dict):
        return str(step.get("Type", ""))
    name = name_of(str(environment[CHECK_TYPE]))
    return OWN_CHECK if name is None else f"{CUSTOM_CHECK}{name}"


def _take_branches(body: dict[str, Any]) -> dict[str, Any]:
    arguments = body.get("Arguments")
    if body.get("Type") != "Condition" or not isinstance(arguments, dict):
        return {}
    branches = {key: arguments[key] for key in ("IfSteps", "ElseSteps") if key in arguments}
    body["Arguments"] = {key: value for key, value in arguments.items() if key not in branches}
    return branches


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    number, unused = 2, name
    while unused in taken:
        unused, number = f"{name} ({number})", number + 1
    return unused


def _parameters(parameters: Any) -> dict[str, Any]:
    if parameters == []:
        return {ORDER: []}
    found: dict[str, Any] = {}
    for path, value in flatten(parameters):
        # `[Name].DefaultValue` reads better as `Name.DefaultValue`; the order keeps its own mark.
        inner = re.fullmatch(r"\[([^\[\]]+)\](.*)", path)
        found[inner[1] + inner[2] if inner and path != ORDER else path or "(all)"] = value
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
