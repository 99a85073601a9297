"""What a verdict rests on: how many rows and people, how its limits were found, which checks ran."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.analysis.documents import verdict as documents
from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.reports import findings, steps
from sagemaker_monitor.reports.tables import MAX_FINDINGS
from sagemaker_monitor.reports.wording import count, counted, percent, text


@dataclass(frozen=True)
class People:
    """How many people stand on each side of a facet, and the share of them observed favourable."""

    group: str
    inside: str
    outside: str


@dataclass(frozen=True)
class CheckLine:
    """What became of one expected check."""

    step: str
    check_type: str
    mode: str
    status: str
    aws_violations: str
    reason: str


def sizes(verdict: Verdict | None) -> tuple[str, ...]:
    if verdict is None:
        return ()
    lines = []
    if verdict.batch:
        batch = verdict.batch
        labels = f"{counted(batch.labelled, 'label')} ({percent(batch.overlap)} of the rows)"
        labels = labels if batch.labelled else "no label yet"
        told = f"{counted(batch.rows, 'row')}, {labels}" if batch.rows else "no row was counted"
        lines.append(f"This batch: {told}.")
        if batch.window:
            first, last = text(batch.window.start, 40), text(batch.window.end, 40)
            lines.append(f"Captured from {first} until {last}, the last hour not included.")
    if verdict.baseline and verdict.baseline.rows is not None:
        lines.append(f"Baseline: {counted(verdict.baseline.rows, 'row')}.")
    return tuple(lines)


def people(verdict: Verdict | None) -> tuple[People, ...]:
    if verdict is None or verdict.batch is None:
        return ()
    return tuple(
        People(
            findings.group_name(each.facet, each.facet_value),
            *(
                f"{count(side.rows)} ({percent(side.favourable / side.rows)})" if side.rows else "0"
                for side in (each.inside, each.outside)
            ),
        )
        for each in verdict.batch.facets[:MAX_FINDINGS]
    )


def calibration(verdict: Verdict | None) -> tuple[str, ...]:
    if verdict is None or verdict.calibration is None:
        return ("No limit of this run was calibrated.",) if verdict and verdict.findings else ()
    found = verdict.calibration
    size = _size(verdict.batch) if verdict.batch else ""
    families = tuple(map(_family, found.families or ()))
    aside = f"; {findings.NOT_SIMULATED}" if findings.has_custom(verdict) else ""
    return (
        f"An honest batch{size} would be refused in about {percent(found.refuses_honest)} of cases, by all"
        f" limits that refuse taken together, fixed ones included (simulated){aside}.",
        f"{counted(found.limits, 'limit')} calibrated so that together they refuse at most"
        f" {percent(found.false_refusals)} of honest batches, from {counted(found.replicates, 'replicate')}:"
        f" {text(found.method)}.",
        *families,
    )


def _reason(check: documents.Check) -> str:
    """Return why the check has no result; and why it was accepted without a comparison, as somebody said."""
    accepted = f"accepted: {text(check.accept_reason)}" if check.accept_reason else ""
    return ". ".join(filter(None, (text(check.reason or ""), accepted)))


def _family(each: documents.Family) -> str:
    monitor, refuse = text(each.monitor, 60).replace("_", " "), "refuses" if each.limits == 1 else "refuse"
    if not each.limits:
        fixed = percent(each.refuses_honest)
        return f"Of {monitor} no calibrated limit refuses; its fixed ones refuse {fixed} of honest batches."
    return (
        f"Of these, {monitor}: {counted(each.limits, 'limit')} that {refuse} at"
        f" most {percent(each.false_refusals)} of honest batches ({percent(each.refuses_honest)} found)."
    )


def _size(batch: documents.Batch) -> str:
    if not batch.labelled:
        return f" of {counted(batch.rows, 'row')}"
    return f" of {counted(batch.labelled, 'labelled row')}"


def check_lines(verdict: Verdict | None) -> tuple[CheckLine, ...]:
    return tuple(
        CheckLine(
            text(each.step),
            text(each.check_type),
            each.mode,
            each.status,
            count(each.aws_violations),
            _reason(each),
        )
        for each in (verdict.checks if verdict else ())[: steps.MAX_STEPS]
    )
