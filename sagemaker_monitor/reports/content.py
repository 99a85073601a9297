"""What a report says, in the order it says it, whatever it is written as."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.reports import attributions, behind, findings, measured, power, steps, tables, waivers
from sagemaker_monitor.reports.crossings import Crossing, crossing
from sagemaker_monitor.reports.distributions import NOT_DRAWN, read_distributions
from sagemaker_monitor.reports.document import ReportInput
from sagemaker_monitor.reports.headlines import HEADLINES, next_step, summary_of, tone
from sagemaker_monitor.reports.provenance import Facts, head_facts, provenance
from sagemaker_monitor.reports.standing import standing
from sagemaker_monitor.reports.violations import Violations, violations
from sagemaker_monitor.reports.wording import clock, text

MAX_NOT_CHECKED = 200


@dataclass(frozen=True)
class Report:
    """Everything a page shows; every text is clean, none is escaped."""

    tone: str
    headline: str
    gate: str
    summary: str
    next_step: str
    title: str
    facts: tuple[str, ...]
    crossings: tuple[Crossing, ...]
    crossings_left_out: int
    warnings: tuple[Crossing, ...]
    warnings_left_out: int
    warnings_told: str
    waived: tuple[waivers.WaivedLine, ...]
    waived_left_out: int
    waivers: tuple[waivers.WaiverLine, ...]
    groups: tuple[tables.Group, ...]
    inputs: tuple[tables.InputLine, ...]
    ranking: attributions.Ranking
    aws_rules: tuple[str, ...]
    findings_left_out: int
    violations: tuple[Violations, ...]
    counts: tuple[tuple[str, str], ...]
    sizes: tuple[str, ...]
    people: tuple[behind.People, ...]
    needed: tuple[power.NeededLine, ...]
    calibration: tuple[str, ...]
    power: tuple[power.PowerLine, ...]
    checks: tuple[behind.CheckLine, ...]
    not_checked: tuple[tuple[str, str], ...]
    not_checked_left_out: int
    measured: tuple[measured.Measured, ...]
    glossary: tuple[tuple[str, str, str], ...]
    steps: tuple[steps.StepLine, ...]
    steps_left_out: int
    provenance: tuple[Facts, ...]
    verdict_uri: str
    generated: str


def content(document: ReportInput) -> Report:
    """Return what the report of *document* says."""
    found = standing(document)
    verdict = found.verdict
    lines = steps.step_lines(document.steps)
    table = measured.measure(document.analyses)
    violated = violations(document)
    shown = tables.select(verdict.findings if verdict else ())
    crossed = findings.most_telling_first(e for e in (verdict.findings if verdict else ()) if e.crossed)
    refusing, warning, waived = (
        [each for each in crossed if findings.outcome(each) == outcome]
        for outcome in ("refuses", "warns", "waived")
    )
    refusals, warnings = (each[: findings.MAX_CROSSINGS] for each in (refusing, warning))
    drawn = read_distributions(document.statistics, (e.feature for e in refusals if e.feature is not None))
    headline, gate = HEADLINES[found.state]
    not_checked = (
        *_not_checked(verdict, document),
        *table.unreadable,
        *drawn.unreadable,
        *violated.unreadable,
    )
    return Report(
        tone=tone(found.state),
        headline=headline,
        gate=gate,
        summary=summary_of(found, document, lines),
        next_step=next_step(found, document, refusals),
        title=_title(verdict, document),
        facts=head_facts(verdict, document),
        crossings=tuple(crossing(each, drawn) for each in refusals),
        crossings_left_out=max(0, len(refusing) - findings.MAX_CROSSINGS),
        warnings=tuple(crossing(each, NOT_DRAWN) for each in warnings),
        warnings_left_out=max(0, len(warning) - findings.MAX_CROSSINGS),
        warnings_told=waivers.warnings_told(verdict),
        waived=tuple(map(waivers.waived_line, waived[: findings.MAX_CROSSINGS])),
        waived_left_out=max(0, len(waived) - findings.MAX_CROSSINGS),
        waivers=waivers.waiver_lines(verdict),
        groups=tables.grouped(shown),
        inputs=tables.input_lines(shown),
        aws_rules=tables.aws_rules(shown),
        ranking=attributions.ranking(verdict.attributions if verdict else None),
        findings_left_out=len(verdict.findings) - len(shown) + verdict.findings_left_out if verdict else 0,
        violations=violated.checks,
        counts=tables.tally(verdict.findings) if verdict else (),
        sizes=behind.sizes(verdict),
        people=behind.people(verdict),
        needed=power.needed_lines(verdict),
        calibration=behind.calibration(verdict),
        power=power.power_lines(verdict),
        checks=behind.check_lines(verdict),
        not_checked=not_checked[:MAX_NOT_CHECKED],
        not_checked_left_out=max(0, len(not_checked) - MAX_NOT_CHECKED)
        + (verdict.not_checked_left_out if verdict else 0),
        measured=() if shown else table.lines,
        glossary=tables.glossary(
            [each.metric for each in shown if not findings.of_custom(each)]
            if shown
            else [line.metric for line in table.lines],
            table.descriptions,
        ),
        steps=lines[: steps.MAX_STEPS],
        steps_left_out=max(0, len(lines) - steps.MAX_STEPS),
        provenance=provenance(verdict, document),
        verdict_uri=text(document.verdict_uri, 2000),
        generated=clock(document.generated_at),
    )


def _title(verdict: Verdict | None, document: ReportInput) -> str:
    if verdict is not None:
        return text(f"{verdict.model} · {verdict.pipeline} · {verdict.environment}", 200)
    name = str(document.execution.get("PipelineExecutionArn") or "").rpartition(":pipeline/")[2]
    return text(name.replace("/execution/", " · ") or "run without a verdict", 200)


def _not_checked(verdict: Verdict | None, document: ReportInput) -> list[tuple[str, str]]:
    told = [(each.subject, each.why) for each in verdict.not_checked] if verdict else []
    return [(text(subject), text(why)) for subject, why in (*told, *document.unreadable.items())]
