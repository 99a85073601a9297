"""SageMaker Runtime over HTTP: InvokeEndpoint, in the REST protocol that its clients speak."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.hosting.forwarding import CUSTOM_ATTRIBUTES, Forwarded, Request
from sagemaker_monitor.emulator.hosting.hosts import ModelHosting, NotServedError
from sagemaker_monitor.emulator.models.archive import ArtifactError

MOST_BODY = 25 << 20
"""Bytes of a request to an endpoint, as SageMaker's quotas have it."""
_PATH = re.compile(r"/endpoints/([^/]+)/(invocations|async-invocations|invocations-response-stream)")
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_UNSUPPORTED = {
    "HTTP_X_AMZN_SAGEMAKER_TARGET_MODEL": "TargetModel: multi-model endpoints are not served here",
    "HTTP_X_AMZN_SAGEMAKER_TARGET_CONTAINER_HOSTNAME": "TargetContainerHostname: endpoints of several "
    "containers are not served here",
    "HTTP_X_AMZN_SAGEMAKER_INFERENCE_COMPONENT": "InferenceComponentName: inference components are not "
    "served here",
    "HTTP_X_AMZN_SAGEMAKER_ENABLE_EXPLANATIONS": "EnableExplanations: online explanations are not "
    "computed here",
    "HTTP_X_AMZN_SAGEMAKER_SESSION_ID": "SessionId: stateful sessions are not kept here",
}
_LONGEST_HEADER = {"InferenceId": 64, "CustomAttributes": 1024}


@dataclass(frozen=True)
class RuntimeAnswer:
    """One answer: status, headers beside the length and the request id, and body."""

    status: int
    headers: dict[str, str]
    body: bytes
    log: str = ""


def is_runtime(method: str, path: str) -> bool:
    """Return whether a request is one of SageMaker Runtime's."""
    return method == "POST" and _PATH.fullmatch(path) is not None


def url_of(context: Context, name: str) -> str:
    """Return where a job's process, which does not sign its requests, asks the endpoint *name*."""
    return f"{context.config.url}/endpoints/{quote(name, safe='')}/invocations?region={context.region}"


def answer(
    hosting: ModelHosting, context: Context, path: str, environ: Mapping[str, Any], body: bytes
) -> RuntimeAnswer:
    """Answer one request to an endpoint; everything that is wrong is an answer, too."""
    found = _PATH.fullmatch(path)
    assert found is not None
    name, operation = found.groups()
    if operation != "invocations":
        return _error(
            400, "UnknownOperationException", f"the emulator does not do {operation}, but invocations"
        )
    if len(body) > MOST_BODY:
        return _error(413, "ValidationError", f"a request to an endpoint has at most {MOST_BODY >> 20} MB")
    request = _request(environ, body)
    problem = _problem(name, request, environ)
    if problem:
        return _error(400, "ValidationError", problem)
    try:
        answered = hosting.invoke(context, name, request)
    except NotServedError as error:
        return _error(400, "ValidationError", str(error))
    except (ArtifactError, OSError) as error:
        return _error(429, "ModelNotReadyException", f"the model of endpoint {name} does not start: {error}")
    if answered.status != 200:
        return _model_error(context, name, answered)
    headers = {
        "Content-Type": answered.content_type or "application/octet-stream",
        "x-Amzn-Invoked-Production-Variant": answered.variant,
    }
    if answered.custom_attributes:
        headers[CUSTOM_ATTRIBUTES] = answered.custom_attributes
    return RuntimeAnswer(200, headers, answered.body)


def _request(environ: Mapping[str, Any], body: bytes) -> Request:
    return Request(
        body=body,
        content_type=environ.get("CONTENT_TYPE", ""),
        accept=environ.get("HTTP_ACCEPT"),
        custom_attributes=environ.get("HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES"),
        inference_id=environ.get("HTTP_X_AMZN_SAGEMAKER_INFERENCE_ID"),
        target_variant=environ.get("HTTP_X_AMZN_SAGEMAKER_TARGET_VARIANT"),
    )


def _problem(name: str, request: Request, environ: Mapping[str, Any]) -> str | None:
    if not _NAME.fullmatch(name):
        return f"{name[:100]!r} is not the name of an endpoint"
    for header, text in _UNSUPPORTED.items():
        if header in environ:
            return text
    for member, value in (
        ("InferenceId", request.inference_id),
        ("CustomAttributes", request.custom_attributes),
    ):
        if value is not None and not 1 <= len(value) <= _LONGEST_HEADER[member]:
            most = _LONGEST_HEADER[member]
            return f"{member} has {len(value)} characters; it has 1 to {most}"
    return None


def _model_error(context: Context, name: str, answered: Forwarded) -> RuntimeAnswer:
    region, group = context.region, f"/aws/sagemaker/Endpoints/{name}"
    words = answered.body.decode("utf-8", "replace").strip()[:1000]
    whose = "client" if 400 <= answered.status < 500 else "server"
    page = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    text = (
        f'Received {whose} error ({answered.status}) from primary with message "{words}". See '
        f"{page}#logEventViewer:group={quote(group, safe='/')} in account {context.account} "
        "for more information."
    )
    document = {
        "Message": text,
        "OriginalStatusCode": answered.status,
        "OriginalMessage": words,
        "LogStreamArn": f"arn:aws:logs:{region}:{context.account}:log-group:{group}",
    }
    return _document(424, "ModelError", document, text)


def _error(status: int, code: str, text: str) -> RuntimeAnswer:
    return _document(status, code, {"Message": text}, text)


def _document(status: int, code: str, document: dict[str, Any], text: str) -> RuntimeAnswer:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    body = json.dumps({"message": text, **document}).encode()
    return RuntimeAnswer(status, headers, body, f"InvokeEndpoint {status} {code}")
