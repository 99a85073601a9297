"""A monitoring schedule in the configuration's terms, read alike from what is wanted and what is deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_monitor.operations.difference import MISSING, Difference, value_differences
from sagemaker_monitor.operations.resources.resource import Fields
from steps.monitoring import TYPES

Document = Mapping[str, Any]
MONITORS = {kind: monitor for monitor, kind in TYPES.items()}
"""MonitoringType to the monitor of a model's file."""
VERSION, STATUS, DEFINITION, MODEL = "baseline version", "status", "job definition", "model"
FILES, LEFT_OVER, TAGS = "files", "left over", "tags"
_OURS = (VERSION, STATUS, DEFINITION, MODEL, FILES, LEFT_OVER, TAGS)
"""Fields that are no key of the model's file."""
_FOLLOWS = (DEFINITION, MODEL, FILES, LEFT_OVER)
"""Fields that differ because others do."""
_OF_VERSION = ("baseline",)
"""Keys that differ because another version is approved."""


def terms_of(kind: str, config: Document, definition: Document, analysis: Any = None) -> dict[str, Any]:
    """Return what a schedule's configuration and job definition say, by keys of the model's file.

    *kind* is the MonitoringType, *analysis* the document of Clarify's configuration. What no key says has
    a name of its own; what is not set is left out.
    """
    application = definition.get(f"{kind}AppSpecification", {})
    given = definition.get(f"{kind}JobInput", {})
    output = definition.get(f"{kind}JobOutputConfig", {})
    source = dict(given.get("EndpointInput") or given.get("BatchTransformInput") or {})
    environment = dict(application.get("Environment", {}))
    cluster = dict(definition.get("JobResources", {}).get("ClusterConfig", {}))
    schedule = config.get("ScheduleConfig", {})
    terms = {
        "monitor": MONITORS.get(kind, kind),
        "of": _of(source),
        "expression": schedule.get("ScheduleExpression"),
        "window": _set(
            start=source.pop("StartTimeOffset", None) or schedule.get("DataAnalysisStartTime"),
            end=source.pop("EndTimeOffset", None) or schedule.get("DataAnalysisEndTime"),
        ),
        "ground_truth": given.get("GroundTruthS3Input", {}).get("S3Uri"),
        "record_preprocessor": application.get("RecordPreprocessorSourceUri"),
        "post_analytics_processor": application.get("PostAnalyticsProcessorSourceUri"),
        "baseline": _baseline(definition.get(f"{kind}BaselineConfig", {})),
        "compute": _set(
            instance_type=cluster.pop("InstanceType", None),
            instance_count=cluster.pop("InstanceCount", None),
            volume_size_gb=cluster.pop("VolumeSizeInGB", None),
            max_runtime=definition.get("StoppingCondition", {}).get("MaxRuntimeInSeconds"),
        ),
        "publish_cloudwatch_metrics": environment.pop("publish_cloudwatch_metrics", "Disabled") == "Enabled",
        "analysis": _without_model(analysis),
        "image": application.get("ImageUri"),
        "problem_type": application.get("ProblemType"),
        "environment": environment,
        "input": source,
        "output": _set(
            reports=output.get("MonitoringOutputs"), kms_key=output.get("KmsKeyId"), volume=cluster or None
        ),
        "role": definition.get("RoleArn"),
        "network": definition.get("NetworkConfig"),
    }
    return {key: value for key, value in terms.items() if value not in (None, {})}


def asked_model(analysis: Any) -> str | None:
    """Return the model that an analysis asks."""
    predictor = analysis.get("predictor") if isinstance(analysis, dict) else None
    return predictor.get("model_name") if isinstance(predictor, dict) else None


def schedule_differences(
    key: str, resource: str, wanted: Fields, deployed: Fields, differing: tuple[str, ...]
) -> Iterator[Difference]:
    """Yield what differs of the schedule *key*, deployed as *resource*, and what is more than a consequence.

    *differing* are the fields that do.
    """
    told = [name for name in differing if name not in _FOLLOWS]
    if VERSION in told:
        told = [name for name in told if name not in _OF_VERSION]
    for name in told or differing:
        ours = name in _OURS
        subject = f"{resource}: {name}" if ours else f"monitoring_schedules.{key}.{name}"
        before, after = (MISSING if each.get(name) is None else each[name] for each in (deployed, wanted))
        yield from value_differences("resource" if ours else "model", subject, before, after)


def _of(source: dict[str, Any]) -> str | None:
    endpoint, batches = source.pop("EndpointName", None), source.pop("DataCapturedDestinationS3Uri", None)
    return f"endpoint {endpoint}" if endpoint else f"batches {batches}" if batches else None


def _baseline(config: Document) -> dict[str, Any]:
    return _set(
        constraints=(config.get("ConstraintsResource") or {}).get("S3Uri"),
        statistics=(config.get("StatisticsResource") or {}).get("S3Uri"),
        job=config.get("BaseliningJobName"),
    )


def _without_model(analysis: Any) -> Any:
    if asked_model(analysis) is None:
        return analysis
    predictor = {key: value for key, value in analysis["predictor"].items() if key != "model_name"}
    return {**analysis, "predictor": predictor}


def _set(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
