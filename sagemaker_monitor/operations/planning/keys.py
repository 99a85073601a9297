"""Which configuration key a place in a definition or in a file tells, and what only follows from others.

A place without a rule is shown as it is: a rule is a convenience for the reader, never a condition for
being shown. Add one where a new key reaches a definition.
"""

from __future__ import annotations

from sagemaker_monitor.operations.difference import MISSING
from sagemaker_monitor.operations.planning.anatomy import CUSTOM_CHECK, OWN_CHECK
from sagemaker_monitor.operations.planning.following import (
    answer,
    facets,
    headers,
    input_filter,
    probability,
    submit_directory,
    threshold,
)
from sagemaker_monitor.operations.planning.rule import Follows, Tells
from sagemaker_monitor.operations.planning.told import (
    checks,
    duration,
    group,
    key,
    monitors,
    network,
    offsets,
    only,
    optional,
    own_image,
    same_checks,
    same_isolation,
    same_monitors,
    serving_image,
    tag,
    uri,
)
from sagemaker_monitor.settings.custom import RESERVED


def rule_for(pipeline: str, unit_type: str, path: str) -> Tells | Follows | None:
    """Return what the value at *path* of a unit means to the configuration; None when it is no key's."""
    if unit_type == "spec.json" and path.startswith("gate."):
        return key(path)
    if unit_type == "pipeline" and path.startswith("Tags."):
        return tag(path.removeprefix("Tags."))
    if unit_type == "parameters":
        return _PARAMETERS.get((pipeline, path)) or _PARAMETERS.get(("", path))
    if unit_type.startswith(CUSTOM_CHECK):
        return _of_team(unit_type, path)
    return _PLACES.get((unit_type, path)) or _ANYWHERE.get(path)


def _of_team(monitor: str, path: str) -> Tells | Follows | None:
    """Return what a value of the step of a team's own monitor means; which image it is, two keys can say."""
    variable = path.removeprefix("Arguments.Environment.")
    if variable not in (path, *RESERVED):
        return optional(f"{monitor}.environment.{variable}")
    return _cluster("compute.checks").get(path) or _ANYWHERE.get(path)


def _serving(container: str) -> dict[str, Tells | Follows]:
    return {
        f"{container}.Image": serving_image(),
        f"{container}.Environment.SAGEMAKER_PROGRAM": optional("artifact.entry_point"),
        f"{container}.Environment.SAGEMAKER_SUBMIT_DIRECTORY": Follows(submit_directory),
    }


def _cluster(section: str) -> dict[str, Tells | Follows]:
    return {
        "Arguments.ProcessingResources.ClusterConfig.InstanceType": key(f"{section}.instance_type"),
        "Arguments.ProcessingResources.ClusterConfig.VolumeSizeInGB": key(f"{section}.volume_size_gb"),
        "Arguments.StoppingCondition.MaxRuntimeInSeconds": duration(f"{section}.max_runtime"),
    }


_ANYWHERE: dict[str, Tells | Follows] = {
    "Arguments.RoleArn": key("roles.execution"),
    "Arguments.ExecutionRoleArn": key("roles.execution"),
    "Arguments.Environment.AWS_DEFAULT_REGION": key("region"),
    "Arguments.NetworkConfig": Tells(network, same_isolation),
    "Arguments.VpcConfig": Tells(network, same_isolation),
    "Arguments.ProcessingResources.ClusterConfig.VolumeKmsKeyId": key("storage.kms_key"),
    "Arguments.ProcessingOutputConfig.KmsKeyId": key("storage.kms_key"),
    "Arguments.TransformOutput.KmsKeyId": key("storage.kms_key"),
    "Arguments.TransformResources.VolumeKmsKeyId": key("storage.kms_key"),
    "Arguments.DataCaptureConfig.KmsKeyId": key("storage.kms_key"),
}

_BY_UNIT: dict[str, dict[str, Tells | Follows]] = {
    "pipeline": {
        "RoleArn": key("roles.execution"),
        "ParallelismConfiguration.MaxParallelExecutionSteps": key("compute.max_parallel_steps"),
    },
    "Processing": _cluster("compute.scripts"),
    "ClarifyCheck": _cluster("compute.checks"),
    "QualityCheck": {
        **_cluster("compute.checks"),
        "Arguments.Environment.problem_type": key("schema.problem_type"),
        "Arguments.Environment.probability_threshold_attribute": Follows(threshold),
        "Arguments.Environment.probability_attribute": Follows(answer(binary=True)),
        "Arguments.Environment.inference_attribute": Follows(answer(binary=False)),
    },
    OWN_CHECK: {
        **_cluster("compute.checks"),
        "Arguments.AppSpecification.ImageUri": own_image("images.monitor"),
        "Arguments.Environment.problem_type": key("schema.problem_type"),
        "Arguments.Environment.probability_threshold_attribute": Follows(
            lambda facts: str(facts.get("schema.prediction.threshold"))
        ),
    },
    "Model": _serving("Arguments.PrimaryContainer"),
    "Transform": {
        "Arguments.TransformResources.InstanceType": key("compute.transform.instance_type"),
        "Arguments.TransformResources.InstanceCount": key("compute.transform.instance_count"),
        "Arguments.TransformInput.ContentType": key("schema.content_type"),
        "Arguments.DataProcessing.InputFilter": Follows(input_filter),
    },
    "RegisterModel": {
        **_serving("Arguments.InferenceSpecification.Containers[0]"),
        "Arguments.InferenceSpecification.SupportedContentTypes": Follows(
            lambda facts: [facts.get("schema.content_type")]
        ),
        # A pipeline that registers a version once more need not have a transform that tells it.
        "Arguments.InferenceSpecification.SupportedTransformInstanceTypes": only(
            "compute.transform.instance_type"
        ),
        "Arguments.InferenceSpecification.SupportedRealtimeInferenceInstanceTypes": Follows(
            lambda facts: [facts.get("compute.transform.instance_type")]
        ),
    },
    "spec.json": {
        **{
            f"columns.{name}": key(f"schema.{name}")
            for name in ("record_key", "features", "facet_columns", "label")
        },
        "monitors": Tells(monitors, same_monitors),
        "checks": Tells(checks, same_checks),
        "problem_type": key("schema.problem_type"),
        "prediction.probability": key("schema.prediction.probability"),
        "prediction.label": key("schema.prediction.label"),
        "prediction.values": key("schema.prediction.values"),
        "favourable": key("schema.favourable"),
        "threshold": key("schema.prediction.threshold"),
        "facets": key("monitors.bias.facets"),
        "group_variable": optional("monitors.bias.group_variable"),
        "minimum_overlap": key("data.ground_truth.minimum_overlap"),
        "endpoint.variants": key("endpoint.variants"),
        "endpoint.window": Tells(offsets),
        "endpoint.request_type": key("endpoint.requests.content_type"),
        "endpoint.features": optional("endpoint.requests.features"),
        "endpoint.record_key": optional("endpoint.requests.record_key"),
        "endpoint.answer_type": key("endpoint.answers.content_type"),
        "endpoint.prediction": optional("endpoint.answers.prediction"),
        "endpoint.maximum_unusable": key("endpoint.maximum_unusable"),
    },
    "analysis_config.json": {
        "dataset_type": key("schema.content_type"),
        # What is explained are the features alone.
        "headers": Follows(headers, lambda facts: facts.get("schema.features")),
        "label": key("schema.label"),
        "excluded_columns": Follows(lambda facts: facts.get("schema.facet_columns") or MISSING),
        "label_values_or_threshold": Follows(lambda facts: [facts.get("schema.favourable")]),
        "facet": Follows(facets),
        "group_variable": Follows(lambda facts: facts.get("monitors.bias.group_variable", MISSING)),
        "probability_threshold": key("schema.prediction.threshold"),
        "methods.shap.baseline": uri("monitors.explainability.baseline"),
        "methods.shap.num_clusters": Follows(
            lambda facts: 1 if facts.get("monitors.explainability.baseline", MISSING) is MISSING else MISSING
        ),
        **{
            f"methods.shap.{name}": key(f"monitors.explainability.{name}")
            for name in ("num_samples", "agg_method", "use_logit")
        },
        "methods.shap.seed": optional("monitors.explainability.seed"),
        "predictor.label": Follows(probability),
        "predictor.probability": Follows(probability),
        "predictor.instance_type": key("compute.checks.instance_type"),
        "predictor.initial_instance_count": key("compute.checks.instance_count"),
        "predictor.content_type": key("schema.content_type"),
    },
}

_PLACES = {(unit, path): rule for unit, rules in _BY_UNIT.items() for path, rule in rules.items()}

_PARAMETERS: dict[tuple[str, str], Tells | Follows] = {
    ("", "ModelPackageGroupName.DefaultValue"): Tells(group),
    ("register", "ModelDataUrl.DefaultValue"): uri("artifact.model_data"),
    ("register", "BaselineDataUri.DefaultValue"): uri("data.baseline"),
    ("", "GroundTruthUri.DefaultValue"): uri("data.ground_truth.uri"),
    ("", "EndpointName.DefaultValue"): key("endpoint.name"),
    ("", "CaptureUri.DefaultValue"): uri("endpoint.capture"),
}
"""Pipeline, empty for any, and path in its parameters."""
