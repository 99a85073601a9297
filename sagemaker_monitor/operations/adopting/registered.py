"""Model package versions of others: their artifact, their baselines, and what the gate would miss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sagemaker_monitor.operations.adopting.reader import Reader
from sagemaker_monitor.operations.adopting.served import Container, of_specification
from sagemaker_monitor.operations.adopting.shapes import wrong_with_baseline, wrong_with_config
from sagemaker_monitor.operations.adopting.sources import Baseline, Config, Sources
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.monitoring_pins import CHECK_TYPES, CONFIG
from sagemaker_monitor.registry.versions import BASELINE_OF_CHECK, list_versions

MOST_VERSIONS = 20
"""The newest versions that are looked at."""
PLACES = {BASELINE_OF_CHECK[check]: kind for kind, checks in CHECK_TYPES.items() for check in checks}
"""Where DriftCheckBaselines hold constraints, and of which kind of monitor."""
METRICS = {
    ("ModelDataQuality", "Constraints"): "DataQuality",
    ("ModelQuality", "Constraints"): "ModelQuality",
    ("Bias", "PreTrainingReport"): "ModelBias",
    ("Bias", "PostTrainingReport"): "ModelBias",
    ("Bias", "Report"): "ModelBias",
    ("Explainability", "Report"): "ModelExplainability",
}
"""The same of ModelMetrics, which checks do not compare with."""


@dataclass(frozen=True)
class Registered:
    """One version as it is described."""

    group: str
    number: int
    approval: str
    containers: tuple[Container, ...]
    drift: Mapping[str, tuple[str, ...]]
    """Kind of monitor to the URIs of its constraints in DriftCheckBaselines."""
    metrics: Mapping[str, tuple[str, ...]]
    """The same of ModelMetrics."""
    has_evidence: bool
    """Whether it names the execution and the verdict that the gate believes."""

    @property
    def resource(self) -> str:
        """What it is called in what is told of it."""
        return f"model package {self.group} version {self.number}"


def read_group(reader: Reader, group: str) -> tuple[Registered, ...]:
    """Return the newest versions of *group*, the newest first. Raises UsageError, AwsError."""
    reader.describe(
        f"model package group {group}", "describe_model_package_group", ModelPackageGroupName=group
    )
    summaries = islice(list_versions(reader.aws, group), MOST_VERSIONS)
    found = tuple(_version(reader, group, each["ModelPackageArn"]) for each in summaries)
    if not found:
        raise UsageError(
            f"model package group {group} has no version: there is nothing to adopt; begin with init, and "
            "run register --mode bootstrap"
        )
    return found


def meant(versions: tuple[Registered, ...]) -> Registered:
    """Return the version whose artifact and baselines are taken: the newest approved one, or the newest."""
    return next((each for each in versions if each.approval == "Approved"), versions[0])


def of_version(reader: Reader, version: Registered) -> Sources:
    """Return what a version's baselines say: those that checks compare with, else those of its metrics."""
    found = version.drift or version.metrics
    where = "DriftCheckBaselines" if version.drift else "ModelMetrics"
    baselines, configs = [], []
    for kind, uris in found.items():
        for uri in uris:
            content = reader.document(version.resource, f"{where} ({kind})", uri, wrong_with_baseline)
            if content is not None:
                baselines.append(Baseline(version.resource, kind, uri, content))
            beside = f"{uri.rpartition('/')[0]}/{CONFIG}"
            if kind in ("ModelBias", "ModelExplainability"):
                content = reader.document(version.resource, where, beside, wrong_with_config, needed=False)
                if content is not None:
                    configs.append(Config(f"the baseline of {version.resource}", beside, content))
    return Sources(configs=tuple(configs), baselines=tuple(baselines))


def _version(reader: Reader, group: str, arn: str) -> Registered:
    answer = reader.describe(f"model package {arn}", "describe_model_package", ModelPackageName=arn)
    number = int(answer.get("ModelPackageVersion", 0))
    metadata = answer.get("CustomerMetadataProperties") or {}
    return Registered(
        group=group,
        number=number,
        approval=answer.get("ModelApprovalStatus", ""),
        containers=of_specification(
            f"model package {group} version {number}", answer.get("InferenceSpecification") or {}
        ),
        drift=dict(_documents(answer.get("DriftCheckBaselines") or {}, PLACES)),
        metrics=dict(_documents(answer.get("ModelMetrics") or {}, METRICS)),
        has_evidence=bool(metadata.get("PipelineExecutionArn") and metadata.get("VerdictUri")),
    )


def _documents(
    section: Mapping[str, Any], places: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    by_kind: dict[str, list[str]] = {}
    for (part, document), kind in places.items():
        uri = ((section.get(part) or {}).get(document) or {}).get("S3Uri")
        if uri:
            by_kind.setdefault(kind, []).append(uri)
    for kind, uris in by_kind.items():
        yield kind, tuple(dict.fromkeys(uris))
