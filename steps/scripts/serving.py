"""Which registered version answered an endpoint's requests, as far as SageMaker knows.

A captured record names no model. What an endpoint serves now is known through its configuration and its
models; since when, by the time its images were resolved. What was answered before is not known.

Runs under Python 3.8 with boto3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

Ask = Callable[..., Optional[Mapping[str, Any]]]
"""Asks SageMaker: an operation's name and its request; None where there is no such thing."""
LONGEST_UPDATE = timedelta(hours=8)
"""How long a deployment may take until it serves alone: the most that a blue/green update is given."""
TIME = "%Y-%m-%dT%H:%M:%SZ"
OURS, OTHERS, UNKNOWN = "ours", "others", "unknown"


@dataclass(frozen=True)
class Artifact:
    """A model's archive: where it lies, and the ETag that it was registered with, if that is known."""

    url: str
    etag: str | None = None

    def same(self, other: Artifact) -> bool:
        """Return whether both are the same archive, as far as is known."""
        return self.url == other.url and (None in (self.etag, other.etag) or self.etag == other.etag)


@dataclass(frozen=True)
class ServedVariant:
    """What one variant serves since when (UTC, to the second): a registered version, and its artifact.

    A model may be made of the artifact alone. Where neither is known, *why* says it.
    """

    name: str
    since: str
    version: str | None = None
    artifact: Artifact | None = None
    why: str = ""


@dataclass(frozen=True)
class Serving:
    """An endpoint as it is now: its variants, and what it captures where."""

    name: str
    variants: Tuple[ServedVariant, ...]
    captures: bool
    destination: str | None
    percentage: int

    def of(self, variant: str) -> ServedVariant | None:
        """Return the variant of that name."""
        return next((each for each in self.variants if each.name == variant), None)


@dataclass(frozen=True)
class Judged:
    """Tells whose a captured answer is, for the version *arn* with the artifact *artifact*."""

    serving: Serving | None
    arn: str
    artifact: Artifact | None

    def serves(self, variant: ServedVariant) -> bool | None:
        """Return whether *variant* serves the version now; None where that is not known.

        A version that was registered once more, with a new baseline, has the artifact of the one before.
        """
        if variant.version == self.arn:
            return True
        if variant.artifact is not None and self.artifact is not None:
            return variant.artifact.same(self.artifact)
        return None if variant.version is None else False

    def whose(self, variant: str, time: str) -> str:
        """Return whether an answer of *variant* at *time* was the version's, another's, or nobody knows."""
        served = self.serving.of(variant) if self.serving else None
        if served is None or time < served.since:
            return UNKNOWN
        return {True: OURS, False: OTHERS, None: UNKNOWN}[self.serves(served)]


def asking(client: Any) -> Ask:
    """Return what asks SageMaker through *client*; None is the answer about what does not exist."""
    from botocore.exceptions import ClientError

    def ask(operation: str, **request: Any) -> Optional[Mapping[str, Any]]:
        try:
            found: Mapping[str, Any] = getattr(client, operation)(**request)
            return found
        except ClientError as error:
            answer = error.response["Error"]
            if answer["Code"] == "ResourceNotFound":
                return None
            if answer["Code"] == "ValidationException" and "Could not find" in answer.get("Message", ""):
                return None
            raise

    return ask


def read_serving(ask: Ask, endpoint: str) -> Serving | None:
    """Return what *endpoint* serves; None where there is no endpoint of that name."""
    described = ask("describe_endpoint", EndpointName=endpoint)
    if described is None:
        return None
    name = str(described.get("EndpointConfigName", ""))
    config = ask("describe_endpoint_config", EndpointConfigName=name) if name else None
    models = {
        each["VariantName"]: each.get("ModelName") for each in (config or {}).get("ProductionVariants", ())
    }
    capture = described.get("DataCaptureConfig") or {}
    return Serving(
        endpoint,
        tuple(
            _variant(ask, each["VariantName"], _since(described, each), models, config is not None)
            for each in described.get("ProductionVariants") or ()
        ),
        bool(capture.get("EnableCapture")),
        capture.get("DestinationS3Uri") or None,
        int(capture.get("CurrentSamplingPercentage", 100)),
    )


def artifact_of(ask: Ask, arn: str) -> Artifact | None:
    """Return the artifact of the registered version *arn*; None where it has none, or several."""
    described = (ask("describe_model_package", ModelPackageName=arn) if arn else None) or {}
    containers = (described.get("InferenceSpecification") or {}).get("Containers") or ()
    url = next(iter(containers)).get("ModelDataUrl") if len(containers) == 1 else None
    metadata = described.get("CustomerMetadataProperties") or {}
    return Artifact(url, metadata.get("ModelDataETag") or None) if url else None


def latest_approved(ask: Ask, group: str) -> str | None:
    """Return the newest approved version of *group*, whose baselines checks compare with by themselves."""
    found = ask(
        "list_model_packages",
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )
    summaries = (found or {}).get("ModelPackageSummaryList") or ()
    return next((each["ModelPackageArn"] for each in summaries), None)


def _variant(ask: Ask, name: str, since: str, models: Dict[str, Any], configured: bool) -> ServedVariant:
    model = models.get(name)
    if not configured:
        return ServedVariant(name, since, why="its endpoint configuration was deleted")
    if not model:
        return ServedVariant(name, since, why="its configuration names no model for it")
    described = ask("describe_model", ModelName=model)
    if described is None:
        return ServedVariant(name, since, why=f"its model {model} was deleted")
    containers = described.get("Containers") or [described.get("PrimaryContainer") or {}]
    if len(containers) != 1:
        return ServedVariant(name, since, why=f"its model {model} has {len(containers)} containers")
    version, artifact = containers[0].get("ModelPackageName"), containers[0].get("ModelDataUrl")
    if not version and not artifact:
        return ServedVariant(name, since, why=f"its model {model} names no version and no artifact")
    if version:
        return ServedVariant(name, since, version, artifact_of(ask, version))
    return ServedVariant(name, since, None, Artifact(artifact))


def _since(described: Mapping[str, Any], variant: Mapping[str, Any]) -> str:
    """Return when the variant served alone at the latest.

    The endpoint's last change is the end of its deployment, or a later one, such as of its instances'
    number. Its images are resolved when a deployment begins, which ends after some hours at most.
    """
    modified = _utc(described["LastModifiedTime"])
    resolved = [
        _utc(each["ResolutionTime"])
        for each in variant.get("DeployedImages") or ()
        if each.get("ResolutionTime")
    ]
    since = min(modified, max(resolved) + LONGEST_UPDATE) if resolved else modified
    return since.strftime(TIME)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
