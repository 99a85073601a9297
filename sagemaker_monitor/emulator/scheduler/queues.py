"""Messages to queues, which moto keeps."""

from __future__ import annotations

import json
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.fallback import Fallback


class QueueError(Exception):
    """A queue that takes no message; the message says why."""


def put_message(fallback: Fallback, context: Context, queue_arn: str, message: dict[str, Any]) -> None:
    """Send *message*, members of SendMessage, to the queue of an ARN. Raises QueueError."""
    region, account, name = queue_arn.split(":")[3:6]
    url = _ask(
        fallback, context, region, "GetQueueUrl", {"QueueName": name, "QueueOwnerAWSAccountId": account}
    )
    _ask(fallback, context, region, "SendMessage", {"QueueUrl": url["QueueUrl"], **message})


def _ask(
    fallback: Fallback, context: Context, region: str, action: str, members: dict[str, Any]
) -> dict[str, Any]:
    signed = f"AWS4-HMAC-SHA256 Credential=local/20260101/{region}/sqs/aws4_request, Signature=0"
    host, _, port = context.config.url.removeprefix("http://").partition(":")
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": f"{host}:{port}",
        "HTTP_AUTHORIZATION": signed,
        "HTTP_X_AMZ_TARGET": f"AmazonSQS.{action}",
        "CONTENT_TYPE": "application/x-amz-json-1.0",
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }
    status, _, content = fallback.answer(environ, json.dumps(members).encode())
    if not status.startswith("200"):
        raise QueueError(f"{action}: {status}: {content[:300].decode('utf-8', 'replace')}")
    answer: dict[str, Any] = json.loads(content)
    return answer
