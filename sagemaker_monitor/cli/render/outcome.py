"""The end of a run: its conclusion, why it was refused or broke, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.text import Text

from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.cli.render.verdict import print_verdict
from sagemaker_monitor.operations.follow import Snapshot
from sagemaker_monitor.operations.job_log import Tail
from sagemaker_monitor.operations.outcome import Outcome

_STYLES = {"open": "bold green", "done": "bold green", "refused": "bold red", "broken": "bold yellow"}
_ADVICE = {
    "inconclusive": "collect a larger batch, or lower gate.minimum_rows knowing what that costs",
    "labels-missing": "run it again with --labels once they have arrived",
    "window-empty": "give a window of hours in which something was scored, or the batch with --input",
}
MORE_LABELS = "judge it again when more of its labels have arrived, "
NOT_ARRIVED = "labels have not arrived"
MOST_FAILED = 5
"""Steps that broke that are told."""
_LONGEST_LINE = 400


def outcome_json(outcome: Outcome) -> str:
    """Return the conclusion as JSON: the execution, its failed steps with their logs, and the verdict."""
    logs = {log.step: log for log in outcome.logs}
    failed = [
        {
            "name": step.name,
            "status": step.status,
            "reason": step.reason,
            "job": step.job or None,
            "log": asdict(logs[step.name]) if step.name in logs else None,
        }
        for step in outcome.failed
    ]
    document = {
        **_execution(outcome.snapshot),
        "model": outcome.model or None,
        "pipeline": outcome.pipeline or None,
        "conclusion": outcome.conclusion,
        "problem": outcome.problem or None,
        "failed_steps": failed,
        "verdict_uri": outcome.verdict_uri or None,
        "verdict": None if outcome.verdict is None else to_json(outcome.verdict),
    }
    return json.dumps(document, indent=2)


def unfinished_json(snapshot: Snapshot, problem: str) -> str:
    """Return what is known of an execution that goes on, as JSON."""
    steps = [{"name": step.name, "status": step.status} for step in snapshot.steps]
    document = {**_execution(snapshot), "conclusion": "running", "problem": problem, "steps": steps}
    return json.dumps(document, indent=2)


def _execution(snapshot: Snapshot) -> dict[str, Any]:
    return {"execution_arn": snapshot.execution_arn, "status": snapshot.status}


def print_outcome(outcome: Outcome, *, again: str) -> None:
    """Print the conclusion to standard output; *again* is the options that name this place."""
    screen = console()
    verdict = outcome.verdict
    said = verdict.decision if verdict and not outcome.problem else "no evidence"
    title = f"{outcome.model} {outcome.pipeline}: {said}"
    if not outcome.is_ours:
        title = f"{outcome.snapshot.pipeline_name} {outcome.snapshot.execution_id}: {outcome.snapshot.status}"
    line(screen, Text(f"\n{clean(title)}", style=_STYLES[outcome.conclusion]))
    if not outcome.is_ours:
        line(screen, Text(f"no verdict is expected of it: {clean(outcome.problem)}"))
    elif outcome.problem:
        line(screen, Text(f"{clean(outcome.problem)}; the execution is {outcome.snapshot.status}"))
    if verdict is not None:
        print_verdict(screen, verdict, outcome.verdict_uri)
    if outcome.conclusion == "broken":
        for text in _breakage(outcome):
            line(screen, Text(text))
    for text in _next(outcome, again):
        line(screen, Text(text))


def _breakage(outcome: Outcome) -> Iterator[str]:
    """Yield why each broken step broke, with the end of its job's log."""
    logs = {log.step: log for log in outcome.logs}
    for step in outcome.failed[:MOST_FAILED]:
        yield f"step {clean(step.name)} {step.status}: {clean(step.reason or 'no reason given', 1100)}"
        if step.name in logs:
            yield from _log(logs[step.name])
    more = len(outcome.failed) - MOST_FAILED
    if more > 0:
        yield f"… and {more} more steps that did not succeed"
    if outcome.snapshot.reason:
        yield clean(outcome.snapshot.reason)


def _log(tail: Tail) -> Iterator[str]:
    where = f"stream {clean(tail.stream)}" if tail.stream else f"job {clean(tail.job)}"
    if tail.problem:
        yield f"  log {tail.group}, {where}: {clean(tail.problem)}"
        return
    yield f"  log {tail.group}, {where}, ends with:"
    for text in tail.lines:
        yield f"  | {clean(text, _LONGEST_LINE)}"


def _next(outcome: Outcome, again: str) -> Iterator[str]:
    arn, model = outcome.snapshot.execution_arn, outcome.model
    if outcome.conclusion == "done":
        return
    if outcome.conclusion == "broken":
        yield f"next: {_mend(outcome)}; its steps again:"
        yield f"      sagemaker-monitor follow {arn} {again}"
        return
    if outcome.verdict is not None and outcome.verdict.decision in _ADVICE:
        more = MORE_LABELS if _lacks_labels(outcome.verdict) else ""
        yield f"next: {more}{_ADVICE[outcome.verdict.decision]}"
    version = _registered_version(outcome)
    if outcome.verdict is not None and outcome.conclusion == "open" and _waits(outcome.verdict):
        yield "next: when labels have arrived, put them in place and judge what needs them:"
        of = " --of endpoint" if outcome.pipeline == "monitor-endpoint" else ""
        yield f"      sagemaker-monitor ground-truth put FILE --model {model}{of} {again}"
        yield f"      sagemaker-monitor run {_judging_labels(outcome)} --model {model} {again}"
        if version:
            yield f"      sagemaker-monitor gate {model} --version {version} {again} --apply"
        return
    if outcome.conclusion == "open" and version:
        yield f"next: sagemaker-monitor gate {model} --version {version} {again} --apply"
        return
    yield f"next: sagemaker-monitor report {model} --execution {arn} {again} -o report.html"
    if outcome.verdict is not None and outcome.verdict.decision == "refused" and _monitors(outcome):
        yield "may its version be rejected for it?"
        yield f"      sagemaker-monitor gate {model} --execution {arn} {again}"


def _judging_labels(outcome: Outcome) -> str:
    """Return the pipeline that judges labels which arrive later: an endpoint's window is judged again."""
    if outcome.pipeline != "monitor-endpoint":
        return "monitor-ground-truth"
    batch = outcome.verdict.batch if outcome.verdict else None
    window = f" --from {batch.window.start} --to {batch.window.end}" if batch and batch.window else ""
    return f"monitor-endpoint{window}"


def _monitors(outcome: Outcome) -> bool:
    """Return whether the run judged a registered version's data."""
    return outcome.pipeline.startswith("monitor-")


def _mend(outcome: Outcome) -> str:
    """Return what to do about a run without evidence."""
    if outcome.snapshot.status == "Stopped":
        return "it was stopped, start a new run"
    if outcome.failed:
        return "put right what the failed step says, and start a new run"
    return "start a new run"


def _lacks_labels(verdict: Verdict) -> bool:
    """Return whether what could not be told could be, with the labels of more of its rows."""
    batch = verdict.batch
    return verdict.decision == "inconclusive" and batch is not None and 0 < batch.labelled < batch.rows


def _waits(verdict: Verdict) -> bool:
    """Return whether something was not checked for want of labels alone."""
    return any(each.why == NOT_ARRIVED for each in verdict.not_checked)


def _registered_version(outcome: Outcome) -> str:
    for step in outcome.snapshot.steps:
        if step.kind == "RegisterModel" and step.detail:
            return step.detail.rsplit("/", 1)[-1]
    return ""
