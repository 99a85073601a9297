"""How a verdict's findings are told: what crossed, and the rest, by group of people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Finding
from sagemaker_monitor.reports.meanings import MEANINGS, direction
from sagemaker_monitor.reports.scale import Scale, scale
from sagemaker_monitor.reports.wording import count, digits, number, text

MAX_FINDINGS = 500
MAX_CROSSINGS = 40

LIMIT_KINDS = {
    "calibrated": "what chance explains",
    "tolerance": "baseline and tolerance",
    "between": "fixed",
    "minimum": "fixed",
    "maximum": "fixed",
    "aws": "no larger than the baseline",
}


@dataclass(frozen=True)
class Crossing:
    """One metric outside its limit."""

    metric: str
    name: str
    group: str
    outcome: str
    value: str
    baseline: str
    allowed: str
    kind: str
    moved: str
    words: str
    message: str
    rule: str
    aws: bool
    neutral: str
    scale: Scale | None


@dataclass(frozen=True)
class Line:
    """One row of a group's table."""

    metric: str
    value: str
    baseline: str
    allowed: str
    caught: str
    outcome: str
    aws: bool
    moved: str


@dataclass(frozen=True)
class Group:
    """The findings about one group of people."""

    name: str
    lines: tuple[Line, ...]


def group_name(facet: str, value: str) -> str:
    """Return a facet and its value as one name, such as `black = 1` or `age (30, 75]`."""
    joint = " " if value[:1] in "([" else " = "
    return text(f"{facet}{joint}{value}" if value else facet, 120)


def outcome(finding: Finding) -> str:
    """Return what *finding* means: refuses, warns, ignored, within, no value or no limit."""
    if finding.value is None:
        return "no value"
    if finding.limit is None:
        return "no limit"
    if not finding.crossed:
        return "within"
    return {"fail": "refuses", "warn": "warns"}.get(finding.action, "ignored")


def allowed(finding: Finding, decimals: int) -> str:
    """Return the values that the finding's limit lets pass, as far as the metric can take them."""
    low, high = _limits(finding)
    if low is None and high is None:
        return "–"
    if high is None:
        return f"≥ {number(low, decimals)}"
    return (
        f"≤ {number(high, decimals)}"
        if low is None
        else f"{number(low, decimals)} to {number(high, decimals)}"
    )


def crossing(finding: Finding) -> Crossing:
    """Return how a crossed *finding* is told."""
    limit = finding.limit
    low, high = _limits(finding)
    decimals = _digits(finding)
    meaning = MEANINGS.get(finding.metric)
    return Crossing(
        metric=text(finding.metric, 60),
        name=meaning.name if meaning else "",
        group=group_name(finding.facet, finding.facet_value),
        outcome=outcome(finding),
        value=number(finding.value, decimals),
        baseline=number(finding.baseline, decimals),
        allowed=allowed(finding, decimals),
        kind=LIMIT_KINDS.get(limit.kind, limit.kind) if limit else "",
        moved=direction(finding.metric, finding.value, finding.baseline),
        words=meaning.words if meaning else "",
        message=text(finding.message),
        rule=text(finding.rule or "", 120),
        aws=finding.aws_violation,
        neutral=number(meaning.neutral, 0) if meaning else "",
        scale=scale(
            value=finding.value,
            baseline=finding.baseline,
            low=low,
            high=high,
            neutral=meaning.neutral if meaning else None,
        ),
    )


def select(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that fit on a page, in their order: those that crossed go first."""
    if len(findings) <= MAX_FINDINGS:
        return tuple(findings)
    ranks = {"refuses": 0, "warns": 1, "ignored": 2}
    places = sorted(range(len(findings)), key=lambda place: (ranks.get(outcome(findings[place]), 3), place))
    return tuple(findings[place] for place in sorted(places[:MAX_FINDINGS]))


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Return one group per facet and value, in order of appearance."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for finding in findings:
        groups.setdefault((finding.facet, finding.facet_value), []).append(_line(finding))
    return tuple(Group(group_name(*key), tuple(lines)) for key, lines in groups.items())


def tally(findings: Sequence[Finding]) -> tuple[tuple[str, str], ...]:
    """Return how many findings refuse, warn, are within, and are violations by AWS's own rule."""
    outcomes = [outcome(finding) for finding in findings]
    aws = sum(finding.aws_violation for finding in findings)
    return (
        ("refuse", count(outcomes.count("refuses"))),
        ("warn", count(outcomes.count("warns"))),
        ("within limits", count(outcomes.count("within"))),
        ("flagged by AWS's rule", count(aws)),
    )


def glossary(metrics: Iterable[str], descriptions: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Return metric, name and meaning of each of *metrics* once; *descriptions* name those we do not know."""
    lines = []
    for metric in dict.fromkeys(metrics):
        meaning = MEANINGS.get(metric)
        if meaning:
            lines.append((metric, meaning.name, meaning.words))
        elif descriptions.get(metric):
            lines.append((text(metric, 60), text(descriptions[metric], 200), ""))
    return tuple(lines)


def _line(finding: Finding) -> Line:
    decimals = _digits(finding)
    return Line(
        metric=text(finding.metric, 60),
        value=number(finding.value, decimals),
        baseline=number(finding.baseline, decimals),
        allowed=allowed(finding, decimals),
        caught=_caught(finding, decimals),
        outcome=outcome(finding),
        aws=finding.aws_violation,
        moved=direction(finding.metric, finding.value, finding.baseline),
    )


def _digits(finding: Finding) -> int:
    return digits([finding.value, finding.baseline, *_limits(finding)])


def _limits(finding: Finding) -> tuple[float | None, float | None]:
    limit = finding.limit
    return (_reachable(finding, limit.low), limit.high) if limit else (None, None)


def _reachable(finding: Finding, low: float | None) -> float | None:
    """Return *low*, or None where the metric can never be below it."""
    meaning = MEANINGS.get(finding.metric)
    return None if low is not None and low <= 0 and meaning and meaning.unsigned else low


def _caught(finding: Finding, decimals: int) -> str:
    limit = finding.limit
    if limit is None:
        return ""
    sides = (("<", _reachable(finding, limit.detects_low)), (">", limit.detects_high))
    return " or ".join(
        f"{sign} {number(side, decimals)}" for sign, side in sides if side is not None and math.isfinite(side)
    )
