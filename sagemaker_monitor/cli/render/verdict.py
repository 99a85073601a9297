"""A verdict on the screen: what refused, against which limits and baselines, and where all of it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.analysis.documents.verdict import CHECK, Finding, Limit, Verdict
from sagemaker_monitor.cli.render.text import clean, line, number
from sagemaker_monitor.cli.render.waivers import waiver_lines
from sagemaker_monitor.reports.attributions import ranking
from sagemaker_monitor.reports.findings import NOT_SIMULATED, has_custom, of_custom

MOST = 20
"""Findings and names that are shown; the verdict has all of them."""
_BETWEEN = 4
LINES = 2
"""Lines that a finding's sentence may take; where it needs more, the report tells it."""


def print_verdict(screen: Console, verdict: Verdict, uri: str) -> None:
    """Print a verdict, which lies at *uri*: its sentence, what refused, and what is to be known beside it."""
    line(screen, Text(clean(verdict.summary)))
    refusing = [finding for finding in verdict.findings if finding.severity == "refuse"]
    if refusing:
        screen.print(_fitting_table(screen, refusing[:MOST]))
    beyond = max(0, len(refusing) - MOST)
    for text in _beside_the_table(verdict, refusing[:MOST], beyond):
        line(screen, Text(text))
    line(screen, Text(f"verdict: {clean(uri)}"))


def _fitting_table(screen: Console, findings: Sequence[Finding]) -> Table:
    """Return the table with each finding's sentence if these leave the rows readable, else without."""
    bare = findings_table(findings, messages=False)
    room = screen.width - screen.measure(bare).maximum - _BETWEEN
    longest = max(len(clean(finding.message)) for finding in findings)
    return findings_table(findings) if longest <= LINES * room else bare


def _beside_the_table(verdict: Verdict, shown: Sequence[Finding], beyond: int) -> Iterator[str]:
    if beyond and verdict.findings_left_out:
        left_out = f"which leaves out {verdict.findings_left_out} findings; the checks' reports have them"
        yield f"… and {beyond} more in the verdict, {left_out}"
    elif beyond:
        yield f"… and {beyond} more, all of them in the verdict"
    for step, report in _reports(verdict, shown).items():
        yield f"report of {clean(step)}: {clean(report)}"
    yield from _warnings(verdict)
    yield from waiver_lines(verdict)
    for check in verdict.checks:
        if check.status in ("no-evidence", "broken"):
            yield f"{clean(check.step)}: {check.status}: {clean(check.reason or 'no reason given')}"
        elif check.mode != CHECK:
            why = f": {clean(check.accept_reason)}" if check.accept_reason else ""
            yield f"{clean(check.step)}: mode {clean(check.mode)}{why}"
    subjects: dict[str, list[str]] = {}
    for each in verdict.not_checked:
        subjects.setdefault(clean(each.why), []).append(clean(each.subject))
    for why, of in subjects.items():
        yield f"not checked: {_some(of)}: {why}"
    moved = _moved(verdict)
    if moved:
        yield f"features that changed places: {_some(moved)}"
    yield from _rows(verdict)


def _reports(verdict: Verdict, shown: Sequence[Finding]) -> dict[str, str]:
    """Return where the reports are of the checks that have a finding in the table."""
    reports = {check.step: check.violations_uri or check.report_uri for check in verdict.checks}
    found = {finding.check: finding.evidence_uri or reports.get(finding.check) for finding in shown}
    return {check: uri for check, uri in found.items() if uri}


def _warnings(verdict: Verdict) -> Iterator[str]:
    warned = [clean(f"{f.metric} {about(f)}") for f in verdict.findings if f.severity == "warn"]
    if not warned:
        return
    count = max(verdict.warnings, len(warned))
    told = "1 warning" if count == 1 else f"{count} warnings"
    if verdict.maximum_warnings is not None and count > verdict.maximum_warnings:
        yield f"{told}, and at most {verdict.maximum_warnings} pass: {_some(warned)}"
    else:
        yield f"{told}, which refuse{'s' if count == 1 else ''} nothing: {_some(warned)}"


def _rows(verdict: Verdict) -> Iterator[str]:
    if verdict.batch is not None:
        batch = verdict.batch
        if batch.rows:
            with_label = f"{batch.labelled} with a label ({batch.overlap:.0%})"
            yield f"{batch.rows} rows, {with_label if batch.labelled else 'none with a label yet'}"
        if batch.window is not None:
            yield clean(f"captured from {batch.window.start} until {batch.window.end}")
    if verdict.calibration is not None:
        aside = f"; {NOT_SIMULATED}" if has_custom(verdict) else ""
        rate = f"{verdict.calibration.refuses_honest:.1%}"
        yield f"an honest batch of this size is refused {rate} of the time{aside}"
    yield from _missed(verdict)


def _missed(verdict: Verdict) -> Iterator[str]:
    """Yield the changes that the policy declares and that this batch was too small to catch likely enough."""
    missed = [each for each in verdict.power if not each.enough]
    if not missed:
        return
    # It takes numpy, which following a run does not need.
    from sagemaker_monitor.analysis.decision.detecting import told

    yield from (clean(told(each)) for each in missed[:MOST])
    if len(missed) > MOST:
        yield f"… and {len(missed) - MOST} more declared changes"


def _moved(verdict: Verdict) -> list[str]:
    """Return the features whose place in the ranking changed, where the ranking crossed its limit."""
    crossed = any(each.monitor == "explainability" and each.crossed for each in verdict.findings)
    lines = ranking(verdict.attributions).lines if crossed else ()
    return [clean(f"{each.feature} ({each.then} to {each.now})") for each in lines if each.moved]


def _some(names: list[str]) -> str:
    return ", ".join(names[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")


def about(finding: Finding) -> str:
    """Return what a finding is about: a feature, a group of people, the columns, or the whole model."""
    if finding.monitor == "explainability":
        return "ranking of features"
    if finding.facet is not None:
        return finding.facet if finding.facet_value is None else f"{finding.facet}={finding.facet_value}"
    if finding.feature is not None:
        return finding.feature
    if of_custom(finding):
        return finding.monitor.partition("/")[2]
    return "columns" if finding.monitor == "data_quality" else "model"


def findings_table(findings: Sequence[Finding], *, messages: bool = True) -> Table:
    """Return what crossed its limit as a table, with each finding's sentence or without."""
    table = Table(box=SIMPLE_HEAD)
    # Distances are measured from the baseline: it has none of its own.
    compared = any(finding.baseline is not None for finding in findings)
    headings = ["check", "metric", "of", "value", *(["baseline"] if compared else []), "limit"]
    for heading in (*headings, *(["message"] if messages else [])):
        right = heading in ("value", "baseline")
        table.add_column(heading, overflow="fold", justify="right" if right else "left")
    for finding in findings:
        cells = [
            finding.check,
            finding.metric,
            about(finding),
            number(finding.value),
            *([number(finding.baseline)] if compared else []),
            _limit_of(finding),
            *([finding.message] if messages else []),
        ]
        table.add_row(
            *(Text(clean(cell), style="red" if place == 3 else "") for place, cell in enumerate(cells))
        )
    return table


def _limit_of(finding: Finding) -> str:
    own = finding.limit is not None and finding.limit.kind == "aws" and of_custom(finding)
    return "the monitor's own" if own else limit_text(finding.limit)


def limit_text(limit: Limit | None) -> str:
    """Return a limit as people write it."""
    if limit is None:
        return "-"
    match limit.low, limit.high:
        case None, None:
            return limit.kind
        case None, high:
            return f"≤ {number(high)} ({limit.kind})"
        case low, None:
            return f"≥ {number(low)} ({limit.kind})"
        case low, high:
            return f"{number(low)} to {number(high)} ({limit.kind})"
