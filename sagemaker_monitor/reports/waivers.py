"""What people took responsibility for: the policy's waivers, and what they covered in this run."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import (
    APPLIED,
    EXPIRED,
    UNUSED,
    ConfiguredWaiver,
    Finding,
    Verdict,
)
from sagemaker_monitor.reports import findings
from sagemaker_monitor.reports.wording import count, counted, number, text

STATUS_WORDS = {
    APPLIED: "applied",
    UNUSED: "covered nothing",
    EXPIRED: "expired",
}
TONES = {APPLIED: "unclear", UNUSED: "plain", EXPIRED: "closed"}


@dataclass(frozen=True)
class WaiverLine:
    """One waiver of the policy; *tone* is how its status is shown, *covered* counts what it is about."""

    match: str
    status: str
    tone: str
    approved_by: str
    expires: str
    reason: str
    covered: str


@dataclass(frozen=True)
class WaivedLine:
    """One crossed limit that a waiver covers."""

    metric: str
    about: str
    value: str
    allowed: str
    match: str
    approved_by: str
    expires: str


def waiver_lines(verdict: Verdict | None) -> tuple[WaiverLine, ...]:
    """Return every waiver of the policy: expired ones first, then those that were applied."""
    order = (EXPIRED, APPLIED, UNUSED)
    waivers = sorted(verdict.waivers if verdict else (), key=lambda each: order.index(each.status))
    return tuple(waiver_line(each, each.findings) for each in waivers)


def waiver_line(each: ConfiguredWaiver, covered: int) -> WaiverLine:
    """Return one waiver, with how many crossed limits or runs it is about."""
    return WaiverLine(
        match=text(each.match, 200),
        status=STATUS_WORDS[each.status],
        tone=TONES[each.status],
        approved_by=text(each.approved_by, 200),
        expires=text(each.expires, 40),
        reason=text(each.reason),
        covered=count(covered),
    )


def waived_line(finding: Finding) -> WaivedLine:
    """Return what a waived *finding* would have refused or warned of, and who let it pass until when."""
    decimals = findings.decimals_of(finding)
    waiver = finding.waiver
    return WaivedLine(
        metric=text(finding.metric, 60),
        about=findings.about(finding),
        value=number(finding.value, decimals),
        allowed=findings.allowed(finding, decimals),
        match=text(waiver.match, 200) if waiver else "",
        approved_by=text(waiver.approved_by, 200) if waiver else "",
        expires=text(waiver.expires, 40) if waiver else "",
    )


def warnings_told(verdict: Verdict | None) -> str:
    """Return how many warnings there are of how many that are let pass; empty where there is no limit."""
    if verdict is None or verdict.maximum_warnings is None:
        return ""
    most = verdict.maximum_warnings
    told = f"{counted(verdict.warnings, 'warning')}; the policy lets at most {count(most)} pass"
    return f"{told}, so that they refuse together." if verdict.warnings > most else f"{told}."
