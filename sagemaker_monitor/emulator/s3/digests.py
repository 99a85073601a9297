"""Whether a body arrived as it was sent: MD5 for the ETag, and the checksums clients send along."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

from sagemaker_monitor.emulator.s3.keys import S3Error

Bytes = bytes | memoryview


class _Digest(Protocol):
    def update(self, data: Bytes, /) -> object: ...
    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: Bytes) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


_VERIFIED: dict[str, Callable[[], _Digest]] = {
    "crc32": _Crc32,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}
ALGORITHMS = (*_VERIFIED, "crc32c", "crc64nvme")
"""The checksums kept; the last two are answered as they were sent: Python has nothing fast for them."""


class Digests:
    """Follows one body: the MD5 always, one checksum if the client named it."""

    def __init__(self, algorithm: str | None = None) -> None:
        """Follow a body whose checksum of *algorithm* will be told."""
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._algorithm = algorithm
        self._checksum = _VERIFIED[algorithm]() if algorithm in _VERIFIED else None

    def update(self, data: Bytes) -> None:
        """Take the next part of the body."""
        self._md5.update(data)
        if self._checksum is not None:
            self._checksum.update(data)

    @property
    def md5(self) -> bytes:
        """The MD5 of what came."""
        return self._md5.digest()

    def verify(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the checksum to keep, by algorithm. Raises S3Error BadDigest when it is not the one sent."""
        expected_md5 = headers.get("content-md5")
        if expected_md5 and expected_md5 != _base64(self.md5):
            raise S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.")
        if self._algorithm is None:
            return {}
        expected = headers.get(f"x-amz-checksum-{self._algorithm}")
        computed = _base64(self._checksum.digest()) if self._checksum is not None else expected
        if expected and computed != expected:
            name = self._algorithm.upper()
            raise S3Error("BadDigest", f"The {name} you specified did not match the calculated checksum.")
        return {self._algorithm: computed} if computed else {}


def named_algorithm(headers: Mapping[str, str]) -> str | None:
    """Return the checksum algorithm that a request's headers or announced trailers name."""
    trailer = headers.get("x-amz-trailer", "").lower()
    for algorithm in ALGORITHMS:
        name = f"x-amz-checksum-{algorithm}"
        if name in headers or name in trailer:
            return algorithm
    return None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
