"""What the checks themselves call violations, in their own words, whatever the policy makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.reports.document import ReportInput
from sagemaker_monitor.reports.findings import group_name
from sagemaker_monitor.reports.wording import text

MOST_OF_A_CHECK, MOST = 30, 300
"""Violations of one check, and of all checks of a run together, that are listed."""
_URI = 2000


@dataclass(frozen=True)
class ViolationLine:
    """One violation: what it is about, the rule that it violates, and the check's words."""

    subject: str
    rule: str
    words: str


@dataclass(frozen=True)
class Violations:
    """The violations of one check: some of *count*, and the document that has all of them."""

    step: str
    uri: str
    count: int
    lines: tuple[ViolationLine, ...]

    @property
    def left_out(self) -> int:
        """Return how many are not among *lines*."""
        return self.count - len(self.lines)


@dataclass(frozen=True)
class Told:
    """What is told of violations; *unreadable* has the checks whose document is none, and why."""

    checks: tuple[Violations, ...]
    unreadable: tuple[tuple[str, str], ...]


def violations(document: ReportInput) -> Told:
    """Return the violations of each check that has some, in the order of the steps."""
    found: list[Violations] = []
    unreadable = []
    room = MOST
    for step, (uri, report) in document.violations.items():
        entries = report.get("violations")
        if not isinstance(entries, list) or not all(isinstance(each, Mapping) for each in entries):
            unreadable.append((text(step), text(f"{uri} is not a list of violations", _URI)))
        elif entries:
            lines = tuple(map(_line, entries[: min(MOST_OF_A_CHECK, room)]))
            room -= len(lines)
            found.append(Violations(text(step), text(uri, _URI), len(entries), lines))
    return Told(tuple(found), tuple(unreadable))


def _line(entry: Mapping[str, Any]) -> ViolationLine:
    """Return a violation of any of SageMaker's forms: of a facet's metric, a feature, a metric or a label."""
    facet = entry.get("facet")
    group = None if facet is None else group_name(str(facet), str(entry.get("facet_value") or ""))
    about = (entry.get("metric_name"), group, entry.get("feature_name"), entry.get("label"))
    return ViolationLine(
        subject=", ".join(text(each, 120) for each in about if each is not None) or "–",
        rule=text(entry.get("constraint_check_type") or "–", 60),
        words=text(entry.get("description") or ""),
    )
