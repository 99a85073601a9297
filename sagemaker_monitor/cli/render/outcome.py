"""The end of a run: its conclusion, why it was refused, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.analysis.documents.verdict import Finding, Limit, Verdict
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.cli.render.text import clean, console, line, number
from sagemaker_monitor.cli.render.waivers import waiver_lines
from sagemaker_monitor.operations.outcome import Outcome
from sagemaker_monitor.reports.attributions import ranking

_STYLES = {"open": "bold green", "refused": "bold red", "broken": "bold yellow"}
_ADVICE = {
    "inconclusive": "collect a larger batch, or lower gate.minimum_rows knowing what that costs",
    "labels-missing": "run it again with --labels once they have arrived",
    "window-empty": "give a window of hours in which batches were scored",
}
NOT_ARRIVED = "labels have not arrived"
MOST = 20
"""Findings and names that are shown; the report has all of them."""


def outcome_json(outcome: Outcome) -> str:
    """Return the conclusion as JSON: the execution, its failed steps, and the verdict."""
    document = {
        "execution_arn": outcome.snapshot.execution_arn,
        "status": outcome.snapshot.status,
        "conclusion": outcome.conclusion,
        "problem": outcome.problem or None,
        "failed_steps": [
            {"name": step.name, "reason": step.reason}
            for step in outcome.snapshot.steps
            if step.status == "Failed"
        ],
        "verdict_uri": outcome.verdict_uri,
        "verdict": None if outcome.verdict is None else to_json(outcome.verdict),
    }
    return json.dumps(document, indent=2)


def print_outcome(outcome: Outcome, *, again: str) -> None:
    """Print the conclusion to standard output; *again* is the options that name this place."""
    screen = console()
    verdict = outcome.verdict
    said = verdict.decision if verdict and not outcome.problem else "no evidence"
    line(screen, Text(f"\n{outcome.model} {outcome.pipeline}: {said}", style=_STYLES[outcome.conclusion]))
    if outcome.problem:
        line(screen, Text(f"{clean(outcome.problem)}; the execution is {outcome.snapshot.status}"))
    if verdict is not None:
        _print_verdict(screen, verdict)
    if outcome.conclusion == "broken":
        for text in _failures(outcome):
            line(screen, Text(text))
    for text in _next(outcome, again):
        line(screen, Text(text))


def _print_verdict(screen: Console, verdict: Verdict) -> None:
    line(screen, Text(clean(verdict.summary)))
    crossed = [finding for finding in verdict.findings if finding.crossed]
    failing = [finding for finding in crossed if finding.severity == "refuse"]
    if failing:
        screen.print(findings_table(failing[:MOST]))
    for text in _beside_the_table(verdict, crossed, len(failing) - MOST):
        line(screen, Text(text))


def _beside_the_table(verdict: Verdict, crossed: list[Finding], beyond: int) -> Iterator[str]:
    if beyond > 0:
        yield f"and {beyond} more"
    warnings = [clean(f"{f.metric} {about(f)}") for f in crossed if f.severity == "warn"]
    if warnings:
        told = "1 warning, which refuses" if len(warnings) == 1 else f"{len(warnings)} warnings, which refuse"
        yield f"{told} nothing: {_some(warnings)}"
    yield from waiver_lines(verdict)
    for check in verdict.checks:
        if check.status in ("no-evidence", "broken"):
            yield f"{clean(check.step)}: {check.status}: {clean(check.reason or 'no reason given')}"
    subjects: dict[str, list[str]] = {}
    for each in verdict.not_checked:
        subjects.setdefault(clean(each.why), []).append(clean(each.subject))
    for why, of in subjects.items():
        yield f"not checked: {_some(of)}: {why}"
    moved = _moved(verdict)
    if moved:
        yield f"features that changed places: {_some(moved)}"
    if verdict.batch is not None:
        batch = verdict.batch
        if batch.rows:
            with_label = f"{batch.labelled} with a label ({batch.overlap:.0%})"
            yield f"{batch.rows} rows, {with_label if batch.labelled else 'none with a label yet'}"
        if batch.window is not None:
            yield clean(f"captured from {batch.window.start} until {batch.window.end}")
    if verdict.calibration is not None:
        yield f"an honest batch of this size is refused {verdict.calibration.refuses_honest:.1%} of the time"


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
    return "columns" if finding.monitor == "data_quality" else "model"


def findings_table(findings: list[Finding]) -> Table:
    """Return what crossed its limit as a table."""
    table = Table(box=SIMPLE_HEAD)
    # Distances are measured from the baseline: it has none of its own.
    compared = any(finding.baseline is not None for finding in findings)
    headings = ("check", "metric", "of", "value", *(("baseline",) if compared else ()), "limit", "message")
    for heading in headings:
        right = heading in ("value", "baseline")
        table.add_column(heading, overflow="fold", justify="right" if right else "left")
    for finding in findings:
        cells = (
            finding.check,
            finding.metric,
            about(finding),
            number(finding.value),
            *((number(finding.baseline),) if compared else ()),
            limit_text(finding.limit),
            finding.message,
        )
        table.add_row(
            *(Text(clean(cell), style="red" if place == 3 else "") for place, cell in enumerate(cells))
        )
    return table


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


def _failures(outcome: Outcome) -> Iterator[str]:
    for step in outcome.snapshot.steps:
        if step.status in ("Failed", "Stopped"):
            yield f"step {clean(step.name)} {step.status}: {clean(step.reason or 'no reason given', 1100)}"
    if outcome.snapshot.reason:
        yield clean(outcome.snapshot.reason)


def _next(outcome: Outcome, again: str) -> Iterator[str]:
    arn, model = outcome.snapshot.execution_arn, outcome.model
    if outcome.conclusion == "broken":
        yield "next: put right what the failed step says, and start a new run; its steps again:"
        yield f"      sagemaker-monitor follow {arn} {again}"
        return
    if outcome.verdict is not None and outcome.verdict.decision in _ADVICE:
        yield f"next: {_ADVICE[outcome.verdict.decision]}"
    if outcome.verdict is not None and outcome.conclusion == "open" and _waits(outcome.verdict):
        yield "next: when labels have arrived, put them in place and judge what needs them:"
        yield f"      sagemaker-monitor ground-truth put FILE --model {model} {again}"
        yield f"      sagemaker-monitor run monitor-ground-truth --model {model} {again}"
        return
    version = _registered_version(outcome)
    if outcome.conclusion == "open" and version:
        yield f"next: sagemaker-monitor gate {model} --version {version} {again} --apply"
    else:
        yield f"next: sagemaker-monitor report {model} --execution {arn} {again} -o report.html"


def _waits(verdict: Verdict) -> bool:
    """Return whether something was not checked for want of labels alone."""
    return any(each.why == NOT_ARRIVED for each in verdict.not_checked)


def _registered_version(outcome: Outcome) -> str:
    for step in outcome.snapshot.steps:
        if step.kind == "RegisterModel" and step.detail:
            return step.detail.rsplit("/", 1)[-1]
    return ""
