"""Copy objects of any size from one environment's storage to another's, and know that they are whole."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import Any

from botocore.exceptions import BotoCoreError

from sagemaker_monitor.aws.errors import AccessDeniedError, AwsError, NotFoundError, explain
from sagemaker_monitor.aws.session import Aws
from sagemaker_monitor.aws.storage import encryption, head, put, split_uri

PIECE = 1 << 20
LARGEST_COPY = 5 << 30
"""Bytes that S3 copies in one call."""
PARTS_AT_ONCE = 4
"""Parts of an upload that are in memory at a time, of 8 MB each."""


class Hashing:
    """A stream that is read once, and what was read of it: `size` and `sha256`."""

    def __init__(self, stream: Any, explained: Any) -> None:
        """Read *stream*; *explained* makes errors of botocore ours."""
        self._stream = stream
        self._explained = explained
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, amount: int | None = None) -> bytes:
        """Return the next *amount* of bytes, or all of them."""
        pieces: list[bytes] = []
        left = amount
        # Who uploads takes a short answer for the end.
        while left is None or left > 0:
            try:
                piece: bytes = self._stream.read(left)
            except BotoCoreError as error:
                raise self._explained(error) from error
            pieces.append(piece)
            if not piece or left is None:
                break
            left -= len(piece)
        found = b"".join(pieces)
        self._digest.update(found)
        self.size += len(found)
        return found

    def close(self) -> None:
        """Let go of the connection, on which more may still come."""
        self._stream.close()

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was read, in hexadecimal."""
        return self._digest.hexdigest()


def digest_of(aws: Aws, uri: str, *, etag: str = "") -> tuple[str, int]:
    """Return SHA-256 and size of an object, read in pieces; of the one with *etag*, where it is given.

    Raises NotFoundError, AwsError with the code PreconditionFailed where it has another ETag.
    """
    with closing(_open(aws, uri, etag)) as stream:
        while stream.read(PIECE):
            pass
        return stream.sha256, stream.size


class Copier:
    """Copies objects from one environment to another: by S3 itself where the target may read the source."""

    def __init__(self, source: Aws, target: Aws) -> None:
        """Read with the one's credentials and write with the other's."""
        self._source = source
        self._target = target
        self._by_s3 = source.environment.endpoint_url == target.environment.endpoint_url

    def copy(self, source: str, target: str, *, sha256: str, size: int) -> bool:
        """Make *target* an object with this content; return whether it had to be written.

        What is there is read, and what was written is read again. Raises AwsError where that is not as
        promised.
        """
        if _is(self._target, target, sha256, size):
            return False
        if not self._copied_by_s3(source, target, size):
            self._stream(source, target)
        if not _is(self._target, target, sha256, size):
            raise AwsError(
                f"{source} was copied to {target}, and is not there as it was (SHA-256 {sha256[:12]}…, "
                f"{size} bytes): it changed meanwhile, or somebody else writes there; do it again"
            )
        return True

    def put(self, target: str, content: bytes) -> bool:
        """Make *target* an object with *content*, unless it is one; return whether it had to be written."""
        if _is(self._target, target, hashlib.sha256(content).hexdigest(), len(content)):
            return False
        put(self._target, target, content)
        return True

    def _copied_by_s3(self, source: str, target: str, size: int) -> bool:
        if not self._by_s3 or size > LARGEST_COPY:
            return False
        bucket, key = split_uri(target)
        whence = dict(zip(("Bucket", "Key"), split_uri(source), strict=True))
        try:
            self._target.call(
                "s3", "copy_object", Bucket=bucket, Key=key, CopySource=whence, **encryption(self._target)
            )
        except (AccessDeniedError, NotFoundError):
            # The target's credentials need not be allowed to read there: the source's are.
            self._by_s3 = False
            return False
        return True

    def _stream(self, source: str, target: str) -> None:
        from boto3.s3.transfer import TransferConfig

        bucket, key = split_uri(target)
        with closing(_open(self._source, source)) as stream:
            self._target.call(
                "s3",
                "upload_fileobj",
                Fileobj=stream,
                Bucket=bucket,
                Key=key,
                ExtraArgs=encryption(self._target),
                Config=TransferConfig(max_concurrency=PARTS_AT_ONCE, max_io_queue=PARTS_AT_ONCE),
            )


def _is(aws: Aws, uri: str, sha256: str, size: int) -> bool:
    stored = head(aws, uri)
    return stored is not None and stored.size == size and digest_of(aws, uri) == (sha256, size)


def _open(aws: Aws, uri: str, etag: str = "") -> Hashing:
    bucket, key = split_uri(uri)
    condition = {"IfMatch": f'"{etag}"'} if etag else {}
    response = aws.call("s3", "get_object", Bucket=bucket, Key=key, **condition)
    return Hashing(
        response["Body"], lambda error: explain(error, "s3", "get_object", aws.environment, bucket)
    )
