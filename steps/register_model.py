"""The RegisterModel step: a version with its baselines and the evidence that the gate believes."""

from __future__ import annotations

from typing import Any

from steps.adapter import request_step
from steps.baselining import Asked
from steps.build import Build
from steps.decide import Decided
from steps.model import serving_container
from steps.spec import checks_of

JSON = "application/json"
USED = "BaselineUsedForDriftCheck"


METRICS = {
    ("DATA_QUALITY", "CalculatedBaselineStatistics"): "model_data_statistics",
    ("DATA_QUALITY", "CalculatedBaselineConstraints"): "model_data_constraints",
    ("MODEL_QUALITY", "CalculatedBaselineStatistics"): "model_statistics",
    ("MODEL_QUALITY", "CalculatedBaselineConstraints"): "model_constraints",
    ("DATA_BIAS", "CalculatedBaselineConstraints"): "bias_pre_training",
    ("MODEL_BIAS", "CalculatedBaselineConstraints"): "bias_post_training",
    ("MODEL_EXPLAINABILITY", "CalculatedBaselineConstraints"): "explainability",
}
"""Check type and part of what a check calculated, to the SDK's argument for ModelMetrics."""
BASELINES = {
    ("DATA_QUALITY", "Statistics"): "model_data_statistics",
    ("DATA_QUALITY", "Constraints"): "model_data_constraints",
    ("MODEL_QUALITY", "Statistics"): "model_statistics",
    ("MODEL_QUALITY", "Constraints"): "model_constraints",
    ("DATA_BIAS", "Constraints"): "bias_pre_training_constraints",
    ("MODEL_BIAS", "Constraints"): "bias_post_training_constraints",
    ("MODEL_EXPLAINABILITY", "Constraints"): "explainability_constraints",
}
"""The same for DriftCheckBaselines."""


def version_evidence(build: Build, decided: Decided, asked: Asked, bundle_sha256: str) -> dict[str, Any]:
    """Return what a version keeps of the run that registers it: its CustomerMetadataProperties."""
    from sagemaker.core.workflow.execution_variables import ExecutionVariables

    return {
        "PipelineExecutionArn": ExecutionVariables.PIPELINE_EXECUTION_ARN,
        "BundleSha256": bundle_sha256,
        "VerdictUri": decided.verdict_uri,
        "VerdictSha256": decided.bound("verdict_sha256"),
        "ModelDataETag": decided.bound("model_data_etag"),
        **decided.baseline_data_uris(build.model.monitors.configured),
        "Environment": build.environment.name,
        **decided.custom_baselines(build.model),
        **asked.metadata(),
    }


def register_version(
    build: Build,
    *,
    model_data_url: Any,
    model_package_group_name: Any,
    approval_status: Any,
    checks: dict[str, Any],
    decided: Decided,
    evidence: dict[str, Any],
) -> Any:
    """Return the step that registers the candidate.

    ModelMetrics are what *checks*, steps by check type, calculated; DriftCheckBaselines are what the
    next check compares with, each with the digest of its content that *decided* found; *evidence*
    becomes CustomerMetadataProperties.
    """
    carried = {
        (check_type, part): _shown(checks[check_type], f"{USED}{part}")
        for check_type, part in BASELINES
        if check_type in checks
    }
    return _register(
        build,
        name="Register",
        container=serving_container(build, model_data_url),
        group=model_package_group_name,
        approval_status=approval_status,
        checks=checks,
        carried=carried,
        decided=decided,
        evidence=evidence,
    )


def register_renewed(
    build: Build,
    *,
    name: str,
    model_package_group_name: Any,
    checks: dict[str, Any],
    decided: Decided,
    evidence: dict[str, Any],
) -> Any:
    """Return the step that registers the version that scored once more, pending, with new baselines.

    Which they are, and which stay as they were, *decided* has found: SageMaker's properties show what one
    check did, and a version carries baselines of checks that this run did not make. *checks* are those
    that it made, by check type.
    """
    container = serving_container(build, decided.bound("container.model_data_url"))
    carried = {
        (check.check_type, part): decided.bound(f"carried.{check.check_type}.{part}")
        for check in checks_of(build.model, "register")
        if check.custom is None
        for part in (("Statistics", "Constraints") if check.has_statistics else ("Constraints",))
    }
    return _register(
        build,
        name=name,
        # The version's own image: the configuration may name another one by now.
        container={**container, "Image": decided.bound("container.image")},
        group=model_package_group_name,
        approval_status="PendingManualApproval",
        checks=checks,
        carried=carried,
        decided=decided,
        evidence=evidence,
    )


def _register(
    build: Build,
    *,
    name: str,
    container: dict[str, Any],
    group: Any,
    approval_status: Any,
    checks: dict[str, Any],
    carried: dict[tuple[str, str], Any],
    decided: Decided,
    evidence: dict[str, Any],
) -> Any:
    """Return the RegisterModel step; *carried* has the S3 URI of each baseline, by check type and part."""
    from sagemaker.core.drift_check_baselines import DriftCheckBaselines
    from sagemaker.core.model_metrics import MetricsSource, ModelMetrics

    metrics = ModelMetrics(
        **{
            argument: MetricsSource(content_type=JSON, s3_uri=_shown(checks[check_type], shown))
            for (check_type, shown), argument in METRICS.items()
            if check_type in checks
        }
    )
    baselines = DriftCheckBaselines(
        **{
            BASELINES[check_type, part]: MetricsSource(
                content_type=JSON,
                s3_uri=uri,
                content_digest=decided.bound(f"baselines.{check_type}.{part}"),
            )
            for (check_type, part), uri in carried.items()
        }
    )
    instance_types = [build.environment.compute.transform.instance_type]
    arguments = {
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": approval_status,
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": [build.model.data_schema.content_type],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedTransformInstanceTypes": instance_types,
            "SupportedRealtimeInferenceInstanceTypes": instance_types,
        },
        "ModelMetrics": metrics._to_request_dict(),
        "DriftCheckBaselines": baselines._to_request_dict(),
        "CustomerMetadataProperties": evidence,
    }
    return request_step(name, "RegisterModel", arguments, "DescribeModelPackageOutput")


def _shown(step: Any, name: str) -> Any:
    """Return what the check *step* shows as *name*; an own check has it beside its properties."""
    baselines: dict[str, Any] | None = getattr(step, "baselines", None)
    return baselines[name] if baselines else getattr(step.properties, name)
