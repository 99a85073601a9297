"""Earlier versions of verdict.json, brought to the keys of the newest.

Version 2 has attributions, and with each finding the direction that is worse. Version 3 has waivers,
severities, the document behind each finding, counts of warnings, each check's mode, and says what a
bounded document leaves out. Version 4 says how many rows would do where there are too few, and how likely
declared shifts are caught.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

from typing import Any, Callable, Dict

from sagemaker_monitor.analysis.documents.verdict import BOOTSTRAP, CHECK, WARN, severity_of

READ_VERSIONS = (1, 2, 3, 4)
Document = Dict[str, Any]


def upgraded(document: object) -> object:
    """Return *document* with the keys that came after its version; whatever is no verdict as it is."""
    if not isinstance(document, dict):
        return document
    version = document.get("schema_version")
    if version == 1:
        document = _second(document)
    if version in (1, 2):
        document = _third(document)
    if version in (1, 2, 3):
        document = {"needed": [], "power": [], **document}
    return document


def _each(document: Document, key: str, change: Callable[[Document], Document]) -> Document:
    """Return *document* with each object in the list at *key* changed."""
    found = document.get(key)
    if not isinstance(found, list):
        return document
    return {**document, key: [change(each) if isinstance(each, dict) else each for each in found]}


def _second(document: Document) -> Document:
    found = _each(document, "findings", lambda finding: {"worse": None, **finding})
    return {"attributions": None, **found}


def _third(document: Document) -> Document:
    found = _each(_each(document, "findings", _finding), "checks", _check)
    findings = found.get("findings")
    severities = [each.get("severity") for each in findings or () if isinstance(each, dict)]
    return {
        "waivers": [],
        "warnings": severities.count(WARN),
        "maximum_warnings": None,
        "findings_left_out": 0,
        "not_checked_left_out": 0,
        **found,
    }


def _finding(finding: Document) -> Document:
    severity = severity_of(
        str(finding.get("metric")),
        str(finding.get("action")),
        crossed=finding.get("crossed") is True,
        waived=False,
    )
    return {"waiver": None, "evidence_uri": None, "severity": severity, **finding}


def _check(check: Document) -> Document:
    """Return a check with its mode: those were bootstrap, which compares with nothing, and check."""
    mode = BOOTSTRAP if check.get("status") == "established" else CHECK
    return {"mode": mode, "accept_reason": None, **check}
