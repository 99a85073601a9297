"""What a report says, in the order it says it, whatever it is written as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.analysis.documents import verdict as documents
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import Finding, Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json
from sagemaker_monitor.reports import attributions, findings, measured, steps
from sagemaker_monitor.reports.crossings import Crossing, crossing
from sagemaker_monitor.reports.distributions import NOT_DRAWN, read_distributions
from sagemaker_monitor.reports.document import ReportError, ReportInput
from sagemaker_monitor.reports.wording import clock, count, counted, percent, sentence, text

MAX_NOT_CHECKED = 200

HEADLINES = {
    "pass": ("Pass", "the gate is open"),
    "baseline-established": ("Baseline established", "nothing was compared"),
    "refused": ("Refused", "the gate is closed"),
    "inconclusive": ("Inconclusive", "too few rows to tell; the gate is closed"),
    "labels-missing": ("Labels missing", "nothing could be judged yet; the gate is closed"),
    "window-empty": ("Window empty", "nothing was captured in these hours; the gate is closed"),
    "no-evidence": ("No evidence", "a check did not report; the gate is closed"),
}
NO_VERDICT = ("No verdict", "the run ended without one; the gate is closed")
NEXT = {
    "pass": "Nothing has to be done.",
    "baseline-established": "A person decides whether this version is a good baseline for those that follow.",
    "refused": (
        "Look at what crossed its limit. Metrics of observed outcomes (such as DPL) move with people's"
        " decisions, metrics of predictions (such as DPPL and DI) with the model, and both with who applies."
        " Find the cause before the scores or the version are used, then run again."
    ),
    "inconclusive": "Collect more rows of the groups named below, then run again. This is no pass.",
    "labels-missing": "Deliver the labels for these record keys, then run again.",
    "window-empty": "Give a window of hours in which batches were scored, then run again.",
    "no-evidence": "Repair the check named below, then run again. Nothing can be concluded from this run.",
}
NEXT_OF_INPUTS = (
    "Look at the inputs that crossed: a source, a unit or a type that changed is repaired where the batch is"
    " made; a change in who applies, or in the economy, is a question to the model, whose scores of such"
    " inputs nobody has tested. Decide before the scores are used."
)
NEXT_WITH_COLUMNS = (
    "Repair the file where it is made: its columns are not those of the baseline. Nothing else was compared."
)
NEXT_OF_MODEL = (
    "Look first at whether the labels mean what they did, then at the inputs: a model becomes worse where"
    " people or the world behave otherwise than when it was trained. If both are as they were, it has to be"
    " trained anew. Decide before its scores are used."
)
NEXT_OF_RANKING = (
    "Look at the features that changed places below: a source that is no longer filled contributes nothing, a"
    " changed one too much. If the inputs are right, the model decides on other grounds than when it was"
    " approved, and somebody has to approve that."
)
LATER = (
    "Nothing has to be done now. When labels have arrived: ground-truth put, then monitor-ground-truth, which"
    " judges what waits for them."
)
NOT_ARRIVED = "labels have not arrived"
NEXT_WITHOUT_VERDICT = "Look at the first failed step below, repair its cause, then run again."


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
    status: str
    aws_violations: str
    reason: str


@dataclass(frozen=True)
class Report:
    """Everything a page shows; every text is clean, none is escaped."""

    tone: str
    headline: str
    gate: str
    summary: str
    next_step: str
    title: str
    crossings: tuple[Crossing, ...]
    crossings_left_out: int
    warnings: tuple[Crossing, ...]
    warnings_left_out: int
    groups: tuple[findings.Group, ...]
    inputs: tuple[findings.InputLine, ...]
    ranking: attributions.Ranking
    aws_rules: tuple[str, ...]
    findings_left_out: int
    counts: tuple[tuple[str, str], ...]
    sizes: tuple[str, ...]
    people: tuple[People, ...]
    calibration: tuple[str, ...]
    checks: tuple[CheckLine, ...]
    not_checked: tuple[tuple[str, str], ...]
    not_checked_left_out: int
    measured: tuple[measured.Measured, ...]
    glossary: tuple[tuple[str, str, str], ...]
    steps: tuple[steps.StepLine, ...]
    steps_left_out: int
    provenance: tuple[tuple[str, str], ...]
    generated: str


def content(document: ReportInput) -> Report:
    """Return what the report of *document* says; ReportError names a document that cannot be read."""
    verdict = read_verdict(document.verdict)
    lines = steps.step_lines(document.steps)
    table = measured.measure(document.analyses)
    shown = findings.select(verdict.findings if verdict else ())
    crossed = findings.most_telling_first(e for e in (verdict.findings if verdict else ()) if e.crossed)
    refusing = [each for each in crossed if findings.outcome(each) == "refuses"]
    warning = [each for each in crossed if findings.outcome(each) != "refuses"]
    refusals, warnings = (each[: findings.MAX_CROSSINGS] for each in (refusing, warning))
    drawn = read_distributions(document.statistics, (e.feature for e in refusals if e.feature is not None))
    headline, gate = HEADLINES[verdict.decision] if verdict else NO_VERDICT
    not_checked = (*_not_checked(verdict, table), *drawn.unreadable)
    return Report(
        tone=_tone(verdict),
        headline=headline,
        gate=gate,
        summary=_summary(verdict) if verdict else steps.why_it_ended(lines),
        next_step=_next(verdict, refusals) if verdict else NEXT_WITHOUT_VERDICT,
        title=_title(verdict),
        crossings=tuple(crossing(each, drawn) for each in refusals),
        crossings_left_out=max(0, len(refusing) - findings.MAX_CROSSINGS),
        warnings=tuple(crossing(each, NOT_DRAWN) for each in warnings),
        warnings_left_out=max(0, len(warning) - findings.MAX_CROSSINGS),
        groups=findings.grouped(shown),
        inputs=findings.input_lines(shown),
        aws_rules=findings.aws_rules(shown),
        ranking=attributions.ranking(verdict.attributions if verdict else None),
        findings_left_out=len(verdict.findings) - len(shown) if verdict else 0,
        counts=findings.tally(verdict.findings) if verdict else (),
        sizes=_sizes(verdict),
        people=_people(verdict),
        calibration=_calibration(verdict),
        checks=_checks(verdict),
        not_checked=not_checked[:MAX_NOT_CHECKED],
        not_checked_left_out=max(0, len(not_checked) - MAX_NOT_CHECKED),
        measured=() if shown else table.lines,
        glossary=findings.glossary(
            [each.metric for each in shown] or [line.metric for line in table.lines], table.descriptions
        ),
        steps=lines[: steps.MAX_STEPS],
        steps_left_out=max(0, len(lines) - steps.MAX_STEPS),
        provenance=_provenance(verdict, document.details),
        generated=clock(document.generated_at),
    )


def read_verdict(document: Mapping[str, Any] | None) -> Verdict | None:
    """Return the verdict that *document* is; ReportError where it is none, or of another schema version."""
    try:
        return None if document is None else from_json(dict(document))
    except DocumentError as error:
        raise ReportError(str(error)) from error


def _next(verdict: Verdict, refusals: Sequence[Finding]) -> str:
    if verdict.decision == "pass" and any(each.why == NOT_ARRIVED for each in verdict.not_checked):
        return LATER
    if verdict.decision == "refused" and refusals and findings.of_inputs(refusals[0]):
        wrong = refusals[0].metric in findings.COLUMN_CHECKS
        return NEXT_WITH_COLUMNS if wrong else NEXT_OF_INPUTS
    if verdict.decision == "refused" and refusals and findings.of_model(refusals[0]):
        return NEXT_OF_RANKING if refusals[0].monitor == "explainability" else NEXT_OF_MODEL
    return NEXT[verdict.decision]


def _tone(verdict: Verdict | None) -> str:
    if verdict is None or verdict.decision in ("refused", "no-evidence"):
        return "closed"
    return "open" if verdict.gate == "open" else "unclear"


def _summary(verdict: Verdict) -> str:
    """Return the verdict's sentence without the decision in front, which is the headline already."""
    first, colon, rest = text(verdict.summary).partition(": ")
    named = first.lower().replace("-", " ") == verdict.decision.replace("-", " ")
    return sentence(rest if colon and named else text(verdict.summary))


def _title(verdict: Verdict | None) -> str:
    if verdict is None:
        return "run without a verdict"
    return text(f"{verdict.model} · {verdict.pipeline} · {verdict.environment}", 200)


def _sizes(verdict: Verdict | None) -> tuple[str, ...]:
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


def _people(verdict: Verdict | None) -> tuple[People, ...]:
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
        for each in verdict.batch.facets[: findings.MAX_FINDINGS]
    )


def _calibration(verdict: Verdict | None) -> tuple[str, ...]:
    if verdict is None or verdict.calibration is None:
        return ("No limit of this run was calibrated.",) if verdict and verdict.findings else ()
    found = verdict.calibration
    size = _size(verdict.batch) if verdict.batch else ""
    families = tuple(map(_family, found.families or ()))
    return (
        f"An honest batch{size} would be refused in about {percent(found.refuses_honest)} of cases, by all"
        " limits that refuse taken together, fixed ones included (simulated).",
        f"{counted(found.limits, 'limit')} calibrated so that together they refuse at most"
        f" {percent(found.false_refusals)} of honest batches, from {counted(found.replicates, 'replicate')}:"
        f" {text(found.method)}.",
        *families,
    )


def _family(each: documents.Family) -> str:
    monitor, refuse = text(each.monitor, 60).replace("_", " "), "refuses" if each.limits == 1 else "refuse"
    return (
        f"Of these, {monitor}: {counted(each.limits, 'limit')} that {refuse} at"
        f" most {percent(each.false_refusals)} of honest batches ({percent(each.refuses_honest)} found)."
    )


def _size(batch: documents.Batch) -> str:
    if not batch.labelled:
        return f" of {counted(batch.rows, 'row')}"
    return f" of {counted(batch.labelled, 'labelled row')}"


def _checks(verdict: Verdict | None) -> tuple[CheckLine, ...]:
    return tuple(
        CheckLine(
            text(each.step),
            text(each.check_type),
            each.status,
            count(each.aws_violations),
            text(each.reason or ""),
        )
        for each in (verdict.checks if verdict else ())[: steps.MAX_STEPS]
    )


def _not_checked(verdict: Verdict | None, table: measured.Table) -> tuple[tuple[str, str], ...]:
    told = [(text(each.subject), text(each.why)) for each in verdict.not_checked] if verdict else []
    return (*told, *table.unreadable)


def _provenance(verdict: Verdict | None, details: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    lines: list[tuple[str, str | None]] = []
    if verdict:
        lines += [
            ("Execution", verdict.execution_arn),
            ("Model version", verdict.model_package_arn),
            ("Bundle (SHA-256)", verdict.bundle_sha256),
            ("Verdict written", verdict.created),
        ]
        if verdict.baseline:
            lines += [
                ("Baseline version", verdict.baseline.model_package_arn),
                ("Baseline data", verdict.baseline.data_uri),
            ]
            lines += [
                (f"Baseline of {step}", uri) for step, uri in sorted(verdict.baseline.constraints.items())
            ]
        for check in verdict.checks:
            lines += [
                (f"{check.step}: report", check.report_uri),
                (f"{check.step}: violations", check.violations_uri),
            ]
    lines += list(details.items())
    return tuple((text(name), text(value, 2000)) for name, value in lines if value)
