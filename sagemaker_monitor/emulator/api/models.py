"""Models: what a transform job or a shadow endpoint is started from."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.emulator.api import model_packages
from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.paging import kept, matches
from sagemaker_monitor.emulator.api.tags import forget_tags, put_tags
from sagemaker_monitor.emulator.s3.keys import S3Error

_FIELDS = (
    "ModelName",
    "PrimaryContainer",
    "Containers",
    "InferenceExecutionConfig",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
)


def create_model(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateModel, from an image and its data or from a model package."""
    name = request["ModelName"]
    containers = container_definitions(request)
    if not containers:
        raise ApiError("ValidationException", "a model needs a PrimaryContainer or Containers")
    if request.get("PrimaryContainer") and request.get("Containers"):
        raise ApiError("ValidationException", "a model has a PrimaryContainer or Containers, not both")
    for container in containers:
        _check_container(context, container)
    arn = context.arn("model", name)
    document = {field: request[field] for field in _FIELDS if field in request}
    document |= {"ModelArn": arn, "CreationTime": context.now()}
    document.setdefault("EnableNetworkIsolation", False)
    if not context.store.create("model", name, document):
        raise ApiError("ValidationException", f"Cannot create already existing model {arn!r}.")
    put_tags(context, arn, request.get("Tags"))
    return {"ModelArn": arn}


def describe_model(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeModel."""
    return _model(context, request["ModelName"])


def list_models(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListModels, the newest first."""
    sort_fields = {"Name": "ModelName", "CreationTime": "CreationTime"}
    models, token = kept(
        context.store,
        "model",
        request,
        lambda model: matches(model, request, "ModelName"),
        sort_fields=sort_fields,
    )
    summaries = [{key: model[key] for key in ("ModelName", "ModelArn", "CreationTime")} for model in models]
    return {"Models": summaries, "NextToken": token}


def delete_model(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteModel; the artifact stays."""
    model = _model(context, request["ModelName"])
    context.store.delete("model", request["ModelName"])
    forget_tags(context, model["ModelArn"])
    return {}


def container_definitions(model: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the containers of a model's document or request, the primary one alone or all in order."""
    primary = model.get("PrimaryContainer")
    return list(model.get("Containers") or []) if primary is None else [primary]


def resolved_containers(context: Context, model: dict[str, Any]) -> list[dict[str, Any]]:
    """Return image, model data and environment of a model's containers, model packages looked up.

    Raises ApiError ValidationException when a model package is gone.
    """
    resolved: list[dict[str, Any]] = []
    for container in container_definitions(model):
        name = container.get("ModelPackageName")
        inner = [container] if name is None else model_packages.package_containers(context, name)
        for each in inner:
            environment = {**each.get("Environment", {}), **container.get("Environment", {})}
            resolved.append({**each, "Environment": environment})
    return resolved


def _check_container(context: Context, container: dict[str, Any]) -> None:
    package = container.get("ModelPackageName")
    if package is not None and container.get("Image"):
        raise ApiError("ValidationException", "a container names an Image or a ModelPackageName, not both")
    if package is not None:
        model_packages.package_containers(context, package)
    elif not container.get("Image"):
        raise ApiError("ValidationException", "a container needs an Image or a ModelPackageName")
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    archive = source.get("S3DataType") != "S3Prefix"
    for uri in (container.get("ModelDataUrl"), source.get("S3Uri")):
        if uri and not _has_data(context, uri, archive):
            raise ApiError("ValidationException", f"Could not find model data at {uri}.")


def _has_data(context: Context, uri: str, archive: bool) -> bool:
    try:
        return context.s3.exists(uri) if archive else bool(context.s3.list(uri))
    except S3Error:
        return False


def _model(context: Context, name: str) -> dict[str, Any]:
    model = context.store.get("model", name)
    if model is None:
        raise ApiError("ValidationException", f'Could not find model "{context.arn("model", name)}".')
    return model


OPERATIONS: dict[str, Handler] = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
    "DeleteModel": delete_model,
}
