"""Which service a request is for, and its answer: the WSGI application of the emulator."""

from __future__ import annotations

import io
import json
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

from sagemaker_monitor.emulator import control, identity, job_logs, long_polling, runtime_api
from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.fallback import SERVICES, Fallback
from sagemaker_monitor.emulator.hosting.hosts import ModelHosting
from sagemaker_monitor.emulator.http_server import INTERIM, TUNNELLED
from sagemaker_monitor.emulator.pages import browsers
from sagemaker_monitor.emulator.patience import Client
from sagemaker_monitor.emulator.request_body import BrokenBodyError
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.request import read_request
from sagemaker_monitor.emulator.s3.rest import S3Api
from sagemaker_monitor.emulator.sagemaker_api import SageMakerApi, stamp
from sagemaker_monitor.emulator.scheduler import protocol as scheduler_protocol
from sagemaker_monitor.emulator.scheduler.api import SchedulerApi
from sagemaker_monitor.emulator.wire import ApiError, render_error

HEALTH = "/_sagemaker-monitor/health"
_TARGET = "SageMaker."
_MOST_BODY = 8 << 20
_SCOPE = re.compile(r"Credential=[^/,\s]*/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")

StartResponse = Callable[..., Any]
Environ = dict[str, Any]


@dataclass(frozen=True)
class Front:
    """The parts that answer, and what they need."""

    context: Context
    sagemaker: SageMakerApi
    s3: S3Api
    hosting: ModelHosting
    scheduler: SchedulerApi
    fallback: Fallback
    health: Callable[[], dict[str, object]]
    any_host: bool = False

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI request."""
        try:
            return self._route(environ, start_response)
        except (ConnectionError, TimeoutError, BrokenBodyError):
            raise  # the client's connection; the server knows what to do
        except Exception:
            log(f"{environ['REQUEST_METHOD']} failed inside the emulator\n{traceback.format_exc()}")
            return _json(
                start_response, 501, render_error(ApiError("InternalFailure", "see the emulator's log"))
            )

    def _route(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        # Who asked for a host by CONNECT has us as its proxy, which no page can arrange.
        refusal = browsers.refusal(environ, any_host=self.any_host or TUNNELLED in environ)
        if refusal is not None:
            return _json(start_response, 403, render_error(ApiError("AccessDeniedException", refusal)))
        if environ["PATH_INFO"] == HEALTH:
            return _json(start_response, 200, json.dumps(self.health()).encode())
        if environ["PATH_INFO"] == control.FIRE and environ["REQUEST_METHOD"] == "POST":
            return self._fire(environ, start_response)
        if browsers.wants_page(environ):
            return self._page(environ, start_response)
        region, service = _scope(environ)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith(_TARGET):
            return self._sagemaker(target.removeprefix(_TARGET), region, environ, start_response)
        if service in ("sagemaker", "") and runtime_api.is_runtime(
            environ["REQUEST_METHOD"], environ["PATH_INFO"]
        ):
            return self._runtime(region or _asked_region(environ), environ, start_response)
        if target.startswith(job_logs.TARGET):
            return self._logs(target.removeprefix(job_logs.TARGET), region, environ, start_response)
        if service == scheduler_protocol.SERVICE:
            return self._scheduler(region, environ, start_response)
        if service in ("", "s3"):
            return self._s3(region, environ, start_response)
        if service == "sagemaker":
            text = "the emulator answers InvokeEndpoint, and SageMaker's own operations; not this"
            return _json(start_response, 400, render_error(ApiError("UnknownOperationException", text)))
        return self._other(service, environ, start_response)

    def _sagemaker(
        self, operation: str, region: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(_MOST_BODY + 1)
        if len(body) > _MOST_BODY:
            error = ApiError(
                "RequestEntityTooLargeException", f"a request has at most {_MOST_BODY} bytes", 413
            )
            return _json(start_response, error.status, render_error(error))
        client = Client(environ.get("HTTP_USER_AGENT", ""), environ.get(INTERIM, lambda: None))
        answer = self.sagemaker.answer(operation, body, self._in(region), client)
        if answer.code:
            log(f"{operation} {answer.status} {answer.code}")
        return _json(start_response, answer.status, answer.body)

    def _runtime(self, region: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(runtime_api.MOST_BODY + 1)
        context = self._in(region)
        answer = runtime_api.answer(self.hosting, context, environ["PATH_INFO"], environ, body)
        if answer.log:
            log(answer.log)
        headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
        start_response(_status(answer.status), [*headers, ("x-amzn-RequestId", str(uuid4()))])
        return [answer.body]

    def _page(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        # Templates are compiled when somebody looks for the first time.
        from sagemaker_monitor.emulator.pages import routes

        path = environ.get("RAW_PATH") or environ["PATH_INFO"]
        found = routes.answer(self.context, environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""))
        start_response(_status(found.status), list(found.headers.items()))
        return found.body

    def _fire(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            fired = control.fire(
                self._in(_asked_region(environ)),
                self.scheduler.clock,
                environ["wsgi.input"].read(_MOST_BODY),
            )
        except control.ControlError as error:
            return _json(start_response, 400, render_error(ApiError("ValidationException", str(error))))
        return _json(start_response, 200, json.dumps(fired).encode())

    def _scheduler(self, region: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(scheduler_protocol.MOST_BODY)
        path, query = environ.get("RAW_PATH") or environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        answer = self.scheduler.answer(environ["REQUEST_METHOD"], path, query, body, self._in(region))
        error = [("x-amzn-ErrorType", answer.code)] if answer.code else []
        return _content(start_response, answer.status, "application/json", answer.body, error)

    def _in(self, region: str) -> Context:
        """Return the context of a request that was signed for *region*, if it was for any."""
        return self.context if region in ("", self.context.region) else self.context.in_region(region)

    def _logs(
        self, operation: str, region: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(_MOST_BODY)
        try:
            own = job_logs.answer(self._in(region), operation, body)
        except ApiError as error:
            return _json(start_response, error.status, render_error(error))
        if own is not None:
            return _json(start_response, 200, own)
        context = self._in(region)
        beside = partial(job_logs.groups_beside, context, body) if operation == "DescribeLogGroups" else None
        return self._other("logs", {**environ, "wsgi.input": io.BytesIO(body)}, start_response, beside)

    def _s3(self, region: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            request = read_request(environ, region or self.context.region)
        except S3Error as error:
            return _json(start_response, error.status, render_error(ApiError(error.code, error.message)))
        response = self.s3.answer(request)
        headers = {**response.headers, "x-amz-request-id": uuid4().hex[:16].upper()}
        if browsers.is_browser(environ):
            headers |= browsers.SANDBOXED
        if response.status not in (204, 304):
            headers.setdefault("Content-Length", "0")
        start_response(_status(response.status), list(headers.items()))
        return response.body

    def _other(
        self,
        service: str,
        environ: Environ,
        start_response: StartResponse,
        beside: Callable[[bytes], bytes] | None = None,
    ) -> Iterable[bytes]:
        """Let moto answer; *beside* adds to an answer what is not in moto."""
        body = environ["wsgi.input"].read(_MOST_BODY)
        own = identity.answer(service, body, self.context.account, self.fallback.policies_of)
        if own is not None and not self.fallback.knows(environ, body):
            return _content(start_response, 200, "text/xml", own)
        if service not in SERVICES:
            others = ", ".join(sorted(SERVICES))
            text = f"the emulator does not answer {service!r}; beside SageMaker and S3 it answers: {others}"
            if service == "lambda":
                text = (
                    "the emulator makes no Lambda functions; register a Python callable with "
                    "local up --lambda NAME=FILE.py:FUNCTION, and name the function by its ARN"
                )
            return _refuse(environ, start_response, text)
        try:
            ask = self.fallback.answer
            polled = service == "sqs"
            status, headers, content = (
                long_polling.answer(ask, environ, body) if polled else ask(environ, body)
            )
        except Exception as error:
            text = f"the emulator's {service} does not do this: {type(error).__name__}: {error!s:.200}"
            log(text)
            return _refuse(environ, start_response, text)
        if status.startswith("500"):
            return _refuse(environ, start_response, f"the emulator's {service} does not do this")
        if beside is not None and status.startswith("200"):
            return _json(start_response, 200, beside(content))
        start_response(status, headers)
        return [content]


def log(text: str) -> None:
    """Write one entry of the server's log, which is standard error."""
    print(f"{stamp()} {text}", file=sys.stderr, flush=True)


def _scope(environ: Environ) -> tuple[str, str]:
    """Return region and service that a request was signed for, in its header or in a presigned URL."""
    match = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if match is None:
        # A URL is all that a link or a picture in a web page needs; nobody presigns for other services.
        credential = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential", [""])[0]
        match = _SCOPE.search(f"Credential={credential}")
        return ("", "") if match is None else (_region(match[1]), "s3")
    return _region(match[1]), match[2]


def _region(name: str) -> str:
    return name if _REGION.fullmatch(name) else ""


def _asked_region(environ: Environ) -> str:
    """Return the region that a request names which nobody signed."""
    return _region(parse_qs(environ.get("QUERY_STRING", "")).get("region", [""])[0])


def _refuse(environ: Environ, start_response: StartResponse, text: str) -> Iterable[bytes]:
    code = "UnknownOperationException"
    if "HTTP_X_AMZ_TARGET" in environ or "json" in environ.get("CONTENT_TYPE", ""):
        return _json(start_response, 400, render_error(ApiError(code, text)))
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(text)}</Message></Error>"
    content = f"<ErrorResponse>{error}<RequestId>{uuid4()}</RequestId></ErrorResponse>"
    return _content(start_response, 400, "text/xml", content.encode())


def _json(start_response: StartResponse, status: int, content: bytes) -> list[bytes]:
    return _content(start_response, status, "application/x-amz-json-1.1", content)


def _content(
    start_response: StartResponse,
    status: int,
    kind: str,
    content: bytes,
    more: Sequence[tuple[str, str]] = (),
) -> list[bytes]:
    length, request_id = str(len(content)), str(uuid4())
    headers = [("Content-Type", kind), ("Content-Length", length), ("x-amzn-RequestId", request_id)]
    start_response(_status(status), [*headers, *more])
    return [content]


def _status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
