"""An S3 request and an S3 answer, free of WSGI."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from sagemaker_monitor.emulator.s3.bodies import AwsChunkedBody, is_aws_chunked
from sagemaker_monitor.emulator.s3.keys import S3Error

_LONGEST_DOCUMENT = 4 << 20
_META = "x-amz-meta-"
_VIRTUAL_HOST = re.compile(r"(?P<bucket>.+)\.(?:localhost|s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?)")


@dataclass(frozen=True)
class S3Request:
    """One request; header names are in lower case, bucket and key are empty where there is none."""

    method: str
    bucket: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]
    stream: io.BufferedIOBase
    region: str

    def body(self) -> tuple[io.BufferedIOBase, dict[str, str]]:
        """Return the bytes sent and the headers that trail them, there once the bytes were read."""
        if not is_aws_chunked(self.headers):
            return self.stream, {}
        decoded = AwsChunkedBody(self.stream)
        return io.BufferedReader(decoded), decoded.trailers

    def document(self) -> bytes:
        """Return the body of a request that carries XML. Raises S3Error MalformedXML when it is too long."""
        stream, _ = self.body()
        content = stream.read(_LONGEST_DOCUMENT + 1)
        if len(content) > _LONGEST_DOCUMENT:
            raise S3Error("MalformedXML", f"the document is longer than {_LONGEST_DOCUMENT} bytes")
        return content

    def metadata(self) -> dict[str, str]:
        """Return the user's metadata."""
        found = {name[len(_META) :]: value for name, value in self.headers.items() if name.startswith(_META)}
        if sum(len(name) + len(value) for name, value in found.items()) > 2048:
            raise S3Error(
                "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"
            )
        return found


@dataclass(frozen=True)
class S3Response:
    """One answer; without a Content-Length the body is what counts."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterable[bytes] = ()


def xml(content: bytes, status: int = 200) -> S3Response:
    """Return an answer that is a document."""
    headers = {"Content-Type": "application/xml", "Content-Length": str(len(content))}
    return S3Response(status, headers, (content,))


def count(text: str, name: str, most: int = 0) -> int:
    """Return the number that a parameter says, at most *most* unless that is 0; raise S3Error for none."""
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise S3Error("InvalidArgument", f"Provided {name} not an integer or within integer range")
    return min(int(text), most) if most else int(text)


def read_request(environ: dict[str, Any], region: str) -> S3Request:
    """Return the request of a WSGI environment. Raises S3Error InvalidURI."""
    headers = {
        name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    path = environ.get("RAW_PATH") or environ["PATH_INFO"]
    try:
        decoded = unquote_to_bytes(path.split("?", 1)[0]).decode("utf-8")
    except UnicodeDecodeError as error:
        raise S3Error("InvalidURI", "Couldn't parse the specified URI: the key is not UTF-8.") from error
    host = headers.get("host", "").split(":", 1)[0]
    virtual = _VIRTUAL_HOST.fullmatch(host)
    if virtual is not None:  # the bucket is in the name
        bucket, key = virtual["bucket"], decoded[1:]
    else:
        bucket, _, key = decoded[1:].partition("/")
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    return S3Request(environ["REQUEST_METHOD"], bucket, key, query, headers, environ["wsgi.input"], region)
