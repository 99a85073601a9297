"""Every call that reaches an emulator, as IAM would see it: who, which action, on what."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.parsers import BaseCBORParser

from sagemaker_monitor.emulator.scheduler import protocol
from sagemaker_monitor.emulator.server import Server

Environ = dict[str, Any]
_SIGNED = re.compile(r"Credential=(?P<key>[^/,\s]*)/\d{8}/[a-z0-9-]+/(?P<service>[a-z0-9-]+)/aws4_request")
COMMAND_KEY = "local"
"""The access key of commands, see sagemaker_monitor/aws/session.py; jobs have another one."""
JOB = "job"


@dataclass(frozen=True)
class Request:
    """One request: who sent it, the service and operation as botocore knows them, and what was sent."""

    by: str
    service: str
    operation: str
    parameters: dict[str, Any] = field(hash=False)
    status: int = 200


class Recorder:
    """What stands before an emulator's front and notes each request; `by` names who sends now."""

    def __init__(self, front: Any) -> None:
        """Pass everything on to *front*."""
        self._front = front
        self.by = ""
        self.requests: list[Request] = []

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Note the request, and let it be answered."""
        signed = _SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
        if signed is not None:
            by = self.by if signed["key"] == COMMAND_KEY else JOB
            asked = (by, signed["service"], *_read(signed["service"], environ))

            def start(status: str, *rest: Any) -> Any:
                self.requests.append(Request(*asked, int(status.split()[0])))
                return start_response(status, *rest)

            answer: Iterable[bytes] = self._front(environ, start)
            return answer
        unsigned: Iterable[bytes] = self._front(environ, start_response)
        return unsigned


@contextmanager
def recorded(server: Server) -> Iterator[Recorder]:
    """Record what *server* is asked while the block runs."""
    recorder = Recorder(server._front)
    server._front = recorder  # type: ignore[assignment]
    yield recorder
    server._front = recorder._front


def _read(service: str, environ: Environ) -> tuple[str, dict[str, Any]]:
    if service == "s3":
        return _object_request(environ)
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    body = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    if service == protocol.SERVICE:
        path, query = environ["RAW_PATH"], environ.get("QUERY_STRING", "")
        asked = protocol.read(environ["REQUEST_METHOD"], path, query, body)
        return asked.operation, asked.request
    if target:
        return target.rpartition(".")[2], json.loads(body or b"{}")
    if b"Action=" in body:
        query = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        return query.pop("Action"), query
    path = environ["PATH_INFO"]
    if "/operation/" in path:  # CloudWatch's binary protocol
        found = BaseCBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body))) if body else {}
        return path.rpartition("/")[2], found
    return f"{environ['REQUEST_METHOD']} {path}", {"Body": body[:2000].decode("utf-8", "replace")}


def _object_request(environ: Environ) -> tuple[str, dict[str, Any]]:
    """Return what S3 is asked, under the name of the permission that it needs."""
    bucket, _, key = unquote(environ["PATH_INFO"]).lstrip("/").partition("/")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    method = environ["REQUEST_METHOD"]
    asked = {"Bucket": bucket, "Key": key, "Prefix": query.get("prefix", [""])[0]}
    if "encryption" in query:
        names = {"GET": "GetEncryptionConfiguration"}
    elif not key:
        names = {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket"}
    else:
        names = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject"}
        names["DELETE"] = "AbortMultipartUpload" if "uploadId" in query else "DeleteObject"
    return names[method], asked
