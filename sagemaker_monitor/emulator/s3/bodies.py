"""The bytes of an upload, freed of the aws-chunked coding that SDKs wrap them in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from sagemaker_monitor.emulator.s3.keys import S3Error

_LONGEST_LINE = 8192


class AwsChunkedBody(io.RawIOBase):
    """Decodes aws-chunked: `<hex size>[;chunk-signature=…]`, data, …, size 0, then trailing headers."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        """Decode *stream*; `trailers` is filled once the end was read."""
        self._stream = stream
        self._left = 0
        self._ended = False
        self.trailers: dict[str, str] = {}

    def readable(self) -> bool:
        """A body can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill *buffer* from the current chunk. Raises S3Error IncompleteBody when the coding is broken."""
        if not self._left and not self._ended:
            self._next_chunk()
        if self._ended:
            return 0
        size = self._stream.readinto(memoryview(buffer)[: self._left])
        if not size:
            raise _broken()
        self._left -= size
        if not self._left and self._line():
            raise _broken()
        return size

    def _next_chunk(self) -> None:
        try:
            self._left = int(self._line().split(b";", 1)[0], 16)
        except ValueError as error:
            raise _broken() from error
        if self._left < 0:
            raise _broken()
        if self._left == 0:
            self._ended = True
            while line := self._line():
                name, _, value = line.decode("latin-1").partition(":")
                self.trailers[name.strip().lower()] = value.strip()

    def _line(self) -> bytes:
        return self._stream.readline(_LONGEST_LINE).rstrip(b"\r\n")


def _broken() -> S3Error:
    return S3Error("IncompleteBody", "The request's body is not what its aws-chunked coding announced.")


def is_aws_chunked(headers: Mapping[str, str]) -> bool:
    """Return whether a request's body is wrapped in aws-chunked."""
    streaming = headers.get("x-amz-content-sha256", "").startswith("STREAMING-")
    return streaming or "aws-chunked" in headers.get("content-encoding", "")


def content_encoding(headers: Mapping[str, str]) -> str | None:
    """Return the object's own content encoding: what is left without aws-chunked."""
    names = [name.strip() for name in headers.get("content-encoding", "").split(",")]
    kept = [name for name in names if name and name != "aws-chunked"]
    return ",".join(kept) or None
