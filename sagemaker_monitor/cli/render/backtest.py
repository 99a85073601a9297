"""Past executions under candidate policies as a table, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.analysis.documents.verdict import OPEN, Finding
from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.operations.backtest import Decided, Replayed, Summary, summaries

DRIFT = "baseline_drift_check"
SHOWN = 3
"""Findings that a cell names."""


def subject(finding: Finding) -> str:
    """Return what a finding is about, in short: DPPL/black, drift/income."""
    metric = "drift" if finding.metric == DRIFT else finding.metric
    return "/".join(filter(None, (metric, finding.facet or finding.feature)))


def print_backtest(environment: str, model: str, replayed: Sequence[Replayed]) -> None:
    """Print executions × policies and a summary of each policy to standard output."""
    screen = console()
    found = summaries(replayed)
    table = Table(box=SIMPLE_HEAD)
    for heading in (
        "pipeline",
        "execution",
        "started (UTC)",
        "rows",
        "then",
        *(each.policy for each in found),
    ):
        table.add_column(clean(heading), overflow="fold")
    for each in replayed:
        table.add_row(*_cells(each, len(found)))
    screen.print(table)
    for each in replayed:
        if each.gone:
            line(screen, Text(f"{each.execution}: not replayed: {clean(each.gone)}", style="yellow"))
        elif each.reproduced == "differs":
            changed = "its own policy decides otherwise today: the code that decides has changed since"
            line(screen, Text(f"{each.execution}: {changed}", style="yellow"))
    for summary in found:
        line(screen, Text(f"{clean(summary.policy)}: {'; '.join(_told(summary))}"))
    if not found:
        line(screen, Text(f"{environment}: no run of {clean(model)} could be replayed"))


def _cells(each: Replayed, policies: int) -> Iterator[Text]:
    yield Text(each.pipeline)
    yield Text(clean(each.execution))
    yield Text(f"{each.started:%Y-%m-%d %H:%M}")
    recorded = each.recorded
    yield Text(str(recorded.batch.rows) if recorded and recorded.batch else "-")
    yield _decision(recorded.decision) if recorded else Text("-")
    if not each.decided:
        yield from (Text("-") for _ in range(policies))
    for decided in each.decided:
        yield _decision(decided.verdict.decision).append(_why(decided), style="default")


def _decision(decision: str) -> Text:
    return Text(decision, style="green" if decision in OPEN else "red")


def _why(decided: Decided) -> str:
    refusing = [subject(each) for each in decided.refusing]
    if refusing:
        more = f" and {len(refusing) - SHOWN} more" if len(refusing) > SHOWN else ""
        return f": {clean(', '.join(refusing[:SHOWN]))}{more}"
    count = len(decided.warning)
    return f", {count} {'warning' if count == 1 else 'warnings'}" if count else ""


def _told(summary: Summary) -> Iterator[str]:
    of = f"of {summary.replayed}"
    refused, then = (counts.get("refused", 0) for counts in (summary.decisions, summary.then))
    yield f"refuses {refused} {of} ({then} then)"
    others = {k: n for k, n in summary.decisions.items() if k not in OPEN and k != "refused"}
    if others:
        yield f"closed otherwise {_counts(others)}"
    yield f"warns in {summary.warned}"
    if summary.closed:
        yield f"would have closed {', '.join(summary.closed)}"
    if summary.opened:
        yield f"would have opened {', '.join(summary.opened)}"
    if not summary.closed and not summary.opened:
        yield "opens and closes the same runs as then"
    if summary.rules:
        yield f"rules that refuse: {clean(_counts(summary.rules))}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def backtest_json(environment: str, model: str, replayed: Sequence[Replayed]) -> str:
    """Return the backtest as JSON, schema_version 1; times are ISO 8601 in UTC."""
    document = {
        "schema_version": 1,
        "environment": environment,
        "model": model,
        "executions": [_execution(each) for each in replayed],
        "policies": [dict(vars(each)) for each in summaries(replayed)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _execution(each: Replayed) -> dict[str, Any]:
    return {
        "execution_arn": each.execution_arn,
        "pipeline": each.pipeline,
        "started": each.started.isoformat(),
        "then": each.recorded and each.recorded.decision,
        "summary_then": each.recorded and each.recorded.summary,
        "reproduced": each.reproduced,
        "not_replayed": each.gone or None,
        "decided": [
            {
                "policy": decided.policy,
                "decision": decided.verdict.decision,
                "gate": decided.verdict.gate,
                "summary": decided.verdict.summary,
                "refused_by": [_finding(found) for found in decided.refusing],
                "warned_by": [_finding(found) for found in decided.warning],
            }
            for decided in each.decided
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "monitor": finding.monitor,
        "subject": subject(finding),
        "message": finding.message,
    }
