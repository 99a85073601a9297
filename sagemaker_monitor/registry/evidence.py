"""Why a version may be opened: the chain from the version back to the run, the verdict and the baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_monitor.analysis.documents.verdict import ACCEPT, Verdict
from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.registry.bound import artifact_link, baseline_links, read_bound_verdict
from sagemaker_monitor.registry.chain import (
    CLOCK_SKEW,
    METADATA,
    Evidence,
    Link,
    Origin,
    length,
    parse_execution_arn,
)
from sagemaker_monitor.registry.lineage import Lineage
from sagemaker_monitor.registry.promoted import promotion_links, read_promotion
from sagemaker_monitor.registry.verdicts import applied_waivers
from sagemaker_monitor.registry.versions import Version

ONLY_REGISTER = "only `run register` and `promote` register versions with evidence"


@dataclass(frozen=True)
class _Execution:
    """What SageMaker says of the execution that the version names."""

    arn: str
    status: str
    started: datetime | None
    definition: str
    steps: tuple[Mapping[str, Any], ...]


def gather(
    aws: Aws, version: Version, origin: Origin, *, max_age: timedelta, now: datetime, anew: bool = False
) -> Evidence:
    """Follow the chain of *version* as far as it goes; every link says whether it holds, and why not.

    What is missing, foreign or altered is a link that does not hold, never an exception. Ages are those at
    an approved version's approval, unless it is to be opened *anew*, elsewhere. AwsError only when AWS could
    not be asked.
    """
    metadata = version.metadata
    missing = [key for key in METADATA if not metadata.get(key)]
    if missing:
        detail = f"it lacks {', '.join(missing)}: {ONLY_REGISTER}"
        return Evidence(version, (Link("metadata", False, detail), _carries(version)), None)
    links = [_environment_link(metadata, origin)]
    promoted = read_promotion(aws, version, origin)
    execution, expected = None, ""
    if promoted is None:
        execution, problem = _ask_execution(aws, metadata["PipelineExecutionArn"], origin)
        links.extend(_execution_links(version, execution, problem))
        expected = origin.verdict_uri(parse_execution_arn(metadata["PipelineExecutionArn"])[1])
    elif promoted.lineage and promoted.record:
        expected = f"{origin.promotion_folder(promoted.lineage.sha256)}/{promoted.record.verdict}"
    verdict, link = read_bound_verdict(aws, version, expected)
    links.extend(promotion_links(aws, version, promoted, verdict, origin))
    links.append(link)
    if verdict is not None:
        lineage = promoted.lineage if promoted else None
        registered = lineage.registered_at if lineage else version.created
        opened = now if anew else _opened(version, now)
        links.append(_subject_link(version, origin, verdict, lineage))
        links.append(_bundle_link(version, verdict, execution))
        links.append(_age_link(registered, verdict, execution, max_age, opened))
        links.extend(baseline_links(aws, version, verdict))
        links.extend(_accepted_link(version, verdict))
        links.extend(_waived_link(verdict, opened))
    links.append(artifact_link(aws, version))
    return Evidence(version, tuple(links), verdict)


def _opened(version: Version, now: datetime) -> datetime:
    """Return when the version is opened: an approved one was when it was last changed.

    Its evidence had to be young then.
    """
    return version.modified if version.approval == "Approved" and version.modified else now


def _carries(version: Version) -> Link:
    if not version.baselines:
        return Link("baselines", False, "the version carries none: no later run can compare with it")
    return Link("baselines", True, ", ".join(sorted(version.baselines)))


def _environment_link(metadata: Mapping[str, str], origin: Origin) -> Link:
    said = metadata["Environment"]
    holds = said == origin.environment
    return Link(
        "environment",
        holds,
        said if holds else f"it was registered in {said!r}, not in {origin.environment!r}",
    )


def _ask_execution(aws: Aws, arn: str, origin: Origin) -> tuple[_Execution | None, str]:
    """Return the execution, or why there is none that could be this model's."""
    pipeline, execution = parse_execution_arn(arn)
    # SageMaker writes pipeline names in lower case into ARNs.
    if not execution or pipeline.lower() != origin.pipeline_name.lower():
        return None, f"{arn} is no execution of {origin.pipeline_name}"
    region, account = arn.split(":")[3:5]
    ours = aws.environment
    if (region, account) != (ours.region, ours.account):
        return None, f"{arn} is of account {account} in {region}, not of {ours.account} in {ours.region}"
    try:
        found = aws.call("sagemaker", "describe_pipeline_execution", PipelineExecutionArn=arn)
        ran = aws.call(
            "sagemaker", "describe_pipeline_definition_for_execution", PipelineExecutionArn=arn
        ).get("PipelineDefinition", "")
        steps = aws.pages(
            "sagemaker", "list_pipeline_execution_steps", "PipelineExecutionSteps", PipelineExecutionArn=arn
        )
        status, started = found["PipelineExecutionStatus"], found.get("CreationTime")
        return _Execution(arn, status, started, ran, tuple(steps)), ""
    except AwsError as error:
        if isinstance(error, NotFoundError) or error.code.startswith("Validation"):
            return None, f"{arn} does not exist: {error}"
        raise


def _execution_links(version: Version, execution: _Execution | None, problem: str) -> Iterator[Link]:
    if execution is None:
        yield Link("execution", False, problem)
        return
    yield Link("execution", execution.status == "Succeeded", f"{execution.arn} {execution.status}")
    registered = [arn for step in execution.steps if (arn := _registered_arn(step))]
    yield Link(
        "registration",
        version.arn in registered,
        f"version {version.number} came out of it"
        if version.arn in registered
        else f"it registered {', '.join(registered) or 'nothing'}, not version {version.number}",
    )


def _registered_arn(step: Mapping[str, Any]) -> str:
    return str(step.get("Metadata", {}).get("RegisterModel", {}).get("Arn", ""))


def _accepted_link(version: Version, verdict: Verdict) -> Iterator[Link]:
    """Yield which baselines were accepted without comparing, and why; nothing where none was."""
    accepted = [check for check in verdict.checks if check.mode == ACCEPT]
    reasons = {check.accept_reason for check in accepted}
    if not reasons and not version.accept_reason:
        return
    steps = ", ".join(check.step for check in accepted) or "no check"
    same = reasons == {version.accept_reason}
    told = version.accept_reason if same else "the version and its verdict give different reasons"
    yield Link("accepted", same, f"{steps}, without comparing: {told}")


def _waived_link(verdict: Verdict, opened: datetime) -> Iterator[Link]:
    """Yield who let which limits pass until when, as the verdict was made; nothing where nobody did.

    A version that is opened after a waiver's last day cannot rest on it.
    """
    applied = applied_waivers(verdict)
    day = f"{opened.astimezone(UTC):%Y-%m-%d}"
    told = [
        f"{each.match} through {each.expires}{' (which is over)' if each.expires < day else ''}, "
        f"approved by {each.approved_by}: {each.reason}"
        for each in applied
    ]
    if applied:
        yield Link("waived", all(each.expires >= day for each in applied), "; ".join(told))


def _subject_link(version: Version, origin: Origin, verdict: Verdict, lineage: Lineage | None) -> Link:
    wanted = {
        "execution_arn": version.metadata["PipelineExecutionArn"],
        "model": origin.model,
        "pipeline": origin.pipeline,
        "environment": lineage.registered_in if lineage else origin.environment,
    }
    wrong = [
        f"{key} is {getattr(verdict, key)!r}"
        for key, value in wanted.items()
        if getattr(verdict, key) != value
    ]
    detail = f"but it should speak of {origin.model}, {wanted['execution_arn']}"
    return Link(
        "subject", not wrong, f"{', '.join(wrong)}, {detail}" if wrong else "it speaks of this execution"
    )


def _bundle_link(version: Version, verdict: Verdict, execution: _Execution | None) -> Link:
    bundle = version.metadata["BundleSha256"]
    if verdict.bundle_sha256 != bundle:
        return Link("bundle", False, f"the version says {bundle}, the verdict {verdict.bundle_sha256}")
    if execution is not None and bundle not in execution.definition:
        return Link("bundle", False, f"{bundle} is not in the definition that the execution ran")
    return Link("bundle", True, bundle)


def _age_link(
    at: datetime, verdict: Verdict, execution: _Execution | None, max_age: timedelta, opened: datetime
) -> Link:
    """Return whether the evidence is young enough, by AWS's own clock: the time of registration, *at*.

    The verdict's own time is its job's clock, and S3's would be new after every copy: they have only to
    agree.
    """
    made = _moment(verdict.created)
    if made is None:
        return Link("age", False, f"the verdict's time, {verdict.created!r}, is none")
    registered = stamp(at)
    if made > at + CLOCK_SKEW:
        detail = f"the verdict is of {verdict.created}, after the version was registered ({registered})"
        return Link("age", False, detail)
    if execution is not None and execution.started and made < execution.started - CLOCK_SKEW:
        detail = f"the verdict is of {verdict.created}, before its execution started"
        return Link("age", False, detail)
    age = opened - at
    if age < -CLOCK_SKEW:
        detail = f"registered {registered}, {length(-age)} ahead of this machine's clock: set the clock"
        return Link("age", False, detail)
    detail = f"verdict of {verdict.created}, {length(age)} old; at most {length(max_age)} opens a version"
    return Link("age", age <= max_age, detail)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
