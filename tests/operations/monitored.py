"""Models with monitoring schedules, and versions with baselines, made without the SDK and without jobs."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pipelines.bundle import Asset, Bundle, MonitoringDefinition, canonical_json, make_asset
from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.aws.storage import put
from sagemaker_monitor.registry.versions import find_version
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.monitoring_checks import monitoring_schedules_in
from steps.build import Build
from steps.monitoring import Monitoring, describe
from tests.operations.emulated import IMAGE, approve, definition, fail_step, make_bundle

HOURLY = "cron(0 * ? * * *)"
IMAGES = {
    "model-monitor": "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer",
    "clarify": "131013547314.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1.0",
}
INPUTS: dict[str, Any] = {"monitor": "data_quality", "of": "batches", "expression": HOURLY}
DOCUMENTS: dict[tuple[str, str], Any] = {
    ("ModelDataQuality", "Constraints"): {"version": 0.0, "features": []},
    ("ModelDataQuality", "Statistics"): {"version": 0.0, "dataset": {"item_count": 0}, "features": []},
    ("ModelQuality", "Constraints"): {"version": 0.0, "binary_classification_constraints": {}},
    ("Bias", "PreTrainingConstraints"): {"version": "1.0", "pre_training_bias_metrics": {"facets": {}}},
    ("Bias", "PostTrainingConstraints"): {"version": "1.0", "post_training_bias_metrics": {"facets": {}}},
    ("Explainability", "Constraints"): {"version": "1.0", "explanations": {}},
}


class _Session:
    """Keeps assets, as the offline session does."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.assets: dict[str, Asset] = {}

    def keep_asset(self, name: str, content: bytes) -> str:
        asset = make_asset(self.root, name, content)
        self.assets[asset.uri] = asset
        return asset.uri


def scheduled(model: Model, **schedules: dict[str, Any]) -> Model:
    """Return *model* with these monitoring schedules alone; `batch_inputs` is called batch-inputs."""
    document = model.model_dump(mode="json", by_alias=True)
    named = {key.replace("_", "-"): value for key, value in schedules.items()}
    return Model.model_validate({**document, "monitoring_schedules": named})


def described(model: Model, environment: Environment, session: Any = None) -> list[dict[str, Any]]:
    """Return what SageMaker is told of each of the model's monitoring schedules."""
    build = Build(model, environment, "monitoring", session or _Session(environment.storage.root))
    schedules = monitoring_schedules_in(model, environment).values()
    return [describe(Monitoring(build, schedule, IMAGES)) for schedule in schedules]


def bundle_of(model: Model, environment: Environment) -> Bundle:
    """Return a bundle of one small pipeline and the model's monitoring schedules."""
    session = _Session(environment.storage.root)
    found = []
    keys = monitoring_schedules_in(model, environment)
    for key, description in zip(keys, described(model, environment, session), strict=True):
        text = canonical_json(description)
        assets = tuple(asset for uri, asset in session.assets.items() if uri in text)
        name = model.monitoring_schedule_name(key, environment.name)
        found.append(MonitoringDefinition(name, key, text, assets))
    return replace(make_bundle(environment, register=definition(fail_step())), monitoring=tuple(found))


def register_baselines(aws: Aws, number: int) -> None:
    """Register version *number*, the next one, with a baseline of every kind, and approve it."""
    root = f"{aws.environment.storage.root}/mortgage/register/version-{number}"
    baselines: dict[str, Any] = {}
    for (section, part), document in DOCUMENTS.items():
        uri = f"{root}/{section}-{part}.json"
        put(aws, uri, json.dumps({**document, "of": number}).encode())
        source = {"S3Uri": uri, "ContentType": "application/json"}
        baselines.setdefault(section, {})[part] = source
    put(aws, f"{root}/model.tar.gz", b"a model")
    with suppress(AwsError):  # it is there already
        aws.call("sagemaker", "create_model_package_group", ModelPackageGroupName="mortgage")
    aws.call(
        "sagemaker",
        "create_model_package",
        ModelPackageGroupName="mortgage",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"{root}/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        DriftCheckBaselines=baselines,
    )
    approve(aws, number)
    aws.writes.clear()


def everything(model: Model, start: str = "-PT1H") -> Model:
    """Return *model* with a schedule of each kind, that of the endpoint's inputs always the same."""
    more = {**INPUTS, "window": {"start": start}}
    return scheduled(
        model,
        inputs={**INPUTS, "of": "endpoint"},
        batches=more,
        quality={**more, "monitor": "model_quality"},
        bias={**more, "monitor": "bias"},
        why={**more, "monitor": "explainability"},
    )


def make_endpoint(aws: Aws, *modes: str, root: str = "") -> None:
    """Make the endpoint mortgage-local that captures these *modes* below *root*, or change it to that.

    Its archive holds no model, so that it fails at once; what is asked of it is its configuration.
    """
    for name, operation in (("served", "delete_model"), ("mortgage-local", "delete_endpoint")):
        with suppress(AwsError):
            aws.call("sagemaker", operation, **{f"{operation.split('_')[1].title()}Name": name})
    aws.call(
        "sagemaker",
        "create_model",
        ModelName="served",
        PrimaryContainer={"ModelPackageName": find_version(aws, "mortgage", 1).arn},
        ExecutionRoleArn=aws.environment.roles.execution,
    )
    config = f"captures-{'-'.join(modes).lower()}{'-elsewhere' if root else ''}"
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "served",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    aws.call(
        "sagemaker",
        "create_endpoint_config",
        EndpointConfigName=config,
        ProductionVariants=[variant],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": root or f"{aws.environment.storage.root}/captures",
            "CaptureOptions": [{"CaptureMode": mode} for mode in modes],
        },
    )
    aws.call("sagemaker", "create_endpoint", EndpointName="mortgage-local", EndpointConfigName=config)
    aws.writes.clear()
