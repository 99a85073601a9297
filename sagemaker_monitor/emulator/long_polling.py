"""Long polls of SQS, as workers of Callback steps ask: who waits for a message must not hold up who sends it.

moto looks again and again inside of one request, and one request at a time is all that it can be given. So it
is asked for what is there now, until something is or the time is over.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], bytes]
Ask = Callable[[Environ, bytes], Answer]
LONGEST = 20
"""Seconds, as SQS allows; longer ones are left to be refused."""
_GAP = 0.1
_TARGET = "AmazonSQS."
_OF_QUEUE = re.compile(rb'ReceiveMessageWaitTimeSeconds(?:"\s*:\s*"|</Name>\s*<Value>)(\d+)')


def answer(ask: Ask, environ: Environ, body: bytes) -> Answer:
    """Return SQS's answer to any request, a long poll's when a message is there or its time is over."""
    request = _Json(environ, body) if environ.get("HTTP_X_AMZ_TARGET") else _Query(environ, body)
    if request.action != "ReceiveMessage":
        return ask(environ, body)
    seconds = request.members.get("WaitTimeSeconds")
    if seconds is None:
        found = _OF_QUEUE.search(ask(*request.of_queue())[2])
        seconds = int(found[1]) if found else 0
    if not str(seconds).isdecimal() or not 0 < int(seconds) <= LONGEST:
        return ask(environ, body)
    deadline = time.monotonic() + int(seconds)
    once = request.asking("ReceiveMessage", request.members | {"WaitTimeSeconds": 0})
    while True:
        status, headers, content = ask(*once)
        there = b'"Messages"' in content or b"<Message>" in content
        if there or not status.startswith("200") or time.monotonic() > deadline:
            return status, headers, content
        time.sleep(_GAP)


class _Json:
    """A request in AWS's JSON protocol."""

    def __init__(self, environ: Environ, body: bytes) -> None:
        self._environ = environ
        self.action = str(environ["HTTP_X_AMZ_TARGET"]).removeprefix(_TARGET)
        try:
            members = json.loads(body or b"{}")
        except ValueError:
            members = None
        self.members: dict[str, Any] = members if isinstance(members, dict) else {}

    def asking(self, action: str, members: dict[str, Any]) -> tuple[Environ, bytes]:
        """Return another request of the same client."""
        return {**self._environ, "HTTP_X_AMZ_TARGET": f"{_TARGET}{action}"}, json.dumps(members).encode()

    def of_queue(self) -> tuple[Environ, bytes]:
        """Return the request for how long the queue lets its readers wait."""
        names = ["ReceiveMessageWaitTimeSeconds"]
        return self.asking(
            "GetQueueAttributes", {"QueueUrl": self.members.get("QueueUrl"), "AttributeNames": names}
        )


class _Query:
    """A request in AWS's query protocol, of clients before the end of 2023."""

    def __init__(self, environ: Environ, body: bytes) -> None:
        self._environ = environ
        self.members: dict[str, Any] = dict(
            parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        )
        self.action = str(self.members.get("Action", ""))

    def asking(self, action: str, members: dict[str, Any]) -> tuple[Environ, bytes]:
        """Return another request of the same client."""
        return self._environ, urlencode(members | {"Action": action}).encode()

    def of_queue(self) -> tuple[Environ, bytes]:
        """Return the request for how long the queue lets its readers wait."""
        kept = {name: self.members[name] for name in ("QueueUrl", "Version") if name in self.members}
        return self.asking("GetQueueAttributes", kept | {"AttributeName.1": "ReceiveMessageWaitTimeSeconds"})
