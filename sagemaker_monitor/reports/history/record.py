"""The report of a model over time for programs: every run with its verdict, complete."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sagemaker_monitor.reports.document import ReportError
from sagemaker_monitor.reports.history.document import HistoryInput, PastRun, PastVersion
from sagemaker_monitor.reports.history.runs import Run, read_runs

SCHEMA_VERSION = 1


def as_json(document: HistoryInput) -> str:
    """Return the report as one JSON object, which ends with a newline; times are ISO 8601 in UTC."""
    record = {
        "schema_version": SCHEMA_VERSION,
        "generated_at": _time(document.generated_at),
        "model": document.model,
        "environment": document.environment,
        "since": _time(document.since),
        "older": document.older,
        "runs": [_run(past, run) for past, run in zip(document.runs, read_runs(document), strict=True)],
        "versions": [_version(each) for each in document.versions],
        "details": dict(document.details),
    }
    try:
        return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise ReportError(f"a verdict cannot be written as JSON: {error}") from error


def _run(past: PastRun, run: Run) -> dict[str, Any]:
    return {
        "number": run.line.number,
        "pipeline": past.pipeline,
        "execution_arn": past.execution_arn,
        "status": past.status,
        "started": _time(past.started),
        "state": run.line.state,
        "gate": run.verdict.gate if run.verdict else "closed",
        "reason": run.line.reason,
        "verdict": None if past.verdict is None else dict(past.verdict),
    }


def _version(each: PastVersion) -> dict[str, Any]:
    return {
        "number": each.number,
        "arn": each.arn,
        "approval": each.approval,
        "created": _time(each.created),
        "changed": _time(each.changed),
        "description": each.description or None,
        "execution_arn": each.execution_arn or None,
        "accept_reason": each.accept_reason or None,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
