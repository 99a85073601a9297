"""The RegisterModel step: a version with its baselines and the evidence that the gate believes."""

from __future__ import annotations

from typing import Any

from steps.adapter import request_step
from steps.build import Build
from steps.decide import Decided
from steps.model import serving_container

JSON = "application/json"
USED = "BaselineUsedForDriftCheck"


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
    from sagemaker.core.drift_check_baselines import DriftCheckBaselines
    from sagemaker.core.model_metrics import ModelMetrics

    metrics = ModelMetrics(
        **_sources(
            checks,
            {
                ("DATA_QUALITY", "CalculatedBaselineStatistics"): "model_data_statistics",
                ("DATA_QUALITY", "CalculatedBaselineConstraints"): "model_data_constraints",
                ("MODEL_QUALITY", "CalculatedBaselineStatistics"): "model_statistics",
                ("MODEL_QUALITY", "CalculatedBaselineConstraints"): "model_constraints",
                ("DATA_BIAS", "CalculatedBaselineConstraints"): "bias_pre_training",
                ("MODEL_BIAS", "CalculatedBaselineConstraints"): "bias_post_training",
                ("MODEL_EXPLAINABILITY", "CalculatedBaselineConstraints"): "explainability",
            },
        )
    )
    baselines = DriftCheckBaselines(
        **_sources(
            checks,
            {
                ("DATA_QUALITY", "BaselineUsedForDriftCheckStatistics"): "model_data_statistics",
                ("DATA_QUALITY", "BaselineUsedForDriftCheckConstraints"): "model_data_constraints",
                ("MODEL_QUALITY", "BaselineUsedForDriftCheckStatistics"): "model_statistics",
                ("MODEL_QUALITY", "BaselineUsedForDriftCheckConstraints"): "model_constraints",
                ("DATA_BIAS", "BaselineUsedForDriftCheckConstraints"): "bias_pre_training_constraints",
                ("MODEL_BIAS", "BaselineUsedForDriftCheckConstraints"): "bias_post_training_constraints",
                (
                    "MODEL_EXPLAINABILITY",
                    "BaselineUsedForDriftCheckConstraints",
                ): "explainability_constraints",
            },
            decided,
        )
    )
    instance_types = [build.environment.compute.transform.instance_type]
    arguments = {
        "ModelPackageGroupName": model_package_group_name,
        "ModelApprovalStatus": approval_status,
        "InferenceSpecification": {
            "Containers": [serving_container(build, model_data_url)],
            "SupportedContentTypes": [build.model.data_schema.content_type],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedTransformInstanceTypes": instance_types,
            "SupportedRealtimeInferenceInstanceTypes": instance_types,
        },
        "ModelMetrics": metrics._to_request_dict(),
        "DriftCheckBaselines": baselines._to_request_dict(),
        "CustomerMetadataProperties": evidence,
    }
    return request_step("Register", "RegisterModel", arguments, "DescribeModelPackageOutput")


def _sources(
    checks: dict[str, Any], arguments: dict[tuple[str, str], str], decided: Decided | None = None
) -> dict[str, Any]:
    """Return the SDK's argument for each property of the checks there are, with digests if *decided*."""
    from sagemaker.core.model_metrics import MetricsSource

    return {
        argument: MetricsSource(
            content_type=JSON,
            s3_uri=_shown(checks[check_type], name),
            content_digest=decided and decided.bound(f"baselines.{check_type}.{name.removeprefix(USED)}"),
        )
        for (check_type, name), argument in arguments.items()
        if check_type in checks
    }


def _shown(step: Any, name: str) -> Any:
    """Return what the check *step* shows as *name*; an own check has it beside its properties."""
    baselines: dict[str, Any] | None = getattr(step, "baselines", None)
    return baselines[name] if baselines else getattr(step.properties, name)
