"""What is on record about an execution and its steps, so that a kill leaves it readable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.definition import Step

EXECUTION, STEP = "execution", "execution-step"
UNFINISHED = ("Executing", "Stopping")
STEP_UNFINISHED = ("Starting", "Executing", "Stopping")
FAILED_REASON = "Step failure: One or multiple steps failed."
REASON_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one execution; every method writes at once, or as soon as the disk has room."""

    context: Context
    arn: str

    def started(self, step: Step) -> None:
        """Record that *step* starts."""
        record: dict[str, Any] = {
            "StepName": step.name,
            "StepDisplayName": step.display_name,
            "StepDescription": step.description,
            "StartTime": self.context.now(),
            "StepStatus": "Starting",
            "Metadata": {},
            "AttemptCount": 1,
        }
        self._put(step, record)

    def described(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Record what the step's metadata says now."""

        def change(document: dict[str, Any]) -> dict[str, Any]:
            status = "Stopping" if document["StepStatus"] == "Stopping" else "Executing"
            return {**document, "StepStatus": status, "Metadata": dict(metadata)}

        self._update(STEP, self._key(name), change)

    def attempted(self, name: str, attempt: int) -> None:
        """Record that the step starts anew."""
        self._change(name, AttemptCount=attempt, Metadata={})

    def reused(self, step: Step, source: Mapping[str, Any], member: str) -> None:
        """Record *step* as the *source* step of another execution left it; *member* says why."""
        now = self.context.now()
        kept = ("StepStatus", "Metadata", "_Properties", "_Signature")
        record = {
            "StepName": step.name,
            "StepDisplayName": step.display_name,
            "StepDescription": step.description,
            "StartTime": now,
            "EndTime": now,
            member: {"SourcePipelineExecutionArn": source["_Execution"]},
            **{name: source[name] for name in kept if name in source},
        }
        self._put(step, record)

    def forget(self, name: str) -> None:
        """Drop the record of a step that runs again."""
        self.context.store.delete(STEP, self._key(name))

    def stopping(self) -> None:
        """Record that every running step was asked to stop."""
        for step in steps_of(self.context, self.arn):
            self._update(STEP, self._key(step["StepName"]), _stopping)

    def ended(self, name: str, status: str, reason: str | None, **own: Any) -> None:
        """Record how the step ended, and with *own* what only the emulator knows of it."""
        shortened = reason if reason is None else reason[:REASON_LIMIT]
        self._change(name, StepStatus=status, FailureReason=shortened, EndTime=self.context.now(), **own)

    def execution(self, **changes: Any) -> None:
        """Record *changes* to the execution itself."""
        changes["LastModifiedTime"] = self.context.now()
        self._update(EXECUTION, self.arn, lambda document: {**document, **changes})

    def _change(self, name: str, **changes: Any) -> None:
        self._update(STEP, self._key(name), lambda document: {**document, **changes})

    def _put(self, step: Step, record: dict[str, Any]) -> None:
        store = self.context.store
        number = store.outlast(lambda: store.next_number(STEP))
        own = {"_Execution": self.arn, "_Number": number, "_Type": step.type}
        store.outlast(lambda: store.put(STEP, self._key(step.name), record | own))

    def _update(self, kind: str, key: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        store = self.context.store
        store.outlast(lambda: store.update(kind, key, change))

    def _key(self, name: str) -> str:
        return f"{self.arn}/{name}"


def _stopping(document: dict[str, Any]) -> dict[str, Any]:
    running = document["StepStatus"] in STEP_UNFINISHED
    return {**document, "StepStatus": "Stopping"} if running else document


def steps_of(context: Context, arn: str) -> list[dict[str, Any]]:
    """Return the records of the steps of the execution *arn*, in the order in which they started."""
    return sorted(context.store.list(STEP, prefix=f"{arn}/"), key=lambda record: record["_Number"])


def abandon(context: Context, reason: str) -> None:
    """Record that everything that is still running failed for *reason*: its process is gone."""
    for status in UNFINISHED:
        for execution in context.store.list(EXECUTION, PipelineExecutionStatus=status):
            records = Records(context, execution["PipelineExecutionArn"])
            for step in steps_of(context, records.arn):
                if step["StepStatus"] in STEP_UNFINISHED:
                    records.ended(step["StepName"], "Failed", reason)
            records.execution(PipelineExecutionStatus="Failed", FailureReason=reason)
