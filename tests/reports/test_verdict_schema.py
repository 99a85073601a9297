"""The published schema of verdict.json says what the code writes and reads."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict_json import from_json, to_json
from sagemaker_monitor.reports.verdict_keys import ADDED, CHOICES, KEYS, TITLES
from sagemaker_monitor.reports.verdict_schema import schema
from tests.analysis.decision.cases import evidence, people, spec

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    """What checks a document against the published schema."""
    found = schema()
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """A verdict that has findings of every severity but waived."""
    rules = [
        {"match": "bias/DPL/*", "maximum": -1.0, "action": "fail"},
        {"match": "bias/DI/*", "minimum": 99.0, "action": "warn"},
        {"match": "bias/*", "tolerance": "calibrated", "action": "fail"},
    ]
    return to_json(conclude(spec(rules=rules), evidence(people(1, 300), people(2, 300))))


def test_every_key_is_explained() -> None:
    """No key of a class goes unexplained, and nothing is explained that is none."""
    written = {
        kind: {field.name for field in dataclasses.fields(kind)} | set(ADDED.get(kind, ())) for kind in TITLES
    }

    assert {kind: set(keys) for kind, keys in KEYS.items()} == written
    assert all(name in written[kind] for kind, name in CHOICES)


def test_what_the_code_writes_is_valid(
    validator: jsonschema.Draft202012Validator, document: dict[str, Any]
) -> None:
    """A compared, an established and a refused run are valid as JSON."""
    refused = json.loads(json.dumps(document))
    established = to_json(conclude(spec(), evidence(people(1, 300), None)))

    assert {each["severity"] for each in refused["findings"]} == {"refuse", "warn", "none"}
    for each in (refused, json.loads(json.dumps(established))):
        validator.validate(each)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 5),
        (("decision",), "maybe"),
        (("surprise",), 1),
        (("findings", 0, "surprise"), 1),
        (("findings", 0, "value"), "NaN"),
        (("findings", 0, "severity"), "fatal"),
        (("findings", 0, "worse"), "up"),
        (("findings", 0, "limit"), {"kind": "calibrated"}),
        (("findings", 0, "waiver"), {"match": "bias/*"}),
        (("batch", "rows"), True),
        (("batch", "overlap"), "Infinity"),
        (("checks",), {}),
        (("checks", 0, "mode"), None),
        (("waivers",), None),
        (("warnings",), None),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(
    validator: jsonschema.Draft202012Validator, document: dict[str, Any], path: Any, value: Any
) -> None:
    """A program that checks against the schema takes nothing that ours would not."""
    changed = json.loads(json.dumps(document))
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    assert not validator.is_valid(changed)
    with pytest.raises(DocumentError):
        from_json(changed)


def test_infinities_and_nulls_are_valid(
    validator: jsonschema.Draft202012Validator, document: dict[str, Any]
) -> None:
    """What Clarify writes for a division by zero, and what could not be computed."""
    for value in ("Infinity", "-Infinity", None, 0, 1.5):
        changed = json.loads(json.dumps(document))
        changed["findings"][0]["value"] = value

        validator.validate(changed)
        from_json(changed)
