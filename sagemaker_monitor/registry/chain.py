"""The chain of evidence behind a version: its links, and where honest evidence comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.registry.versions import Version

METADATA = (
    "PipelineExecutionArn",
    "BundleSha256",
    "VerdictUri",
    "VerdictSha256",
    "ModelDataETag",
    "Environment",
)
"""What `register` writes into a version; the gate believes nothing else."""

SHOWN = 12
"""Characters of a hash that tell it from others."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of AWS, of its jobs and of this machine may be apart."""


@dataclass(frozen=True)
class Origin:
    """Where honest evidence for one model in one environment comes from."""

    model: str
    environment: str
    pipeline_name: str
    verdict_uri: Callable[[str], str]
    """The verdict's URI, from the id of an execution."""
    promotion_folder: Callable[[str], str]
    """The URI of the folder that a promotion has brought, from the SHA-256 of its record."""
    pipeline: str = "register"
    """The kind of pipeline; monitoring runs register a version once more, with a new baseline."""
    promoted_from: str | None = None
    """The environment that versions have to be promoted from; None where they need not be."""


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


def parse_execution_arn(arn: str) -> tuple[str, str]:
    """Return pipeline name and execution id of an execution ARN; empty strings when it is none.

    The service writes `arn:aws:sagemaker:<region>:<account>:pipeline/<name>/execution/<id>`, in other
    partitions with `aws-cn` or `aws-us-gov`.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sagemaker":
        return "", ""
    match parts[5].split("/"):
        case ["pipeline", name, "execution", execution] if name and execution:
            return name, execution
        case _:
            return "", ""


def length(age: timedelta) -> str:
    """Return a length of time in the unit that one would say."""
    if age < timedelta(hours=1):
        return f"{max(0, int(age.total_seconds() // 60))} min"
    return (
        f"{age / timedelta(hours=1):.0f} h" if age < timedelta(days=2) else f"{age / timedelta(days=1):.0f} d"
    )
