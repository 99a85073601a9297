"""What became of each execution: one line per run, whatever it left behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.reports.headlines import BROKEN_STATES, HEADLINES, reason_of, tone
from sagemaker_monitor.reports.history.document import HistoryInput, PastRun
from sagemaker_monitor.reports.standing import NO_VERDICT, STILL_RUNNING, Standing, stand
from sagemaker_monitor.reports.wording import clock, count, sentence, text

PASSED, CLOSED, OPEN_QUESTION, GAP, ONGOING = "passed", "refused", "undecided", "gap", "ongoing"
"""How runs are marked: open, refused, could not tell, nothing can be concluded, and not yet."""
KIND_WORDS = {
    PASSED: "passed",
    CLOSED: "refused",
    OPEN_QUESTION: "could not tell",
    GAP: "left no conclusion",
    ONGOING: "still running",
}
GAPS = frozenset({GAP, ONGOING})
"""Kinds of runs that conclude nothing."""


@dataclass(frozen=True)
class RunLine:
    """One execution; *number* counts from the oldest, 1 first."""

    number: int
    pipeline: str
    started: str
    state: str
    headline: str
    tone: str
    kind: str
    reason: str
    rows: str
    version: str
    baseline: str
    execution_id: str
    execution_arn: str


@dataclass(frozen=True)
class Run:
    """One execution with its verdict, as far as that is believed, and its line."""

    line: RunLine
    verdict: Verdict | None
    at: datetime


def read_runs(document: HistoryInput) -> tuple[Run, ...]:
    """Return every execution of *document* with what its verdict is worth, oldest first."""
    return tuple(_run(number, each) for number, each in enumerate(document.runs, 1))


def kind_of(state: str) -> str:
    """Return how a run in *state* is marked."""
    if state == STILL_RUNNING:
        return ONGOING
    if state in BROKEN_STATES:
        return GAP
    shown = tone(state)
    return {"open": PASSED, "closed": CLOSED}.get(shown, OPEN_QUESTION)


def tally(runs: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    """Return how many runs there are of each kind, those there are."""
    kinds = [run.line.kind for run in runs]
    found = ((KIND_WORDS[kind], kinds.count(kind)) for kind in KIND_WORDS)
    return tuple((words, count(number)) for words, number in found if number)


def version_number(arn: str | None) -> str:
    """Return the number at the end of a model package version's ARN; empty where there is none."""
    number = (arn or "").rpartition("/")[2]
    return number if number.isdigit() else ""


def _run(number: int, past: PastRun) -> Run:
    found = stand(past.verdict, past.execution_arn, past.status, past.unreadable)
    verdict = found.verdict
    believed = verdict if verdict and found.state == verdict.decision else None
    batch = verdict.batch if verdict else None
    line = RunLine(
        number=number,
        pipeline=text(past.pipeline, 60),
        started=clock(past.started),
        state=found.state,
        headline=HEADLINES[found.state][0],
        tone=tone(found.state),
        kind=kind_of(found.state),
        reason=_reason(found, past),
        rows=count(batch.rows) if batch else "–",
        version=version_number(verdict.model_package_arn) if verdict else "",
        baseline=version_number(verdict.baseline.model_package_arn) if verdict and verdict.baseline else "",
        execution_id=text(past.execution_arn.rpartition("/")[2], 60),
        execution_arn=text(past.execution_arn, 400),
    )
    return Run(line, believed, past.started)


def _reason(found: Standing, past: PastRun) -> str:
    if found.state == STILL_RUNNING:
        return f"It is {text(past.status, 40)}."
    if found.problem:
        return sentence(text(found.problem))
    if found.state == NO_VERDICT or found.verdict is None:
        ended = f"It ended {text(past.status, 40)} without a verdict"
        return f"{ended}: {text(past.reason)}" if past.reason else f"{ended}."
    return reason_of(found.verdict)
