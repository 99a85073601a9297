"""An emulator that is busy, broken or loses its answers as often as a test says, as AWS now and then is."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.emulator.server import Server

Environ = dict[str, Any]
Kind = str
_S3_ERROR = "<?xml version='1.0'?><Error><Code>{}</Code><Message>{}</Message></Error>"


class Faults:
    """Stands before an emulator's application and refuses some of its requests.

    Rates are shares of all requests: *throttled* ones and *broken* ones (5xx) are not worked on; of
    *lost* ones the work is done and the answer is a 5xx.
    """

    def __init__(
        self, server: Server, *, seed: int, throttled: float = 0.0, broken: float = 0.0, lost: float = 0.0
    ) -> None:
        self.counts: Counter[Kind] = Counter()
        self.denied: dict[str, str] = {}
        """Operations of SageMaker, or paths of EventBridge Scheduler, that are denied, with what AWS says."""
        self.before: Callable[[int], None] = self.nothing
        """Called with the number of each request, before it is worked on."""
        self.after: Callable[[int], None] = self.nothing
        self._rates: tuple[tuple[Kind, float], ...] = (
            ("throttled", throttled),
            ("broken", broken),
            ("lost", lost),
        )
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._inner = server._front
        server._front = self  # type: ignore[assignment]

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request, or refuse it."""
        with self._lock:
            self.counts["requests"] += 1
            number = self.counts["requests"]
            fault = self._choose()
            self.counts[fault] += 1
        self.before(number)
        operation = environ.get("HTTP_X_AMZ_TARGET", environ["PATH_INFO"]).removeprefix("SageMaker.")
        if operation in self.denied:
            return _answer(
                environ, start_response, "400 Bad", "AccessDeniedException", self.denied[operation]
            )
        if fault == "none":
            answer = self._inner(environ, start_response)
            self.after(number)
            return answer
        body = environ["wsgi.input"]
        if fault == "lost":
            for _ in self._inner(environ, lambda *_arguments: None):
                pass
            self.after(number)
        else:
            while body.read(1 << 16):
                pass
        return _refusal(environ, start_response, fault)

    def calm(self) -> None:
        """Refuse nothing from here on."""
        self._rates = ()

    @staticmethod
    def nothing(_number: int) -> None:
        """Do nothing before or after a request."""

    def _choose(self) -> Kind:
        place = self._random.random()
        for kind, rate in self._rates:
            if place < rate:
                return kind
            place -= rate
        return "none"


def _refusal(environ: Environ, start_response: Callable[..., Any], fault: Kind) -> list[bytes]:
    is_json = "HTTP_X_AMZ_TARGET" in environ
    busy = fault == "throttled"
    code = ("ThrottlingException" if is_json else "SlowDown") if busy else "InternalFailure"
    status = "400 Bad Request" if is_json and busy else "503 Service Unavailable" if busy else "500 Internal"
    text = "Rate exceeded" if busy else "We encountered an internal error. Please try again."
    return _answer(environ, start_response, status, code, text)


def _answer(
    environ: Environ, start_response: Callable[..., Any], status: str, code: str, text: str
) -> list[bytes]:
    is_json = "HTTP_X_AMZ_TARGET" in environ or environ["PATH_INFO"].startswith("/schedules")
    content = (
        json.dumps({"__type": code, "message": text}) if is_json else _S3_ERROR.format(code, text)
    ).encode()
    kind = "application/x-amz-json-1.1" if is_json else "application/xml"
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]


class CutOffError(BaseException):
    """What a kill looks like from inside."""


class Cut(Aws):
    """Sends some calls and then none any more, whoever asks."""

    def __init__(self, aws: Aws, *, after: int, sent: bool) -> None:
        super().__init__(aws.environment)
        self._clients = aws._clients
        self.left, self.sent = after, sent

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        self.left -= 1
        if self.left < 0 and not (self.sent and self.left == -1):
            raise CutOffError
        answer = super().call(service, operation, **request)
        if self.left < 0:
            if "Body" in answer:  # as the end of a process does
                answer["Body"].close()
            raise CutOffError
        return answer
