"""How an execution ended: its verdict, where it left one, and what that means for who waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.names import PIPELINES, pipeline_name, verdict_uri
from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import Snapshot
from sagemaker_monitor.registry.chain import parse_execution_arn
from sagemaker_monitor.registry.verdicts import read_verdict

REFUSALS = frozenset({"refused", "inconclusive", "labels-missing", "window-empty"})

Conclusion = Literal["open", "refused", "broken"]


@dataclass(frozen=True)
class Outcome:
    """An ended execution and its verdict."""

    snapshot: Snapshot
    pipeline: str
    model: str
    verdict: Verdict | None
    verdict_uri: str
    problem: str
    """Why there is no verdict, or why it cannot be believed; empty otherwise."""

    @property
    def conclusion(self) -> Conclusion:
        """What it means: open, refused, or that nothing can be concluded.

        A verdict is believed only with the execution's own end: open with Succeeded, and never when a
        step broke, whatever the verdict says.
        """
        if self.verdict is None or self.problem:
            return "broken"
        if self.verdict.gate == "open":
            return "open" if self.snapshot.status == "Succeeded" else "broken"
        return "refused" if self.verdict.decision in REFUSALS else "broken"


def conclude(aws: Aws, snapshot: Snapshot) -> Outcome:
    """Return what an ended execution concluded. Raises UsageError for a foreign pipeline; AwsError."""
    return conclude_of(aws, snapshot, *whose(aws, snapshot.execution_arn))


def conclude_of(aws: Aws, snapshot: Snapshot, model: str, pipeline: str) -> Outcome:
    """Return what an ended execution of *pipeline* of *model* concluded. Raises AwsError."""
    execution_id = parse_execution_arn(snapshot.execution_arn)[1]
    uri = verdict_uri(aws.environment.storage.root, model, pipeline, execution_id)
    verdict, problem = _verdict(aws, uri, snapshot.execution_arn)
    if verdict is not None and not problem and verdict.gate == "open" and snapshot.status != "Succeeded":
        problem = f"the verdict is {verdict.decision}, but the execution is {snapshot.status}"
    return Outcome(snapshot, pipeline, model, verdict, uri, problem)


def whose(aws: Aws, execution_arn: str) -> tuple[str, str]:
    """Return the model and the pipeline an execution is of. Raises UsageError for a foreign one."""
    pipeline_arn = execution_arn.split("/execution/")[0]
    # The ARN has the name in lower case; the API knows it as it was given.
    try:
        name = aws.call("sagemaker", "describe_pipeline", PipelineName=pipeline_arn)["PipelineName"]
    except NotFoundError as error:
        raise UsageError(f"there is no pipeline {pipeline_arn} in {aws.environment.name!r}") from error
    for pipeline in PIPELINES:
        tail = pipeline_name("", pipeline, aws.environment.name)
        if name.endswith(tail) and name != tail:
            return name[: -len(tail)], pipeline
    raise UsageError(
        f"{name!r} is none of this package's pipelines in environment {aws.environment.name!r}; "
        f"they are called {pipeline_name('<model>', '<pipeline>', aws.environment.name)}"
    )


def _verdict(aws: Aws, uri: str, execution_arn: str) -> tuple[Verdict | None, str]:
    try:
        verdict = read_verdict(aws, uri)
    except NotFoundError:
        return None, "it left no verdict"
    except ValueError as error:
        return None, f"{uri} is not a verdict: {error}"
    if verdict.execution_arn != execution_arn:
        return verdict, f"the verdict at {uri} is of another execution, {verdict.execution_arn}"
    return verdict, ""
