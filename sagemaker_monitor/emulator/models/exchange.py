"""One request to a model and its answer, whatever the model is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"


class RequestError(Exception):
    """A request that the model cannot answer; *status* is the HTTP answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What a model answers: a body and its Content-Type."""

    content_type: str
    body: bytes


class Served(Protocol):
    """A model in memory."""

    def answer(self, content_type: str, accept: str, body: bytes) -> Answer:
        """Return the predictions for *body*; the first two are headers as sent. Raises RequestError."""
        ...


def media_type(header: str, default: str) -> str:
    """Return the media type of a Content-Type header without its parameters, or *default* for none."""
    return header.split(";")[0].strip().lower() or default


def accepted(header: str, offered: Sequence[str]) -> str:
    """Return the first media type of an Accept header that is *offered*; the first offered for none or any.

    Raises RequestError 406 when none of them is.
    """
    wanted = [media_type(part, "*/*") for part in header.split(",")]
    for each in wanted:
        if each == "*/*":
            return offered[0]
        if each in offered:
            return each
    raise RequestError(
        406, f"the accept type {header[:100]!r} is not supported; supported: {', '.join(offered)}"
    )


def text_of(body: bytes) -> str:
    """Return the request as text; raise RequestError 415 when it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(
            415, f"the request is not UTF-8 text: {error.reason} at byte {error.start}"
        ) from error
