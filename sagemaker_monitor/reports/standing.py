"""What an execution's verdict is worth: none yet, believed, or not to be believed, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json
from sagemaker_monitor.reports.document import ReportError, ReportInput

SUCCEEDED = "Succeeded"
RUNNING = frozenset({"Executing", "Stopping"})

NO_VERDICT, STILL_RUNNING = "no-verdict", "running"
UNREADABLE, FOREIGN, CONTRADICTED = "unreadable", "foreign", "contradicted"


@dataclass(frozen=True)
class Standing:
    """A verdict and the *state* it is in: its decision, or one of this module's words, with the *problem*."""

    verdict: Verdict | None
    state: str
    problem: str = ""

    @property
    def gate(self) -> str:
        """Return open only for a verdict that is believed and says so."""
        return self.verdict.gate if self.verdict and self.state == self.verdict.decision else "closed"


def standing(document: ReportInput) -> Standing:
    """Return what the verdict of *document* is worth beside the execution's own end."""
    arn, status = (document.execution.get(key) for key in ("PipelineExecutionArn", "PipelineExecutionStatus"))
    return stand(document.verdict, arn, status, document.unreadable.get("verdict", ""))


def stand(
    document: Mapping[str, Any] | None, arn: str | None, status: str | None, unreadable: str = ""
) -> Standing:
    """Return what verdict.json is worth for the execution *arn* whose status is *status*, None if unknown.

    An open verdict is believed with Succeeded alone: when a step broke after it, nothing came of it.
    """
    if unreadable:
        return Standing(None, UNREADABLE, unreadable)
    try:
        verdict = read_verdict(document)
    except ReportError as error:
        return Standing(None, UNREADABLE, str(error))
    if verdict is not None and arn is not None and verdict.execution_arn != arn:
        return Standing(None, FOREIGN, f"the verdict that lies there is of {verdict.execution_arn}")
    if status in RUNNING:
        return Standing(verdict, STILL_RUNNING)
    if verdict is None:
        return Standing(None, NO_VERDICT)
    if verdict.gate == "open" and status not in (None, SUCCEEDED):
        problem = f"the verdict is {verdict.decision}, but the execution ended {status}"
        return Standing(verdict, CONTRADICTED, problem)
    return Standing(verdict, verdict.decision)


def read_verdict(document: Mapping[str, Any] | None) -> Verdict | None:
    """Return the verdict that *document* is; ReportError where it is none, or of another schema version."""
    try:
        return None if document is None else from_json(dict(document))
    except DocumentError as error:
        raise ReportError(str(error)) from error
