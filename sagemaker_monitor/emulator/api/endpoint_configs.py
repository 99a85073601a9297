"""Endpoint configurations: which models an endpoint serves, with which weights, and what it captures."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.models import container_definitions
from sagemaker_monitor.emulator.api.paging import kept, matches
from sagemaker_monitor.emulator.api.tags import forget_tags, put_tags

KIND = "endpoint-config"


def create_endpoint_config(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateEndpointConfig; a variant that could not be served is refused here."""
    name = request["EndpointConfigName"]
    for variant in request["ProductionVariants"]:
        _check_variant(context, variant)
    names = [variant["VariantName"] for variant in request["ProductionVariants"]]
    if len(set(names)) < len(names):
        raise ApiError("ValidationException", f"variant names must be unique, not {', '.join(names)}")
    _check_capture(request.get("DataCaptureConfig") or {})
    arn = arn_of(context, name)
    document = {key: value for key, value in request.items() if key != "Tags"}
    document["ProductionVariants"] = [
        {"InitialVariantWeight": 1.0, "InitialInstanceCount": 1, **variant}
        for variant in request["ProductionVariants"]
    ]
    document |= {"EndpointConfigArn": arn, "CreationTime": context.now()}
    if not context.store.create(KIND, name, document):
        raise ApiError(
            "ValidationException", f'Cannot create already existing endpoint configuration "{arn}".'
        )
    put_tags(context, arn, request.get("Tags"))
    return {"EndpointConfigArn": arn}


def describe_endpoint_config(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeEndpointConfig."""
    return require(context, request["EndpointConfigName"])


def list_endpoint_configs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListEndpointConfigs, the newest first."""
    sort_fields = {"Name": "EndpointConfigName", "CreationTime": "CreationTime"}
    configs, token = kept(
        context.store,
        KIND,
        request,
        lambda each: matches(each, request, "EndpointConfigName"),
        sort_fields=sort_fields,
    )
    shown = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
    return {
        "EndpointConfigs": [{key: each[key] for key in shown} for each in configs],
        "NextToken": token,
    }


def delete_endpoint_config(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteEndpointConfig; endpoints that were made from it go on."""
    config = require(context, request["EndpointConfigName"])
    context.store.delete(KIND, request["EndpointConfigName"])
    forget_tags(context, config["EndpointConfigArn"])
    return {}


OPERATIONS: dict[str, Handler] = {
    "CreateEndpointConfig": create_endpoint_config,
    "DescribeEndpointConfig": describe_endpoint_config,
    "ListEndpointConfigs": list_endpoint_configs,
    "DeleteEndpointConfig": delete_endpoint_config,
}


def arn_of(context: Context, name: str) -> str:
    """Return the ARN of an endpoint configuration; SageMaker spells its name in lower case."""
    return context.arn(KIND, name.lower())


def require(context: Context, name: str) -> dict[str, Any]:
    """Return the configuration called *name*. Raises ApiError ValidationException."""
    config = context.store.get(KIND, name)
    if config is None:
        raise ApiError(
            "ValidationException", f'Could not find endpoint configuration "{arn_of(context, name)}".'
        )
    return config


def _check_variant(context: Context, variant: dict[str, Any]) -> None:
    where = f"ProductionVariants[{variant['VariantName']}]"
    name = variant.get("ModelName")
    if name is None:
        raise ApiError(
            "ValidationException", f"{where}: a ModelName is needed; inference components are not served here"
        )
    model = context.store.get("model", name)
    if model is None:
        raise ApiError("ValidationException", f'Could not find model "{context.arn("model", name)}".')
    containers = container_definitions(model)
    if any(container.get("Mode") == "MultiModel" for container in containers):
        raise ApiError(
            "ValidationException",
            f"{where}: model {name!r} is a multi-model container; one model is served, and data capture of "
            "multi-model endpoints does not tell which model answered",
        )
    if not variant.get("ServerlessConfig") and not variant.get("InstanceType"):
        raise ApiError("ValidationException", f"{where}: an InstanceType or a ServerlessConfig is needed")
    if variant.get("ServerlessConfig") and variant.get("InstanceType"):
        raise ApiError("ValidationException", f"{where}: an InstanceType or a ServerlessConfig, not both")


def _check_capture(config: dict[str, Any]) -> None:
    destination = config.get("DestinationS3Uri", "s3://")
    if not destination.startswith("s3://"):
        raise ApiError(
            "ValidationException",
            f"DataCaptureConfig.DestinationS3Uri: {destination[:200]!r} is not an S3 URI",
        )
