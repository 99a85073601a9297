"""Requests that nobody should send: made from the services' own models, and then spoilt."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from botocore.model import OperationModel, Shape
from botocore.serialize import create_serializer

from sagemaker_monitor.emulator.wire import service_model

TEXTS = (
    *("", " ", "\x00", "..", "../../etc/passwd", "/etc/passwd", "a" * 70_000, "-", "%00", "%2e%2e%2f", "{}"),
    *("é" * 300, "e\u0301", "\ud800", "\udfff\ud800", "\u202e", "🙂" * 200, "<script>", "' OR 1=1 --", "\n"),
    *("s3://", "s3://data", "s3://data/../x", "s3:///x", "s3://DATA/x", "http://evil", "arn:", "arn:aws:x"),
    *("NaN", "-0", "1e999", "null", "true", "$.a", "{{x}}", "${x}", "0" * 5000, "P1Y", "cron(x)", "+1"),
)
NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, float("inf"), float("-inf"), float("nan")),
    *(0.1, 1.5, -0.0, True, False),
)
NAMES = ("tiny", "steady", "scale", "watch", "job", "rows", "hourly", "credit", "none", "A-1")
KINDS = ("pipeline", "processing-job", "model", "endpoint", "model-package", "model-package-group", "x")
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "X" * 300)


@dataclass(frozen=True)
class Strange:
    """One request as it goes over the wire, apart from Host and Content-Length."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    what: str = ""


class Strangers:
    """Makes strange requests, the same ones for the same seed."""

    def __init__(self, seed: int, answered: tuple[str, ...], *, others: bool = True) -> None:
        """*answered* are the operations of SageMaker that the emulator does: those are asked most.

        Without *others*, moto's services are left in peace: to import it takes a second.
        """
        self.chance = random.Random(seed)
        self._models = {name: service_model(name) for name in ("sagemaker", "logs", "s3")}
        self._answered = answered
        self._others = others
        self._serializer: Any = create_serializer("rest-xml", include_validation=False)

    def next(self) -> Strange:
        """Return another request."""
        makers: tuple[Callable[[], Strange], ...] = (
            *(self._sagemaker, self._sagemaker, self._sagemaker, self._s3, self._s3, self._logs),
            *(self._path, self._json, self._invoke, self._xml, self._fire),
            *((self._other,) if self._others else ()),
        )
        return self.chance.choice(makers)()

    def bytes(self) -> bytes:
        """Return the bytes of an upload, whole or in chunks, with some changed, left out or repeated."""
        body = self.chance.choice(
            (b"Content-Length: 5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        )
        extra = self.chance.choice(
            (b"", b"Expect: 100-continue\r\n", b"x-amz-content-sha256: STREAMING-X\r\n")
        )
        content = bytearray(b"PUT /data/raw HTTP/1.1\r\nHost: 127.0.0.1\r\n" + extra + body)
        for _ in range(self.chance.randrange(1, 4)):
            at, size = self.chance.randrange(len(content)), self.chance.randrange(1, 9)
            match self.chance.randrange(4):
                case 0:
                    content[at] = self.chance.randrange(256)
                case 1:
                    del content[at : at + size]
                case 2:
                    content[at:at] = content[at : at + size] * 3
                case _:
                    del content[max(at, 20) :]
        return bytes(content)

    # --- one kind of request each

    def _sagemaker(self) -> Strange:
        every = self._models["sagemaker"].operation_names
        name = self.chance.choice(self._answered if self.chance.random() < 0.9 else every)
        model = self._models["sagemaker"].operation_model(name)
        return self._target(f"SageMaker.{name}", self._spoilt(self._made(model)))

    def _logs(self) -> Strange:
        name = self.chance.choice(
            ("DescribeLogGroups", "DescribeLogStreams", "GetLogEvents", "FilterLogEvents", "PutLogEvents")
        )
        request = self._made(self._models["logs"].operation_model(name))
        for member in ("logGroupName", "logGroupNamePrefix", "logGroupIdentifier"):
            if member in request and self.chance.random() < 0.8:
                request[member] = "/aws/sagemaker/ProcessingJobs"
        return self._target(f"Logs_20140328.{name}", self._spoilt(request), "logs")

    def _s3(self) -> Strange:
        model = self._models["s3"].operation_model(self.chance.choice(self._models["s3"].operation_names))
        request = self._made(model) | {"Bucket": self.chance.choice(("data", "data", "none", "A..b"))}
        try:
            made = self._serializer.serialize_to_request(request, model)
        except Exception:  # botocore itself cannot send it
            return self._path()
        query = made["query_string"]
        pairs = query.items() if isinstance(query, dict) else query
        text = "&".join(f"{_quoted(k)}={_quoted(v)}" for k, v in pairs)
        path = made["url_path"]
        path = path.replace("{Bucket}", request["Bucket"]) + (
            ("&" if "?" in path else "?") + text if text else ""
        )
        body = made["body"]
        content = body if isinstance(body, bytes) else str(body or "").encode("utf-8", "replace")
        headers = {name: str(value) for name, value in made["headers"].items()}
        return Strange(made["method"], path, headers | self._signed("s3"), content, f"s3 {model.name}")

    def _path(self) -> Strange:
        parts = [
            quote(self._text()[:2000].encode("utf-8", "replace"), safe=self.chance.choice(("", "/%?&#")))
            for _ in range(self.chance.randrange(1, 4))
        ]
        start = self.chance.choice(("/", "/data/", "/_sagemaker-monitor/", "/endpoints/", "//", ""))
        query = self.chance.choice(
            ("", "?uploads", "?uploadId=x&partNumber=-1", "?list-type=2&max-keys=x", "?delete", "?tagging",
             "?acl", "?max-keys=-1", "?continuation-token=%ff", "?uri=s3%3A%2F%2Fdata%2F&after=%00",
             "?" + "a" * 9000, "?X-Amz-Credential=a/b/c/d", "?skip=x", "?versionId=null", "?encoding-type=x",
             "?partNumber=1")
        )  # fmt: skip
        headers = {self.chance.choice(_HEADERS): self._header() for _ in range(self.chance.randrange(3))}
        return Strange(self.chance.choice(METHODS), start + "/".join(parts) + query, headers, b"x", "path")

    def _json(self) -> Strange:
        body = self.chance.choice(
            (b"", b"[]", b"null", b"1e999", b"{", b"\xff\xfe", b"[" * 100_000,
             b'{"a":' * 5000 + b"1" + b"}" * 5000, b'{"a": NaN}', b"\x00" * 100,
             b'{"PipelineName": "\\ud800"}', b'{"MaxResults": 1' + b"0" * 5000 + b"}",
             b'{"PipelineName": "watch", "PipelineName": 1}', b'{"MaxResults": 1e400}', "\ufeff{}".encode())
        )  # fmt: skip
        target = self.chance.choice((*self._answered, "Nothing", "", "../x", "\x7f"))
        return self._target(f"SageMaker.{target}", body)

    def _invoke(self) -> Strange:
        name = quote(self.chance.choice((*NAMES, self._text()[:300])).encode("utf-8", "replace"), safe="")
        kind = self.chance.choice(("invocations", "invocations", "async-invocations", "x"))
        headers = {self.chance.choice(_HEADERS): self._header() for _ in range(self.chance.randrange(4))}
        body = self.chance.choice((b"", b"1.5\n", b"\xff" * 1000, b"1," * 10_000))
        return Strange(
            "POST", f"/endpoints/{name}/{kind}", headers | self._signed("sagemaker"), body, "invoke"
        )

    def _xml(self) -> Strange:
        body = self.chance.choice(
            (b"", b"<a", b"<Delete/>", b"<Delete><Object><Key>../x</Key></Object></Delete>",
             b"<Delete><Object><Key>" + b"k" * 2000 + b"</Key></Object></Delete>", b"<a>" * 20_000,
             b'<!DOCTYPE a [<!ENTITY b "c">]><Delete>&b;</Delete>', b"\xff\xfe<\x00",
             b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>",
             b"<Delete><Object><Key>a</Key><VersionId>1</VersionId></Object></Delete>",
             b"<Complete><Part><PartNumber>\xd9\xa3</PartNumber></Part></Complete>",
             b"<Complete><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></Complete>",
             b'<?xml version="1.0" encoding="utf-16"?><Delete/>',
             b'<?xml version="1.0" encoding="x"?><Delete/>',
             b"<Delete><Object><Key>" + b"9" * 5000 + b"</Key></Object></Delete>")
        )  # fmt: skip
        method, path = self.chance.choice(
            (
                ("POST", "/data?delete"),
                ("POST", "/data/k?uploadId=x"),
                ("PUT", "/new-bucket"),
                ("PUT", "/data/k?tagging"),
            )
        )
        return Strange(method, path, self._signed("s3"), body, "xml")

    def _other(self) -> Strange:
        service = self.chance.choice(
            ("iam", "sts", "sqs", "ssm", "events", "monitoring", "kms", "dynamodb", "x")
        )
        headers = self._signed(service)
        if self.chance.random() < 0.5:
            body = (
                f"Action={quote(self._text()[:100].encode('utf-8', 'replace'))}&Version=2010-05-08".encode()
            )
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            headers["X-Amz-Target"] = self.chance.choice(
                ("AmazonSSM.GetParameter", "TrentService.X", "a.b", "x")
            )
            body = self.chance.choice((b"{}", b"[]", b"", b"{"))
        return Strange("POST", "/", headers, body, f"other {service}")

    def _fire(self) -> Strange:
        at = self.chance.choice((None, "x", "0000-00-00", "9999-12-31T23:59:59", 1e400, self._text()[:50]))
        request = {"schedule": self.chance.choice((*NAMES, 1, None, [])), "at": at}
        region = self.chance.choice(("", "us-east-1", "x", "..%2f", "%00"))
        return Strange("POST", f"/_sagemaker-monitor/fire?region={region}", {}, _dumps(request), "fire")

    # --- parts

    def _target(self, target: str, body: Any, service: str = "sagemaker") -> Strange:
        content = body if isinstance(body, bytes) else _dumps(body)
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"} | self._signed(
            service
        )
        return Strange("POST", "/", headers, content, target)

    def _signed(self, service: str) -> dict[str, str]:
        return {
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260301/us-east-1/{service}/aws4_request"
        }

    def _text(self) -> str:
        return self.chance.choice(TEXTS)

    def _header(self) -> str:
        text = self.chance.choice(
            (*TEXTS, "bytes=0-", "bytes=-0", "bytes=9-1", f"bytes=0-{10**30}", "*", '"x"', "5")
        )
        return (
            text[:3000].encode("latin-1", "replace").decode("latin-1").replace("\n", " ").replace("\x00", "")
        )

    def _made(self, model: OperationModel) -> dict[str, Any]:
        shape = model.input_shape
        return {} if shape is None else dict(self._value(shape, "", 0))

    def _value(self, shape: Any, name: str, depth: int) -> Any:
        if shape.type_name == "structure":
            wanted = [
                each
                for each in shape.members
                if each in shape.required_members or self.chance.random() < (0.25 if depth < 4 else 0.0)
            ]
            if shape.metadata.get("union") or getattr(shape, "is_tagged_union", False):
                wanted = [self.chance.choice(list(shape.members))]
            return {each: self._value(shape.members[each], each, depth + 1) for each in wanted}
        if shape.type_name == "list":
            return [
                self._value(shape.member, name, depth + 1) for _ in range(self.chance.choice((0, 1, 1, 1, 2)))
            ]
        if shape.type_name == "map":
            return {"k": self._value(shape.value, name, depth + 1)}
        return self._scalar(shape, name)

    def _scalar(self, shape: Shape, name: str) -> Any:
        kind = shape.type_name
        if kind in ("string", "character"):
            return self._string(shape, name)
        if kind == "boolean":
            return self.chance.random() < 0.5
        if kind == "blob":
            return self.chance.choice(("", "YQ=="))
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 100)
        return self.chance.choice((low, high, 1, 1))

    def _string(self, shape: Shape, name: str) -> str:
        allowed: list[str] = shape.metadata.get("enum", [])
        if allowed:
            return self.chance.choice(allowed)
        lower = name.lower()
        if "uri" in lower or "s3" in lower or "url" in lower:
            return self.chance.choice(("s3://data/in/", "s3://data/x", "s3://none/x", "s3://data"))
        if lower.endswith("rolearn"):
            return "arn:aws:iam::000000000000:role/monitor"
        if lower.endswith("arn"):
            kind, found = self.chance.choice(KINDS), self.chance.choice(NAMES)
            return f"arn:aws:sagemaker:us-east-1:000000000000:{kind}/{found}"
        if "image" in lower:
            return "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
        if "definition" in lower:
            return self.chance.choice((_PIPELINE, _PIPELINE, "{}", "[]", '{"Steps":1}', "x"))
        if "path" in lower:
            return "/opt/ml/processing/x"
        if "token" in lower:
            return self.chance.choice(("x" * 40, "b2Zmc2V0Oi0x", "b2Zmc2V0OjE="))
        if self.chance.random() < 0.1:
            return self._text()
        return self.chance.choice(NAMES)

    def _spoilt(self, request: dict[str, Any]) -> Any:
        """Return the request as it is, or with something in it that should not be."""
        for _ in range(self.chance.choice((0, 0, 1, 1, 2))):
            holder: Any = request
            while True:
                keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
                if not keys:
                    break
                key = self.chance.choice(keys)
                inner = holder[key]
                if isinstance(inner, dict | list) and inner and self.chance.random() < 0.7:
                    holder = inner
                    continue
                holder[key] = self._strange_value()
                break
        if self.chance.random() < 0.05:
            request[self._text()[:50]] = 1
        return request

    def _strange_value(self) -> Any:
        return self.chance.choice(
            (
                None,
                [],
                {},
                [[]],
                {"a": {}},
                self._text(),
                self._text(),
                self.chance.choice(NUMBERS),
                [None],
                ["x"] * 500,
            )
        )


_PIPELINE = '{"Version":"2020-12-01","Steps":[{"Name":"No","Type":"Fail","Arguments":{"ErrorMessage":"x"}}]}'
_HEADERS = (
    *("Range", "If-Match", "If-None-Match", "x-amz-copy-source", "x-amz-checksum-crc32", "Content-MD5"),
    *("x-amz-content-sha256", "x-amz-trailer", "Content-Encoding", "x-amz-meta-x", "Accept", "Content-Type"),
    *(
        "X-Amzn-SageMaker-Custom-Attributes",
        "X-Amzn-SageMaker-Inference-Id",
        "x-amz-tagging",
        "Authorization",
    ),
    *("X-Amzn-SageMaker-Target-Variant", "x-amz-date", "x-amz-metadata-directive", "x-amz-copy-source-range"),
    *("If-Modified-Since", "x-amz-expected-bucket-owner", "x-amz-storage-class", "x-amz-acl", "Expect"),
)


def _dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


def _quoted(value: Any) -> str:
    return quote(str(value).encode("utf-8", "replace"), safe="")
