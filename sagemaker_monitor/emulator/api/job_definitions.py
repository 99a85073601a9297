"""Job definitions of the four kinds of monitors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.paging import kept, matches
from sagemaker_monitor.emulator.api.tags import forget_tags, put_tags
from sagemaker_monitor.emulator.schedules.monitors import KINDS, Kind, defined
from sagemaker_monitor.emulator.schedules.times import TimeError, offset


def create(kind: Kind, context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Create a job definition; what could not run is refused here, by name."""
    check_input(request[f"{kind.type}JobInput"])
    name, arn = request["JobDefinitionName"], arn_of(context, kind, request["JobDefinitionName"])
    document = {key: value for key, value in request.items() if key != "Tags"}
    document |= {"JobDefinitionArn": arn, "CreationTime": context.now()}
    if not context.store.create(kind.definition, name, document):
        raise ApiError("ResourceInUse", f"Job definition with name {name} already exists ({arn})")
    put_tags(context, arn, request.get("Tags"))
    return {"JobDefinitionArn": arn}


def describe(kind: Kind, context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Describe a job definition."""
    return _require(kind, context, request["JobDefinitionName"])


def list_all(kind: Kind, context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """List job definitions, the newest first."""
    endpoint = request.get("EndpointName")
    definitions, token = kept(
        context.store,
        kind.definition,
        request,
        lambda each: (
            matches(each, request, "JobDefinitionName")
            and endpoint in (None, defined(kind, each).endpoint_name)
        ),
        sort_fields={"Name": "JobDefinitionName", "CreationTime": "CreationTime"},
    )
    summaries = [
        {
            "MonitoringJobDefinitionName": each["JobDefinitionName"],
            "MonitoringJobDefinitionArn": each["JobDefinitionArn"],
            "CreationTime": each["CreationTime"],
            # Required by the service's model, also where a batch transform is watched.
            "EndpointName": defined(kind, each).endpoint_name or "none",
        }
        for each in definitions
    ]
    return {"JobDefinitionSummaries": summaries, "NextToken": token}


def delete(kind: Kind, context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Delete a job definition that no schedule uses."""
    name = request["JobDefinitionName"]
    definition = _require(kind, context, name)
    users = [
        each["MonitoringScheduleName"]
        for each in context.store.list("monitoring-schedule")
        if each["MonitoringScheduleConfig"].get("MonitoringJobDefinitionName") == name
        and each["MonitoringScheduleConfig"].get("MonitoringType") == kind.type
    ]
    if users:
        raise ApiError(
            "ValidationException",
            f"Job definition {definition['JobDefinitionArn']} is used by the monitoring schedules "
            f"{', '.join(users)}; delete them first",
        )
    context.store.delete(kind.definition, name)
    forget_tags(context, definition["JobDefinitionArn"])
    return {}


def arn_of(context: Context, kind: Kind, name: str) -> str:
    """Return the ARN of a job definition; SageMaker spells its name in lower case."""
    return context.arn(kind.definition, name.lower())


def check_input(given: dict[str, Any]) -> None:
    """Raise ApiError unless there is one input, whose offsets are offsets."""
    found = [given[name] for name in ("EndpointInput", "BatchTransformInput") if given.get(name)]
    if len(found) != 1:
        raise ApiError("ValidationException", "a job input is either EndpointInput or BatchTransformInput")
    for name in ("StartTimeOffset", "EndTimeOffset"):
        try:
            offset(found[0].get(name) or "PT0H")
        except TimeError as error:
            raise ApiError("ValidationException", f"{name}: {error}") from error


def _require(kind: Kind, context: Context, name: str) -> dict[str, Any]:
    found = context.store.get(kind.definition, name)
    if found is None:
        arn = arn_of(context, kind, name)
        raise ApiError("ResourceNotFound", f'Could not find job definition "{arn}".')
    return found


def _bound(handler: Callable[..., dict[str, Any]], kind: Kind) -> Handler:
    return lambda context, request: handler(kind, context, request)


OPERATIONS: dict[str, Handler] = {
    name: _bound(handler, kind)
    for kind in KINDS.values()
    for name, handler in (
        (f"Create{kind.type}JobDefinition", create),
        (f"Describe{kind.type}JobDefinition", describe),
        (f"List{kind.type}JobDefinitions", list_all),
        (f"Delete{kind.type}JobDefinition", delete),
    )
}
