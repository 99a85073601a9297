"""What a decision is called, which colour it has, and what a person does next."""

from __future__ import annotations

from collections.abc import Sequence

from sagemaker_monitor.analysis.documents.verdict import OPEN, Finding, Verdict
from sagemaker_monitor.reports import findings, steps
from sagemaker_monitor.reports.document import ReportInput
from sagemaker_monitor.reports.standing import (
    CONTRADICTED,
    FOREIGN,
    NO_VERDICT,
    STILL_RUNNING,
    UNREADABLE,
    Standing,
)
from sagemaker_monitor.reports.wording import sentence, text

HEADLINES = {
    "pass": ("Pass", "the gate is open"),
    "baseline-established": ("Baseline established", "nothing was compared"),
    "refused": ("Refused", "the gate is closed"),
    "inconclusive": ("Inconclusive", "too few rows to tell; the gate is closed"),
    "labels-missing": ("Labels missing", "nothing could be judged yet; the gate is closed"),
    "window-empty": ("Window empty", "there was nothing to judge; the gate is closed"),
    "no-evidence": ("No evidence", "a check did not report, or had nothing to report on; the gate is closed"),
    NO_VERDICT: ("No verdict", "the run ended without one; the gate is closed"),
    STILL_RUNNING: ("Still running", "nothing is decided yet; the gate is closed"),
    UNREADABLE: ("Verdict not readable", "nothing can be concluded; the gate is closed"),
    FOREIGN: ("Verdict of another run", "nothing can be concluded; the gate is closed"),
    CONTRADICTED: ("Run broken", "a step failed after the verdict; the gate is closed"),
}
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
    "window-empty": (
        "Give a window of hours in which something was scored, or put the batch where a scheduled run looks"
        " for it, then run again."
    ),
    "no-evidence": "Repair what is named here, then run again. Nothing can be concluded from this run.",
    NO_VERDICT: "Look at the first failed step below, repair its cause, then run again.",
    STILL_RUNNING: "Wait for its end, then make this page again; what stands here is what there is so far.",
    UNREADABLE: ("Read it with the release that wrote it, or run again. What the steps did is below."),
    FOREIGN: (
        "Find out who wrote there; nobody but this run may. Keep the file for that search, and run again."
    ),
    CONTRADICTED: "Look at the failed step below, repair its cause, then run again.",
}
NEXT_OF_STOPPED = "It was stopped before it decided: start a new run. Nothing can be concluded from this one."
NEXT_OF_INPUTS = (
    "Look at the inputs that crossed: a source, a unit or a type that changed is repaired where the batch is"
    " made; a change in who applies, or in the economy, is a question to the model, whose scores of such"
    " inputs nobody has tested. Decide before the scores are used."
)
AND_THEN = " What else crossed was measured on these inputs: judge it after them."
NEXT_WITH_COLUMNS = (
    "Repair the file where it is made: its columns are not those of the baseline. Nothing else was compared."
)
NEXT_OF_MODEL = (
    "Look first at whether the labels mean what they did, then at the inputs: a model becomes worse where"
    " people or the world behave otherwise than when it was trained. If both are as they were, it has to be"
    " trained anew. Decide before its scores are used."
)
NEXT_OF_TEAM = (
    "Look at what the team's own monitor reports, in the document it was read from below. What its metrics"
    " mean, and what helps, knows who wrote it. Decide before the scores are used."
)
NEXT_OF_RANKING = (
    "Look at the features that changed places below: a source that is no longer filled contributes nothing, a"
    " changed one too much. If the inputs are right, the model decides on other grounds than when it was"
    " approved, and somebody has to approve that."
)
LATER = (
    "Nothing has to be done now. When labels have arrived: ground-truth put, then monitor-ground-truth, or of"
    " an endpoint monitor-endpoint over the same window, which judges what waits for them."
)
NOT_ARRIVED = "labels have not arrived"

BROKEN_STATES = frozenset({"no-evidence", NO_VERDICT, UNREADABLE, FOREIGN, CONTRADICTED})
"""States from which nothing can be concluded: something has to be repaired first."""


def tone(state: str) -> str:
    """Return how a state is shown: open, closed or unclear."""
    if state == "refused" or state in BROKEN_STATES:
        return "closed"
    return "open" if state in OPEN else "unclear"


def reason_of(verdict: Verdict) -> str:
    """Return the verdict's sentence without the decision in front, which is the headline already."""
    first, colon, rest = text(verdict.summary).partition(": ")
    named = first.lower().replace("-", " ") == verdict.decision.replace("-", " ")
    return sentence(rest if colon and named else text(verdict.summary))


def summary_of(found: Standing, document: ReportInput, lines: Sequence[steps.StepLine]) -> str:
    """Return the reason for the headline, in one sentence or two."""
    if found.problem:
        why = steps.why_it_ended(lines) if found.verdict else ""
        return sentence(text(f"{found.problem}. {why}" if why else found.problem))
    if found.state == STILL_RUNNING:
        so_far = f" Its verdict so far: {text(found.verdict.summary)}" if found.verdict else ""
        return f"{steps.how_far(lines)}.{so_far}"
    if found.verdict is None:
        return steps.why_it_ended(lines, text(document.execution.get("FailureReason") or ""))
    return reason_of(found.verdict)


def next_step(found: Standing, document: ReportInput, refusals: Sequence[Finding]) -> str:
    """Return what a person does next, from what refuses most tellingly."""
    if found.state == NO_VERDICT and document.execution.get("PipelineExecutionStatus") == "Stopped":
        return NEXT_OF_STOPPED
    if found.verdict is None or found.state != found.verdict.decision:
        return NEXT[found.state]
    return next_after(found.verdict, refusals)


def next_after(verdict: Verdict, refusals: Sequence[Finding]) -> str:
    """Return what a person does after a verdict that is believed; *refusals* begin with the most telling."""
    if verdict.decision == "pass" and any(each.why == NOT_ARRIVED for each in verdict.not_checked):
        return LATER
    if verdict.decision == "refused" and refusals and findings.of_custom(refusals[0]):
        return NEXT_OF_TEAM
    if verdict.decision == "refused" and refusals and findings.of_inputs(refusals[0]):
        if refusals[0].metric in findings.COLUMN_CHECKS:
            return NEXT_WITH_COLUMNS
        more = not all(map(findings.of_inputs, refusals))
        return NEXT_OF_INPUTS + AND_THEN if more else NEXT_OF_INPUTS
    if verdict.decision == "refused" and refusals and findings.of_model(refusals[0]):
        return NEXT_OF_RANKING if refusals[0].monitor == "explainability" else NEXT_OF_MODEL
    return NEXT[verdict.decision]
