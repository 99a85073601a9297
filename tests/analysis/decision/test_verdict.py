"""verdict.json is read strictly."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import Attribution, Limit
from sagemaker_monitor.analysis.documents.verdict_json import from_json, to_json
from tests.analysis.decision.cases import evidence, people, spec


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """A verdict as JSON."""
    from sagemaker_monitor.analysis.decision.conclude import conclude

    rules = [{"match": "bias/DPL/*", "maximum": 0.5, "action": "fail"}]
    return to_json(conclude(spec(rules=rules), evidence(people(1, 300), people(2, 300))))


def edited(document: dict[str, Any], *path: Any, value: Any) -> dict[str, Any]:
    """Return the document with another value at *path*."""
    changed: Any = copy.deepcopy(document)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed  # type: ignore[no-any-return]


def test_infinities_are_written_as_clarify_writes_them(document: dict[str, Any]) -> None:
    """Infinity is a text in JSON, and a number again when read."""
    changed = edited(document, "findings", 0, "value", value="-Infinity")

    assert from_json(changed).findings[0].value == -math.inf
    assert to_json(from_json(changed)) == changed


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("schema_version",), 3, "schema_version 3; this program reads 1 and 2"),
        (("findings", 0, "worse"), "up", "must be one of lower, higher"),
        (("attributions",), [{"feature": "income", "value": "x"}], "must be a number"),
        (("decision",), "maybe", "must be one of pass"),
        (("gate",), "closed", "gate is closed, but its decision is pass"),
        (("surprise",), 1, "unknown keys: surprise"),
        (("findings", 0, "value"), math.nan, "is NaN"),
        (("findings", 0, "value"), "NaN", "must be a number, Infinity or null"),
        (("findings", 0, "crossed"), 1, "must be true or false"),
        (("findings", 0, "limit"), {"kind": "calibrated"}, "has no 'low'"),
        (("batch", "rows"), True, "must be an integer"),
        (("batch", "overlap"), math.inf, "finite number"),
        (("checks",), {}, "must be a list"),
        (("checks", 0), None, "must be an object"),
    ],
)
def test_what_is_no_verdict_is_refused(document: dict[str, Any], path: Any, value: Any, text: str) -> None:
    """Anything unexpected is an error that says where: a gate must not misread its evidence."""
    with pytest.raises(DocumentError, match=text):
        from_json(edited(document, *path, value=value))


def test_attributions_survive_json(document: dict[str, Any]) -> None:
    """What is written is what is read; a first version has no baseline to be told."""
    found = [{"feature": "income", "value": 0.2, "baseline": None}]
    changed = edited(document, "attributions", value=found)

    assert from_json(changed).attributions == (Attribution("income", 0.2, None),)
    assert to_json(from_json(changed)) == changed


def without(document: dict[str, Any], missing: str) -> dict[str, Any]:
    """Return the object without one key."""
    return {key: value for key, value in document.items() if key != missing}


def earlier(document: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict as version 1 has it: findings without a direction, no attributions."""
    findings = [
        {key: value for key, value in each.items() if key != "worse"} for each in document["findings"]
    ]
    kept = {key: value for key, value in document.items() if key != "attributions"}
    return {**kept, "schema_version": 1, "findings": findings}


def test_verdicts_of_version_1_are_read(document: dict[str, Any]) -> None:
    """A gate must be able to read the evidence of versions that were registered before."""
    assert from_json(earlier(document)) == from_json(document)


@pytest.mark.parametrize("missing", ["attributions", "worse"])
def test_version_2_has_all_its_keys(document: dict[str, Any], missing: str) -> None:
    """A verdict that lacks a key of its version has been cut."""
    cut = without(document, missing)
    if missing == "worse":
        cut = edited(document, "findings", 0, value=without(document["findings"][0], missing))

    with pytest.raises(DocumentError, match=f"has no '{missing}'"):
        from_json(cut)


def test_limits_without_a_side_are_not_crossed_there() -> None:
    """None is no limit."""
    assert not Limit("maximum", None, 1.0).crossed_by(-math.inf)
    assert Limit("maximum", None, 1.0).crossed_by(1.1)
