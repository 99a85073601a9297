"""verdict.json is read strictly."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import Limit, from_json, to_json
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
        (("schema_version",), 2, "schema_version 2; this program reads 1"),
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


def test_limits_without_a_side_are_not_crossed_there() -> None:
    """None is no limit."""
    assert not Limit("maximum", None, 1.0).crossed_by(-math.inf)
    assert Limit("maximum", None, 1.0).crossed_by(1.1)
