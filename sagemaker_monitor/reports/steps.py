"""How the steps of an execution went, from the records of ListPipelineExecutionSteps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.reports.wording import counted, duration, moment, text

MAX_STEPS = 200
MOST_NAMED = 5
ENDED = frozenset({"Succeeded", "Failed", "Stopped"})


@dataclass(frozen=True)
class StepLine:
    """One step."""

    name: str
    kind: str
    status: str
    took: str
    reason: str
    seconds: float = 0.0

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


def why_it_ended(lines: Sequence[StepLine], reason: str = "") -> str:
    """Return the first failed step and its reason, for a run that left no verdict; or the run's *reason*."""
    failed = next((line for line in lines if line.status == "Failed"), None)
    if failed is not None:
        return f"{failed.name} failed: {failed.reason or 'it gives no reason'}"
    if any(line.status in ("Stopped", "Stopping") for line in lines):
        return f"It was stopped. {reason}".rstrip()
    if not lines:
        return reason or "No step of it ever started."
    return reason or "No step reports a failure."


def how_far(lines: Sequence[StepLine]) -> str:
    """Return how far a run is that goes on: what has ended, and what runs now."""
    ended = sum(line.status in ENDED for line in lines)
    now = [line.name for line in lines if line.status not in ENDED]
    running = f"; running now: {', '.join(now[:MOST_NAMED])}" if now else ""
    return f"{counted(ended, 'step has', 'steps have')} ended so far{running}"


def _line(record: Mapping[str, Any]) -> StepLine:
    metadata = record.get("Metadata")
    start, end = moment(record.get("StartTime")), moment(record.get("EndTime"))
    return StepLine(
        name=text(record.get("StepName") or "?", 120),
        kind=text(next(iter(metadata), ""), 60) if isinstance(metadata, Mapping) else "",
        status=text(record.get("StepStatus") or "?", 40),
        took=duration(start, end),
        reason=text(record.get("FailureReason") or _fail_message(metadata)),
        seconds=max(0.0, (end - start).total_seconds()) if start and end else 0.0,
    )


def _fail_message(metadata: object) -> str:
    """Return what a Fail step says, which is no FailureReason."""
    fail = metadata.get("Fail") if isinstance(metadata, Mapping) else None
    return str(fail.get("ErrorMessage") or "") if isinstance(fail, Mapping) else ""
