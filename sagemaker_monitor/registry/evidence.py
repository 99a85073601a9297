"""Why a version may be opened: the chain from the version back to the run, the verdict and the baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.storage import StoredObject, head
from sagemaker_monitor.registry.verdicts import read_verdict
from sagemaker_monitor.registry.versions import Version

METADATA = ("PipelineExecutionArn", "BundleSha256", "VerdictUri", "Environment")
"""What `register` writes into a version; the gate believes nothing else."""

CLOCK_SKEW = timedelta(seconds=5)


@dataclass(frozen=True)
class Origin:
    """Where honest evidence for one model in one environment comes from."""

    model: str
    environment: str
    pipeline_name: str
    verdict_uri: Callable[[str], str]
    """The verdict's URI, from the id of an execution."""


@dataclass(frozen=True)
class Link:
    """One link of the chain: whether it holds, and what was found."""

    name: str
    holds: bool
    detail: str


@dataclass(frozen=True)
class Evidence:
    """All links of one version's chain, and its verdict where it could be read."""

    version: Version
    links: tuple[Link, ...]
    verdict: Verdict | None

    @property
    def is_open(self) -> bool:
        """Whether every link holds."""
        return all(link.holds for link in self.links)


def gather(aws: Aws, version: Version, origin: Origin, *, max_age: timedelta, now: datetime) -> Evidence:
    """Follow the chain of *version* as far as it goes; every link says whether it holds, and why not.

    What is missing, foreign or altered is a link that does not hold, never an exception;
    AwsError only when AWS could not be asked.
    """
    metadata = version.metadata
    missing = [key for key in METADATA if not metadata.get(key)]
    if missing:
        detail = f"it lacks {', '.join(missing)}: it was not registered by one of these pipelines"
        return Evidence(version, (Link("metadata", False, detail),), None)
    links = [_environment_link(metadata, origin)]
    links.extend(_execution_links(aws, version, origin))
    stored, verdict, link = _read_verdict(aws, version, origin)
    links.append(link)
    if verdict is not None and stored is not None:
        links.extend(_verdict_links(version, origin, verdict))
        links.append(_age_link(version, stored, verdict, max_age, now))
        links.append(_baseline_link(aws, version, verdict))
    return Evidence(version, tuple(links), verdict)


def _environment_link(metadata: Mapping[str, str], origin: Origin) -> Link:
    said = metadata["Environment"]
    holds = said == origin.environment
    return Link(
        "environment",
        holds,
        said if holds else f"it was registered in {said!r}, not in {origin.environment!r}",
    )


def _execution_links(aws: Aws, version: Version, origin: Origin) -> Iterator[Link]:
    arn = version.metadata["PipelineExecutionArn"]
    pipeline, execution = parse_execution_arn(arn)
    # SageMaker writes pipeline names in lower case into ARNs.
    if not execution or pipeline.lower() != origin.pipeline_name.lower():
        yield Link("execution", False, f"{arn} is no execution of {origin.pipeline_name}")
        return
    try:
        status = aws.call("sagemaker", "describe_pipeline_execution", PipelineExecutionArn=arn)[
            "PipelineExecutionStatus"
        ]
        steps = list(
            aws.pages(
                "sagemaker",
                "list_pipeline_execution_steps",
                "PipelineExecutionSteps",
                PipelineExecutionArn=arn,
            )
        )
    except AwsError as error:
        if isinstance(error, NotFoundError) or error.code.startswith("Validation"):
            yield Link("execution", False, f"{arn} does not exist: {error}")
            return
        raise
    yield Link("execution", status == "Succeeded", f"{arn} {status}")
    registered = [_registered_arn(step) for step in steps if _registered_arn(step)]
    yield Link(
        "registration",
        version.arn in registered,
        f"version {version.number} came out of it"
        if version.arn in registered
        else f"it registered {', '.join(registered) or 'nothing'}, not version {version.number}",
    )


def _registered_arn(step: Mapping[str, Any]) -> str:
    return str(step.get("Metadata", {}).get("RegisterModel", {}).get("Arn", ""))


def _read_verdict(
    aws: Aws, version: Version, origin: Origin
) -> tuple[StoredObject | None, Verdict | None, Link]:
    uri = version.metadata["VerdictUri"]
    expected = origin.verdict_uri(parse_execution_arn(version.metadata["PipelineExecutionArn"])[1])
    if uri != expected:
        return (
            None,
            None,
            Link("verdict", False, f"{uri} is not where that execution writes its verdict, {expected}"),
        )
    stored = head(aws, uri)
    if stored is None:
        return None, None, Link("verdict", False, f"{uri} does not exist")
    if stored.modified > version.created + CLOCK_SKEW:
        detail = (
            f"{uri} was written again after the version was registered ({stored.modified:%Y-%m-%d %H:%M:%S}Z)"
        )
        return stored, None, Link("verdict", False, detail)
    try:
        verdict = read_verdict(aws, uri)
    except ValueError as error:
        return stored, None, Link("verdict", False, f"{uri} is not a verdict: {error}")
    return (
        stored,
        verdict,
        Link(
            "verdict", verdict.gate == "open", f"{verdict.decision}, gate {verdict.gate}: {verdict.summary}"
        ),
    )


def _verdict_links(version: Version, origin: Origin, verdict: Verdict) -> Iterator[Link]:
    wanted = {
        "execution_arn": version.metadata["PipelineExecutionArn"],
        "model": origin.model,
        "pipeline": "register",
        "environment": origin.environment,
    }
    wrong = [
        f"{key} is {getattr(verdict, key)!r}"
        for key, value in wanted.items()
        if getattr(verdict, key) != value
    ]
    detail = f"but it should speak of {origin.model}, {wanted['execution_arn']}"
    yield Link(
        "subject", not wrong, f"{', '.join(wrong)}, {detail}" if wrong else "it speaks of this execution"
    )
    bundle = version.metadata["BundleSha256"]
    same = verdict.bundle_sha256 == bundle
    yield Link(
        "bundle", same, bundle if same else f"the version says {bundle}, the verdict {verdict.bundle_sha256}"
    )


def _age_link(
    version: Version, stored: StoredObject, verdict: Verdict, max_age: timedelta, now: datetime
) -> Link:
    # An approved version was opened when it was last changed; its evidence had to be young then.
    moment = version.modified if version.approval == "Approved" and version.modified else now
    age = moment - stored.modified
    detail = f"verdict of {verdict.created}, {_days(age)} old; at most {_days(max_age)} opens a version"
    return Link("age", age <= max_age, detail)


def _baseline_link(aws: Aws, version: Version, verdict: Verdict) -> Link:
    for check in verdict.checks:
        uri = version.baselines.get(check.check_type)
        if uri is None:
            return Link(
                "baselines", False, f"the version carries no baseline of {check.step} ({check.check_type})"
            )
        if head(aws, uri) is None:
            return Link("baselines", False, f"the baseline of {check.step} is gone: {uri}")
    if not verdict.checks:
        return Link("baselines", False, "the verdict names no check")
    return Link("baselines", True, ", ".join(f"{check.step}" for check in verdict.checks))


def _days(age: timedelta) -> str:
    if age < timedelta(hours=1):
        return f"{max(0, int(age.total_seconds() // 60))} min"
    return (
        f"{age / timedelta(hours=1):.0f} h" if age < timedelta(days=2) else f"{age / timedelta(days=1):.0f} d"
    )


def parse_execution_arn(arn: str) -> tuple[str, str]:
    """Return pipeline name and execution id of an execution ARN; empty strings when it is none.

    The service writes `arn:aws:sagemaker:<region>:<account>:pipeline/<name>/execution/<id>`.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sagemaker":
        return "", ""
    match parts[5].split("/"):
        case ["pipeline", name, "execution", execution] if name and execution:
            return name, execution
        case _:
            return "", ""
