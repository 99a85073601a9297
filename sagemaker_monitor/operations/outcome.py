"""How an execution ended: its verdict, where it left one, and what that means for who waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pipelines.names import PIPELINES, pipeline_name, verdict_uri
from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import Snapshot, Step
from sagemaker_monitor.operations.job_log import Tail, tails
from sagemaker_monitor.registry.chain import parse_execution_arn
from sagemaker_monitor.registry.verdicts import read_verdict

REFUSALS = frozenset({"refused", "inconclusive", "labels-missing", "window-empty"})

Conclusion = Literal["open", "refused", "broken", "done"]


@dataclass(frozen=True)
class Outcome:
    """An ended execution and its verdict; *pipeline* and *model* are empty where it is none of ours."""

    snapshot: Snapshot
    pipeline: str
    model: str
    verdict: Verdict | None
    verdict_uri: str
    problem: str
    """Why there is no verdict, or why it cannot be believed; empty otherwise."""
    logs: tuple[Tail, ...] = ()
    """How the logs of the steps that broke end."""

    @property
    def is_ours(self) -> bool:
        """Whether a verdict was to be expected."""
        return bool(self.pipeline)

    @property
    def failed(self) -> tuple[Step, ...]:
        """The steps that failed or were stopped, in the order in which they started."""
        return tuple(step for step in self.snapshot.steps if step.status in ("Failed", "Stopped"))

    @property
    def conclusion(self) -> Conclusion:
        """What it means: open, refused, or that nothing can be concluded; done for what is none of ours.

        A verdict is believed only with the execution's own end: open with Succeeded, and never when a
        step broke, whatever the verdict says.
        """
        if not self.is_ours:
            return "done" if self.snapshot.status == "Succeeded" else "broken"
        if self.verdict is None or self.problem:
            return "broken"
        if self.verdict.gate == "open":
            return "open" if self.snapshot.status == "Succeeded" else "broken"
        return "refused" if self.verdict.decision in REFUSALS else "broken"


def conclude(aws: Aws, snapshot: Snapshot) -> Outcome:
    """Return what an ended execution concluded, with the logs of what broke. Raises AwsError."""
    try:
        outcome = conclude_of(aws, snapshot, *whose(aws, snapshot.execution_arn))
    except UsageError as error:
        outcome = Outcome(snapshot, "", "", None, "", str(error))
    if outcome.conclusion != "broken":
        return outcome
    return replace(outcome, logs=tails(aws, outcome.failed))


def conclude_of(aws: Aws, snapshot: Snapshot, model: str, pipeline: str) -> Outcome:
    """Return what an ended execution of *pipeline* of *model* concluded. Raises AwsError."""
    execution_id = parse_execution_arn(snapshot.execution_arn)[1]
    uri = verdict_uri(aws.environment.storage.root, model, pipeline, execution_id)
    verdict, problem = _verdict(aws, uri, snapshot)
    if verdict is not None and not problem and verdict.gate == "open" and snapshot.status != "Succeeded":
        problem = f"the verdict is {verdict.decision}, but the execution is {snapshot.status}"
    return Outcome(snapshot, pipeline, model, verdict, uri, problem)


def whose(aws: Aws, execution_arn: str) -> tuple[str, str]:
    """Return the model and the pipeline an execution is of. Raises UsageError for a foreign one, AwsError.

    Of a deleted pipeline only the ARN is left, which has its name in lower case.
    """
    pipeline_arn = execution_arn.split("/execution/")[0]
    # The API knows the name as it was given.
    try:
        name = aws.call("sagemaker", "describe_pipeline", PipelineName=pipeline_arn)["PipelineName"]
        deleted = ""
    except NotFoundError:
        name, deleted = pipeline_arn.rpartition("/")[2], ", and it was deleted"
    for pipeline in PIPELINES:
        tail = pipeline_name("", pipeline, aws.environment.name)
        known = tail.lower() if deleted else tail
        if name.endswith(known) and name != known:
            return name[: -len(tail)], pipeline
    raise UsageError(
        f"{name!r} is none of this package's pipelines in environment {aws.environment.name!r}{deleted}; "
        f"they are called {pipeline_name('<model>', '<pipeline>', aws.environment.name)}"
    )


def _verdict(aws: Aws, uri: str, snapshot: Snapshot) -> tuple[Verdict | None, str]:
    execution_arn = snapshot.execution_arn
    try:
        verdict = read_verdict(aws, uri)
    except NotFoundError:
        return None, f"it left no verdict: {_why_none(snapshot)}"
    except ValueError as error:
        return None, f"{uri} is not a verdict: {error}"
    if verdict.execution_arn != execution_arn:
        return verdict, f"the verdict at {uri} is of another execution, {verdict.execution_arn}"
    return verdict, ""


def _why_none(snapshot: Snapshot) -> str:
    """Return how far an execution without a verdict came."""
    checks = [step for step in snapshot.steps if step.kind in ("ClarifyCheck", "QualityCheck")]
    broken = next((step for step in snapshot.steps if step.status in ("Failed", "Stopped")), None)
    if broken is not None and not checks:
        return f"step {broken.name} {broken.status} before any check"
    if broken is not None:
        return f"step {broken.name} {broken.status}"
    if not snapshot.steps:  # none ran, or nobody asked for them
        return snapshot.reason or f"it is {snapshot.status}"
    return "none of its steps decides" if not any(_decides(step) for step in snapshot.steps) else "it is gone"


def _decides(step: Step) -> bool:
    return step.name.startswith("Decide")
