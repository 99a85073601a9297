"""The object store as Python sees it: buckets are directories, objects are files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class StoredObject:
    """One object: where its bytes are, and what S3 says about it."""

    bucket: str
    key: str
    path: Path
    size: int
    etag: str
    modified: float

    @property
    def uri(self) -> str:
        """The object's S3 URI."""
        return f"s3://{self.bucket}/{self.key}"


class S3Directory(Protocol):
    """Objects by URI, for the emulator's own parts. Unknown buckets and keys raise S3Error (see its code)."""

    def list(self, uri_prefix: str) -> list[StoredObject]:
        """Return the objects whose URI starts with *uri_prefix*, in key order; S3's prefixes are plain text."""

    def get(self, uri: str) -> StoredObject:
        """Return the object at *uri*. Raises S3Error NoSuchBucket or NoSuchKey."""

    def exists(self, uri: str) -> bool:
        """Return whether there is an object at *uri*."""

    def path_of(self, uri: str) -> Path:
        """Return the file of the object at *uri*, to be read only. Raises like `get`."""

    def read_bytes(self, uri: str) -> bytes:
        """Return the whole object at *uri*."""

    def put_file(self, uri: str, path: Path, content_type: str | None = None) -> StoredObject:
        """Store a copy of the file at *path*; the object appears complete or not at all."""

    def put_bytes(self, uri: str, content: bytes, content_type: str | None = None) -> StoredObject:
        """Store *content*; the object appears complete or not at all."""

    def put_stream(self, uri: str, stream: BinaryIO, content_type: str | None = None) -> StoredObject:
        """Store what *stream* gives until its end; the object appears complete or not at all."""

    def delete(self, uri: str) -> None:
        """Delete the object at *uri*; no error when there is none."""
