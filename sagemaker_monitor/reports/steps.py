"""How the steps of an execution went, from the records of ListPipelineExecutionSteps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.reports.wording import duration, moment, text

MAX_STEPS = 200


@dataclass(frozen=True)
class StepLine:
    """One step."""

    name: str
    kind: str
    status: str
    took: str
    reason: str

    @property
    def tone(self) -> str:
        """Return how the status is shown: open, closed or unclear."""
        return {"Succeeded": "open", "Failed": "closed"}.get(self.status, "unclear")


def step_lines(records: Sequence[Mapping[str, Any]]) -> tuple[StepLine, ...]:
    """Return one line per record, in the order in which the steps started where that is known."""
    started = [moment(record.get("StartTime")) for record in records]
    places = sorted(
        range(len(records)), key=lambda place: ((at := started[place]) is None, at.timestamp() if at else 0.0)
    )
    return tuple(_line(records[place]) for place in places)


def why_it_ended(lines: Sequence[StepLine]) -> str:
    """Return the first failed step and its reason, for a run that left no verdict."""
    failed = next((line for line in lines if line.status == "Failed"), None)
    if failed is None:
        return "No step reports a failure."
    return f"{failed.name} failed: {failed.reason or 'it gives no reason'}"


def _line(record: Mapping[str, Any]) -> StepLine:
    metadata = record.get("Metadata")
    return StepLine(
        name=text(record.get("StepName") or "?", 120),
        kind=text(next(iter(metadata), ""), 60) if isinstance(metadata, Mapping) else "",
        status=text(record.get("StepStatus") or "?", 40),
        took=duration(moment(record.get("StartTime")), moment(record.get("EndTime"))),
        reason=text(record.get("FailureReason") or ""),
    )
