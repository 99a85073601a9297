"""The report for programs: every document of the run in one, complete."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.reports.content import Report
from sagemaker_monitor.reports.crossings import Crossing
from sagemaker_monitor.reports.document import ReportError, ReportInput
from sagemaker_monitor.reports.standing import standing
from sagemaker_monitor.reports.wording import moment

SCHEMA_VERSION = 1


def as_json(document: ReportInput, report: Report) -> str:
    """Return the report as one JSON object, which ends with a newline; times are ISO 8601 in UTC.

    *state* is the verdict's decision, or why it is none that is believed; *verdict* is as it was found.
    """
    found = standing(document)
    believed = found.verdict if found.verdict and found.state == found.verdict.decision else None
    record = {
        "schema_version": SCHEMA_VERSION,
        "generated_at": _time(document.generated_at),
        "state": found.state,
        "decision": believed.decision if believed else None,
        "gate": found.gate,
        "summary": report.summary,
        "problem": found.problem or None,
        "execution_status": document.execution.get("PipelineExecutionStatus"),
        "verdict_uri": document.verdict_uri or None,
        "verdict": document.verdict,
        "steps": [_step(step) for step in document.steps],
        "analyses": dict(document.analyses),
        "violations": {
            step: {"uri": uri, "document": dict(report)}
            for step, (uri, report) in document.violations.items()
        },
        "details": dict(document.details),
        "images": dict(document.images),
        "unreadable": dict(document.unreadable),
        "distributions": [_distribution(each) for each in report.crossings if each.drawing],
    }
    try:
        return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False, default=dict) + "\n"
    except (TypeError, ValueError) as error:
        raise ReportError(f"a document of the run cannot be written as JSON: {error}") from error


def _distribution(crossing: Crossing) -> dict[str, Any]:
    """Return the shares that the page draws; the sketches themselves are in the run's statistics.json."""
    drawing = crossing.drawing
    return {
        "feature": crossing.group,
        "ends": drawing and drawing.ends,
        "words": drawing and list(drawing.words),
        "buckets": [
            {"label": bar.name, "baseline": bar.baseline, "batch": bar.batch}
            for bar in (drawing.bars if drawing else ())
        ],
    }


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    metadata = step.get("Metadata")
    return {
        "name": step.get("StepName"),
        "type": next(iter(metadata), None) if isinstance(metadata, Mapping) else None,
        "status": step.get("StepStatus"),
        "started": _time(step.get("StartTime")),
        "ended": _time(step.get("EndTime")),
        "failure_reason": step.get("FailureReason"),
    }


def _time(value: object) -> str | None:
    at = moment(value)
    return at.isoformat() if at else None
