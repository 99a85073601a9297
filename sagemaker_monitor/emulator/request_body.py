"""The body of a request as a stream, however it is framed (RFC 9112, 6 and 7)."""

from __future__ import annotations

import io
from typing import Any

_LONGEST_CHUNK_LINE = 8192


class BrokenBodyError(OSError):
    """The client stopped in the middle of a body, or framed it wrongly."""


class SizedBody(io.RawIOBase):
    """A request's body of a known length. Raises BrokenBodyError when it is cut short."""

    def __init__(self, stream: io.BufferedIOBase, length: int) -> None:
        """Read at most *length* bytes of *stream*."""
        self._stream = stream
        self.remaining = length

    def readable(self) -> bool:
        """A body can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill *buffer* as far as the body goes."""
        size = self._stream.readinto(memoryview(buffer)[: self.remaining])
        if self.remaining and not size:
            raise BrokenBodyError("the request's body is shorter than its Content-Length")
        self.remaining -= size
        return size


class ChunkedBody(io.RawIOBase):
    """A request's body in HTTP's chunked transfer coding, decoded."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        """Decode *stream*."""
        self._stream = stream
        self._chunk = 0
        self.remaining = 1  # unknown until the last chunk: then 0

    def readable(self) -> bool:
        """A body can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill *buffer* from the current chunk."""
        if self.remaining and not self._chunk:
            self._next_chunk()
        if not self.remaining:
            return 0
        size = self._stream.readinto(memoryview(buffer)[: self._chunk])
        if not size:
            raise BrokenBodyError("the request's body ends inside a chunk")
        self._chunk -= size
        if not self._chunk:
            self._stream.readline(_LONGEST_CHUNK_LINE)
        return size

    def _next_chunk(self) -> None:
        line = self._stream.readline(_LONGEST_CHUNK_LINE)
        try:
            self._chunk = int(line.split(b";", 1)[0], 16)
        except ValueError as error:
            raise BrokenBodyError("the request's body is not in chunks") from error
        if self._chunk < 0:
            raise BrokenBodyError("a chunk of the request's body has a negative length")
        if not self._chunk:
            while self._stream.readline(_LONGEST_CHUNK_LINE).strip():
                pass
            self.remaining = 0
