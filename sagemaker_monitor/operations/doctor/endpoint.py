"""The watched endpoint: whether it is in service, captures, where, and how much."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.aws.errors import NotFoundError
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.finding import Finding, ok, problem, warning
from sagemaker_monitor.operations.endpoints import served_version
from sagemaker_monitor.operations.watchable import require_watchable

_USABLE = ("InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed")


def endpoint(subject: Subject) -> Iterator[Finding]:
    """Yield whether the endpoint is in service, and which version it serves."""
    name = subject.model.endpoint_in(subject.environment.name)
    if name is None:
        return
    where = subject.key("endpoint", "name")
    try:
        status = subject.aws.call("sagemaker", "describe_endpoint", EndpointName=name)["EndpointStatus"]
    except NotFoundError:
        yield warning(
            f"there is no endpoint {name}: monitor-endpoint has nothing to watch",
            f"deploy it, or correct {where}, or leave this environment out of it",
        )
        return
    if status not in _USABLE:
        yield problem(
            f"{name} is {status}", f"aws sagemaker describe-endpoint --endpoint-name {name} says why"
        )
        return
    require_watchable(subject.aws, subject.model, name)
    version = served_version(subject.aws, subject.model, name)
    yield ok(f"{name} is {status}, and serves version {version.number}")


def capture(subject: Subject) -> Iterator[Finding]:
    """Yield whether the endpoint captures requests and answers, all of them, where runs look for them."""
    configured = subject.model.endpoint
    name = subject.model.endpoint_in(subject.environment.name)
    if configured is None or name is None:
        return
    try:
        described = subject.aws.call("sagemaker", "describe_endpoint", EndpointName=name)
    except NotFoundError:
        return  # told of the endpoint
    config = subject.aws.call(
        "sagemaker", "describe_endpoint_config", EndpointConfigName=described["EndpointConfigName"]
    )
    wanted = config.get("DataCaptureConfig") or {}
    now = described.get("DataCaptureConfig") or {}
    again = "create an endpoint configuration whose DataCaptureConfig has {}, and update the endpoint"
    if not wanted.get("EnableCapture") or not now.get("EnableCapture"):
        why = f"it is {now.get('CaptureStatus')}" if wanted.get("EnableCapture") else "it is not enabled"
        yield problem(f"{name} captures nothing, {why}", again.format("EnableCapture: true"))
        return
    modes = {each["CaptureMode"] for each in wanted.get("CaptureOptions", ())}
    missing = {"Input", "Output"} - modes
    if missing and "InputAndOutput" not in modes:
        yield problem(
            f"{name} captures no {' and no '.join(sorted(missing)).lower()}, and both are judged",
            again.format("CaptureOptions of Input and Output"),
        )
    configured_root = configured.capture and subject.environment.storage.resolve(configured.capture)
    destination = now.get("DestinationS3Uri", "")
    if configured_root and configured_root.rstrip("/") != destination.rstrip("/"):
        yield problem(
            f"{name} captures to {destination}, and endpoint.capture says {configured_root}",
            f"correct {subject.key('endpoint', 'capture')}, or remove it",
            side="configuration",
        )
    percentage = int(now.get("CurrentSamplingPercentage", 100))
    told = f"{name} captures {percentage} % to {destination}"
    if percentage < 100:
        yield warning(
            f"{told}: labels of what is not captured find no record",
            again.format("InitialSamplingPercentage: 100"),
        )
    else:
        yield ok(told)
    yield from _encoding(subject, name, wanted.get("CaptureContentTypeHeader") or {})


def _encoding(subject: Subject, name: str, header: dict[str, list[str]]) -> Iterator[Finding]:
    """Yield whether requests and answers are captured as text: what no header names is in base64."""
    configured = subject.model.endpoint
    assert configured is not None
    types = {configured.requests.content_type, configured.answer_type}
    named = {*header.get("CsvContentTypes", ()), *header.get("JsonContentTypes", ())}
    missing = sorted(types - named)
    if missing:
        yield warning(
            f"{name} captures {', '.join(missing)} in base64: its configuration names no such content type",
            "runs read it all the same; for SageMaker's own schedules name it in CaptureContentTypeHeader",
        )
