"""What an object is: its bytes, and what S3 says about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sagemaker_monitor.emulator.s3.digests import Bytes, Digests

_BLOCK = 256 << 10
_MOST = 8 << 10
"""Bytes that most objects are shorter than."""
DEFAULT_CONTENT_TYPE = "binary/octet-stream"


class Source(Protocol):
    """What bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most *size* bytes, none at the end."""
        ...

    def readinto(self, buffer: Any, /) -> int:
        """Fill *buffer* as far as there is something, and return how far that is: 0 at the end."""
        ...


@dataclass(frozen=True)
class About:
    """What a client says about an object beside its bytes."""

    content_type: str = DEFAULT_CONTENT_TYPE
    metadata: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    etag: str | None = None  # a multipart upload's; otherwise the MD5


@dataclass(frozen=True)
class StoredObject:
    """One object: where its bytes are, and what S3 says about it."""

    bucket: str
    key: str
    path: Path
    size: int
    etag: str
    modified: float
    about: About = About()

    @property
    def uri(self) -> str:
        """The object's S3 URI."""
        return f"s3://{self.bucket}/{self.key}"


def write_stream(stream: Source, path: Path, digests: Digests) -> int:
    """Write what *stream* gives to a new file, following it with *digests*; return the size in bytes."""
    size = 0

    def take(block: Bytes) -> None:
        nonlocal size
        digests.update(block)
        size += target.write(block)

    with path.open("wb") as target:
        while block := stream.read(_MOST):
            take(block)
            if len(block) == _MOST:
                break
        else:
            return size
        # One piece of memory that stays in the processor's cache, from the socket to the file.
        room = memoryview(bytearray(_BLOCK))
        while filled := stream.readinto(room):
            take(room[:filled])
    return size
