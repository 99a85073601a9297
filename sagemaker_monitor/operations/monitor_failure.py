"""What a monitoring run says against the version it judged, and whether that may be believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.names import PIPELINES
from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.aws.storage import head
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import look
from sagemaker_monitor.operations.outcome import Outcome, conclude_of, whose
from sagemaker_monitor.registry.chain import CLOCK_SKEW, Link, length
from sagemaker_monitor.registry.rejection import Rejection, reject, weigh
from sagemaker_monitor.registry.versions import Version, describe
from sagemaker_monitor.settings import Model

MONITORS = tuple(name for name in PIPELINES if name.startswith("monitor-"))


@dataclass(frozen=True)
class MonitorFailure:
    """A monitoring run that ended, the version it judged, and the chain that speaks against that version."""

    outcome: Outcome
    version: Version | None
    links: tuple[Link, ...]

    @property
    def is_ground(self) -> bool:
        """Whether the version may be rejected for it: the run refused, and every link holds."""
        return self.version is not None and all(link.holds for link in self.links)


def read_failure(
    aws: Aws, model: Model, execution_arn: str, *, now: datetime | None = None
) -> MonitorFailure:
    """Return what an ended `monitor-*` execution of *model* says. Raises UsageError, AwsError.

    The execution's end, its verdict and the version it names are links; none of them is believed alone.
    """
    snapshot = look(aws, execution_arn)
    owner, pipeline = whose(aws, execution_arn)
    if owner != model.model or pipeline not in MONITORS:
        raise UsageError(
            f"{execution_arn} is of {pipeline} of {owner!r}; a version is rejected for a run of "
            f"{' or '.join(MONITORS)} of {model.model!r}"
        )
    if not snapshot.has_ended:
        raise UsageError(f"{execution_arn} is {snapshot.status}: wait for its end with follow")
    outcome = conclude_of(aws, snapshot, owner, pipeline)
    version, link = _version(aws, model, outcome)
    links = [*_run_links(aws, outcome, now or datetime.now(UTC)), link]
    return MonitorFailure(outcome, version, tuple(links))


def take_back(aws: Aws, failure: MonitorFailure, *, apply: bool, force: bool) -> Rejection | None:
    """Weigh the rejection of the version that *failure* is about, or *apply* it; None without a ground.

    Raises AwsError.
    """
    if failure.version is None or not failure.is_ground:
        return None
    if not apply:
        return weigh(aws, failure.version, force=force)
    verdict, snapshot = failure.outcome.verdict, failure.outcome.snapshot
    reasons = (
        f"sagemaker-monitor gate: {failure.outcome.pipeline} refused",
        verdict.summary if verdict else "",
        f"verdict {failure.outcome.verdict_uri}",
        f"execution {snapshot.execution_arn}",
    )
    return reject(aws, failure.version, reasons, force=force)


def _run_links(aws: Aws, outcome: Outcome, now: datetime) -> Iterator[Link]:
    snapshot, verdict = outcome.snapshot, outcome.verdict
    arn = snapshot.execution_arn
    yield Link("execution", snapshot.status != "Stopped", f"{arn} {snapshot.status}")
    if verdict is None or outcome.problem:
        yield Link("verdict", False, outcome.problem or "there is none")
        return
    refused = verdict.decision == "refused"
    why = "" if refused else ": only `refused` speaks against a version"
    yield Link("verdict", refused, f"{verdict.decision}, gate {verdict.gate}: {verdict.summary}{why}")
    ours = (verdict.model, verdict.environment) == (outcome.model, aws.environment.name)
    yield Link("subject", ours, f"it speaks of {verdict.model} in {verdict.environment}")
    yield _bundle_link(aws, arn, verdict.bundle_sha256)
    yield _written_link(aws, outcome)
    ended = snapshot.ended or now
    age, most = now - ended, aws.environment.approval.evidence_max_age
    yield Link("age", age <= most, f"ended {stamp(ended)}, {length(age)} ago; at most {length(most)} counts")


def _bundle_link(aws: Aws, arn: str, bundle: str) -> Link:
    try:
        definition = aws.call(
            "sagemaker", "describe_pipeline_definition_for_execution", PipelineExecutionArn=arn
        ).get("PipelineDefinition", "")
    except NotFoundError as error:
        return Link("bundle", False, f"the definition that it ran is not there: {error}")
    holds = bundle in definition
    return Link("bundle", holds, bundle if holds else f"{bundle} is not in the definition that it ran")


def _written_link(aws: Aws, outcome: Outcome) -> Link:
    """Return whether the verdict was last written while its execution ran: nothing else binds it."""
    stored, ended = head(aws, outcome.verdict_uri), outcome.snapshot.ended
    if stored is None:
        return Link("written", False, f"{outcome.verdict_uri} is gone")
    if ended is not None and stored.modified > ended + CLOCK_SKEW:
        detail = f"{outcome.verdict_uri} was written at {stamp(stored.modified)}, after its run had ended"
        return Link("written", False, detail)
    return Link("written", True, f"{stamp(stored.modified)}, while its execution ran")


def _version(aws: Aws, model: Model, outcome: Outcome) -> tuple[Version | None, Link]:
    arn = (outcome.verdict.model_package_arn if outcome.verdict else None) or ""
    if not arn:
        return None, Link("version", False, "no verdict names the version that was judged")
    try:
        version = describe(aws, arn)
    except AwsError as error:
        if isinstance(error, NotFoundError) or error.code.startswith("Validation"):
            return None, Link("version", False, f"{arn} does not exist: {error}")
        raise
    group = aws.environment.model_package_group_name(model.model)
    if version.group != group:
        return None, Link("version", False, f"{arn} is of group {version.group!r}, not of {group!r}")
    return version, Link("version", True, f"version {version.number} of {group}, {version.approval}")
