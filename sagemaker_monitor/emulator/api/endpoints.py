"""Real-time endpoints: created from a configuration, updated to another one, deleted."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.emulator.api import endpoint_configs
from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.paging import kept, matches, within
from sagemaker_monitor.emulator.api.tags import forget_tags, put_tags
from sagemaker_monitor.emulator.hosting import hosts

KIND = hosts.KIND
PATIENCE = 20.0
"""Seconds that CreateEndpoint and UpdateEndpoint wait for models to answer.

AWS returns at once, and its waiters look every half minute; an endpoint that is in service by then spares
its client that time. One that is not goes on starting.
"""
_CHANGING = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


def create_endpoint(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateEndpoint: start every variant's model; the endpoint is InService once all of them answer."""
    name = request["EndpointName"]
    config = endpoint_configs.require(context, request["EndpointConfigName"])
    arn = arn_of(context, name)
    now = context.now()
    document = {
        "EndpointName": name,
        "EndpointArn": arn,
        "EndpointConfigName": config["EndpointConfigName"],
        "EndpointStatus": "Creating",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    if not context.store.create(KIND, name, document):
        raise ApiError("ValidationException", f'Cannot create already existing endpoint "{arn}".')
    put_tags(context, arn, request.get("Tags"))
    context.hosting.deploy(context, name, config, patience=PATIENCE)
    return {"EndpointArn": arn}


def update_endpoint(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateEndpoint: serve another configuration; until it answers, and if it does not, the old one serves.

    RetainAllVariantProperties keeps the weights of variants that both configurations have.
    """
    name = request["EndpointName"]
    config = endpoint_configs.require(context, request["EndpointConfigName"])
    endpoint = _changing(context, name, "Updating")
    if request.get("RetainAllVariantProperties", False):
        config = _retained(endpoint, config, request.get("ExcludeRetainedVariantProperties", []))
    context.hosting.deploy(context, name, config, patience=PATIENCE)
    return {"EndpointArn": endpoint["EndpointArn"]}


def update_endpoint_weights_and_capacities(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateEndpointWeightsAndCapacities: how requests are shared among the variants."""
    name = request["EndpointName"]
    desired = {each["VariantName"]: each for each in request["DesiredWeightsAndCapacities"]}
    known = [each["VariantName"] for each in _require(context, name).get("ProductionVariants", [])]
    for variant in desired:
        if variant not in known:
            raise ApiError(
                "ValidationException",
                f"endpoint {name!r} has no variant {variant!r}; it has: {', '.join(known)}",
            )

    def change(record: dict[str, Any]) -> None:
        for variant in record["ProductionVariants"]:
            wanted = desired.get(variant["VariantName"], {})
            weight = wanted.get("DesiredWeight", variant["DesiredWeight"])
            count = wanted.get("DesiredInstanceCount", variant["DesiredInstanceCount"])
            variant |= {"DesiredWeight": weight, "CurrentWeight": weight}
            variant |= {"DesiredInstanceCount": count, "CurrentInstanceCount": count}
        record["LastModifiedTime"] = context.now()

    return {"EndpointArn": context.store.update(KIND, name, change)["EndpointArn"]}


def describe_endpoint(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeEndpoint."""
    record = _require(context, request["EndpointName"])
    capture = record.get("_Capture")
    if capture:
        enabled = capture.get("EnableCapture", False)
        record["DataCaptureConfig"] = {
            "EnableCapture": enabled,
            "CaptureStatus": "Started" if enabled else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }
    return record


def list_endpoints(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListEndpoints, the newest first."""
    sort_fields = {"Name": "EndpointName", "CreationTime": "CreationTime", "Status": "EndpointStatus"}
    endpoints, token = kept(
        context.store, KIND, request, lambda each: _matches(each, request), sort_fields=sort_fields
    )
    shown = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
    return {"Endpoints": [{key: each[key] for key in shown} for each in endpoints], "NextToken": token}


def delete_endpoint(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteEndpoint; what it captured stays."""
    name = request["EndpointName"]
    endpoint = _require(context, name)
    if endpoint["EndpointStatus"] in _CHANGING:
        raise ApiError(
            "ValidationException", f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".'
        )
    _refuse_watched(context, name)
    context.store.delete(KIND, name)
    context.hosting.withdraw(context, name)
    forget_tags(context, endpoint["EndpointArn"])
    return {}


def recover(context: Context) -> None:
    """End deployments that an emulator which is no more was making."""
    hosts.recover(context)


OPERATIONS: dict[str, Handler] = {
    "CreateEndpoint": create_endpoint,
    "UpdateEndpoint": update_endpoint,
    "UpdateEndpointWeightsAndCapacities": update_endpoint_weights_and_capacities,
    "DescribeEndpoint": describe_endpoint,
    "ListEndpoints": list_endpoints,
    "DeleteEndpoint": delete_endpoint,
}


def arn_of(context: Context, name: str) -> str:
    """Return the ARN of an endpoint; SageMaker spells its name in lower case."""
    return context.arn(KIND, name.lower())


def _refuse_watched(context: Context, name: str) -> None:
    watching = context.store.list("monitoring-schedule", EndpointName=name)
    if watching:
        names = ", ".join(each["MonitoringScheduleName"] for each in watching)
        raise ApiError(
            "ValidationException",
            f"Cannot delete Endpoint with associated Monitoring Schedules: {names}; delete them first",
        )


def _matches(endpoint: dict[str, Any], request: dict[str, Any]) -> bool:
    return (
        matches(endpoint, request, "EndpointName")
        and endpoint["EndpointStatus"] == request.get("StatusEquals", endpoint["EndpointStatus"])
        and within(endpoint, request, "LastModifiedTime")
    )


def _require(context: Context, name: str) -> dict[str, Any]:
    record = context.store.get(KIND, name)
    if record is None:
        raise ApiError("ValidationException", f'Could not find endpoint "{arn_of(context, name)}".')
    return record


def _changing(context: Context, name: str, status: str) -> dict[str, Any]:
    """Give the endpoint *status*, unless it is changing already or failed for good."""
    _require(context, name)

    def change(record: dict[str, Any]) -> None:
        if record["EndpointStatus"] in _CHANGING:
            raise ApiError(
                "ValidationException", f'Cannot update in-progress endpoint "{record["EndpointArn"]}".'
            )
        if record["EndpointStatus"] != "InService":
            raise ApiError(
                "ValidationException",
                f'endpoint "{record["EndpointArn"]}" is {record["EndpointStatus"]}: delete it and create it '
                "anew",
            )
        record |= {"EndpointStatus": status, "LastModifiedTime": context.now()}

    return context.store.update(KIND, name, change)


def _retained(endpoint: dict[str, Any], config: dict[str, Any], excluded: list[Any]) -> dict[str, Any]:
    left_out = {each["VariantPropertyType"] for each in excluded}
    now = {each["VariantName"]: each for each in endpoint.get("ProductionVariants", [])}
    variants = []
    for variant in config["ProductionVariants"]:
        kept = now.get(variant["VariantName"])
        if kept is not None and "DesiredWeight" not in left_out:
            variant = {**variant, "InitialVariantWeight": kept["DesiredWeight"]}
        if kept is not None and "DesiredInstanceCount" not in left_out:
            variant = {**variant, "InitialInstanceCount": kept["DesiredInstanceCount"]}
        variants.append(variant)
    retained = {**config, "ProductionVariants": variants}
    if "DataCaptureConfig" not in left_out:
        retained["DataCaptureConfig"] = endpoint.get("_Capture")
    return retained
