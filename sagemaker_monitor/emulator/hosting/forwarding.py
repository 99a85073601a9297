"""One request to an endpoint, passed to the model's container."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
LONGEST_ANSWER = 60.0
"""Seconds that a container has for an answer, as SageMaker documents it."""


@dataclass(frozen=True)
class Request:
    """What a client asks an endpoint; headers that were not sent are None, a type that was not is empty."""

    body: bytes
    content_type: str = ""
    accept: str | None = None
    custom_attributes: str | None = None
    inference_id: str | None = None
    target_variant: str | None = None


@dataclass(frozen=True)
class Forwarded:
    """What the container answered, and which variant it serves."""

    status: int
    content_type: str
    body: bytes
    custom_attributes: str | None = None
    variant: str = ""


def forward(endpoints: Sequence[str], request: Request) -> Forwarded:
    """Ask the servers at *endpoints* one after the other, each with what the one before answered.

    The answer is that of the last, or of the first that refuses.
    """
    answer = Forwarded(500, "text/plain", b"the model has no container")
    for endpoint in endpoints:
        last = endpoint == endpoints[-1]
        answer = _ask(endpoint, request if last else replace(request, accept=None))
        if answer.status != http.client.OK:
            return answer
        request = replace(request, body=answer.body, content_type=answer.content_type)
    return answer


def _ask(endpoint: str, request: Request) -> Forwarded:
    """Ask the server at *endpoint*; one that does not answer gives 504 or 502 and says so."""
    parts = urlsplit(endpoint)
    headers = {
        "Content-Type": request.content_type,
        "Accept": request.accept,
        CUSTOM_ATTRIBUTES: request.custom_attributes,
    }
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=LONGEST_ANSWER)
    try:
        sent = {name: value for name, value in headers.items() if value}
        connection.request("POST", parts.path, body=request.body, headers=sent)
        response = connection.getresponse()
        return Forwarded(
            response.status,
            response.getheader("Content-Type", ""),
            response.read(),
            response.getheader(CUSTOM_ATTRIBUTES),
        )
    except TimeoutError:
        return Forwarded(504, "text/plain", f"no answer within {LONGEST_ANSWER:g} seconds".encode())
    except (OSError, http.client.HTTPException) as error:
        return Forwarded(502, "text/plain", f"the model server does not answer: {error!r:.200}".encode())
    finally:
        connection.close()
