"""verdict.json is read strictly."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import Attribution, ConfiguredWaiver, Limit, Waiver
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
        (
            ("schema_version",),
            5,
            "5; this program reads 1 to 4: use the release that wrote it",
        ),
        (("findings", 0, "severity"), "fatal", "must be one of refuse, warn, waived, none"),
        (("findings", 0, "severity"), "refuse", "severity is refuse, but the rest of it means none"),
        (("findings", 0, "waiver"), {"match": "bias/*"}, "has no 'reason'"),
        (("checks", 0, "mode"), "skip", "must be one of bootstrap, check, refresh, accept"),
        (("warnings",), 3, "counts 3 warnings, but 0 of its findings warn"),
        (("waivers",), [{"match": "bias/*"}], "has no 'reason'"),
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


SECOND = {"findings": ("worse",), "": ("attributions",)}
THIRD = {
    "findings": ("waiver", "evidence_uri", "severity"),
    "checks": ("mode", "accept_reason"),
    "": ("waivers", "warnings", "maximum_warnings", "findings_left_out", "not_checked_left_out"),
}
FOURTH = {"": ("needed", "power")}
"""The keys that a version brought, by the list whose objects have them."""


def before(document: dict[str, Any], version: int) -> dict[str, Any]:
    """Return the verdict as an earlier *version* has it."""
    changed = {**copy.deepcopy(document), "schema_version": version}
    for brought in (FOURTH, THIRD, SECOND)[: 4 - version]:
        for place, keys in brought.items():
            for each in changed[place] if place else [changed]:
                for key in keys:
                    del each[key]
    return changed


@pytest.mark.parametrize("version", [1, 2])
def test_verdicts_of_earlier_versions_are_read(document: dict[str, Any], version: int) -> None:
    """A gate must be able to read the evidence of versions that were registered before."""
    known = edited(document, "findings", value=[{**e, "evidence_uri": None} for e in document["findings"]])

    assert from_json(before(document, version)) == from_json(known)


def test_an_earlier_refusal_has_severities(document: dict[str, Any]) -> None:
    """What crossed in a verdict of version 2 refuses and warns as its rules said."""
    crossed = [{**each, "crossed": True} for each in document["findings"]]
    actions = [{**each, "action": a} for each, a in zip(crossed, ["fail", "warn", "ignore"], strict=False)]
    known = {**document, "findings": actions, "decision": "refused", "gate": "closed"}
    read = from_json(before(known, 2))

    assert [each.severity for each in read.findings] == ["refuse", "warn", "none"]
    assert read.warnings == 1


@pytest.mark.parametrize("missing", ["attributions", "worse", "severity", "waivers", "mode"])
def test_a_version_has_all_its_keys(document: dict[str, Any], missing: str) -> None:
    """A verdict that lacks a key of its version has been cut."""
    cut = without(document, missing)
    for place in ("findings", "checks"):
        cut = edited(cut, place, 0, value=without(document[place][0], missing))

    with pytest.raises(DocumentError, match=f"has no '{missing}'"):
        from_json(cut)


def test_an_open_gate_beside_a_refusing_finding_is_no_verdict(document: dict[str, Any]) -> None:
    """Whoever edits the decision alone has not opened the gate."""
    finding = {**document["findings"][0], "action": "fail", "crossed": True, "severity": "refuse"}

    with pytest.raises(DocumentError, match="gate is open, but 1 of its findings refuse"):
        from_json(edited(document, "findings", 0, value=finding))


def test_more_warnings_than_the_policy_takes_close_the_gate(document: dict[str, Any]) -> None:
    """A verdict cannot be open with more warnings than it says are allowed."""
    finding = {**document["findings"][0], "action": "warn", "crossed": True, "severity": "warn"}
    changed = {**edited(document, "findings", 0, value=finding), "warnings": 1, "maximum_warnings": 0}

    with pytest.raises(DocumentError, match="gate is open, but it has 1 warnings of at most 0"):
        from_json(changed)


WAIVED = Waiver("data_quality/*", "agreed", "committee", "2027-03-31")


@pytest.mark.parametrize(
    ("metric", "action", "crossed", "waiver", "severity"),
    [
        ("DPL", "fail", True, None, "refuse"),
        ("DPL", "warn", True, None, "warn"),
        ("DPL", "ignore", True, None, "none"),
        ("DPL", "none", True, WAIVED, "none"),
        ("DPL", "fail", False, None, "none"),
        ("DPL", "fail", True, WAIVED, "waived"),
        ("DPL", "warn", True, WAIVED, "waived"),
        ("missing_column_check", "fail", True, WAIVED, "refuse"),
        ("extra_column_check", "warn", True, WAIVED, "refuse"),
    ],
)
def test_severity_follows_from_what_crossed(
    document: dict[str, Any], metric: str, action: str, crossed: bool, waiver: Waiver | None, severity: str
) -> None:
    """A waiver covers whatever crossed its limit, except columns that do not fit."""
    finding = replace(
        from_json(document).findings[0], metric=metric, action=action, crossed=crossed, waiver=waiver
    )

    assert finding.severity == severity


def test_waivers_survive_json(document: dict[str, Any]) -> None:
    """The waiver beside a finding and in the list are written as they are read."""
    signed = dict(vars(WAIVED))
    finding = {**document["findings"][0], "action": "fail", "crossed": True, "severity": "waived"}
    changed = edited(document, "findings", 0, value={**finding, "waiver": signed})
    changed["waivers"] = [{**signed, "status": "applied", "findings": 1}]
    read = from_json(changed)

    assert (read.findings[0].waiver, read.waivers) == (
        WAIVED,
        (ConfiguredWaiver(**signed, status="applied", findings=1),),
    )
    assert to_json(read) == changed


def test_limits_without_a_side_are_not_crossed_there() -> None:
    """None is no limit."""
    assert not Limit("maximum", None, 1.0).crossed_by(-math.inf)
    assert Limit("maximum", None, 1.0).crossed_by(1.1)
