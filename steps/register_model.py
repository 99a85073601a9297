"""The RegisterModel step: a version with its baselines and the evidence that the gate believes."""

from __future__ import annotations

from typing import Any

from steps.adapter import request_step
from steps.build import Build
from steps.model import serving_image

JSON = "application/json"


def register_version(
    build: Build,
    *,
    model_data_url: Any,
    model_package_group_name: Any,
    approval_status: Any,
    data_bias: Any,
    model_bias: Any,
    evidence: dict[str, Any],
) -> Any:
    """Return the step that registers the candidate.

    ModelMetrics are what the checks calculated; DriftCheckBaselines are what the next check compares
    with; *evidence* becomes CustomerMetadataProperties.
    """
    from sagemaker.core.drift_check_baselines import DriftCheckBaselines
    from sagemaker.core.model_metrics import MetricsSource, ModelMetrics

    def source(uri: Any) -> Any:
        return MetricsSource(content_type=JSON, s3_uri=uri)

    metrics = ModelMetrics(
        bias_pre_training=source(data_bias.properties.CalculatedBaselineConstraints),
        bias_post_training=source(model_bias.properties.CalculatedBaselineConstraints),
    )
    baselines = DriftCheckBaselines(
        bias_pre_training_constraints=source(data_bias.properties.BaselineUsedForDriftCheckConstraints),
        bias_post_training_constraints=source(model_bias.properties.BaselineUsedForDriftCheckConstraints),
    )
    instance_types = [build.environment.compute.transform.instance_type]
    arguments = {
        "ModelPackageGroupName": model_package_group_name,
        "ModelApprovalStatus": approval_status,
        "InferenceSpecification": {
            "Containers": [{"Image": serving_image(build), "ModelDataUrl": model_data_url}],
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
