"""Objects in S3: read, list, and put where they are missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sagemaker_monitor.aws.errors import AwsError, NotFoundError
from sagemaker_monitor.aws.session import Aws

_CHUNK = 1 << 20


@dataclass(frozen=True)
class StoredObject:
    """One object: where it is, how long, when it was last written, and its ETag where that was asked for."""

    uri: str
    size: int
    modified: datetime
    etag: str = ""


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI; AwsError when it is none."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise AwsError(f"{uri!r} is not an S3 URI; it looks like s3://bucket/key")
    return bucket, key


def head(aws: Aws, uri: str) -> StoredObject | None:
    """Return what *uri* is, or None when there is no such object."""
    bucket, key = split_uri(uri)
    try:
        response = aws.call("s3", "head_object", Bucket=bucket, Key=key)
    except NotFoundError:
        return None
    etag = str(response.get("ETag", "")).strip('"')
    return StoredObject(uri, int(response["ContentLength"]), response["LastModified"], etag)


def read(aws: Aws, uri: str) -> bytes:
    """Return the content of a small object; NotFoundError when there is none."""
    bucket, key = split_uri(uri)
    return aws.body("s3", "get_object", Bucket=bucket, Key=key)


def read_range(aws: Aws, uri: str, start: int, length: int) -> bytes:
    """Return at most *length* bytes of an object, from its byte *start* on. Raises NotFoundError."""
    bucket, key = split_uri(uri)
    wanted = f"bytes={start}-{start + length - 1}"
    return aws.body("s3", "get_object", Bucket=bucket, Key=key, Range=wanted)


def list_objects(
    aws: Aws, prefix: str, *, limit: int | None = None, delimiter: str = "", after: str = ""
) -> Iterator[StoredObject]:
    """Yield the objects whose URI begins with *prefix*, at most *limit*, in the order of their keys.

    None below another *delimiter*, and none up to the URI *after*.
    """
    bucket, key = split_uri(prefix)
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": key}
    if delimiter:
        request["Delimiter"] = delimiter
    if after:
        request["StartAfter"] = split_uri(after)[1]
    if limit is not None:
        request["MaxKeys"] = min(limit, 1000)
    count = 0
    while True:
        response = aws.call("s3", "list_objects_v2", **request)
        for entry in response.get("Contents", ()):
            yield StoredObject(f"s3://{bucket}/{entry['Key']}", int(entry["Size"]), entry["LastModified"])
            count += 1
            if count == limit:
                return
        if not response.get("IsTruncated"):
            return
        request["ContinuationToken"] = response["NextContinuationToken"]


def put(aws: Aws, uri: str, content: bytes, **conditions: str) -> str:
    """Write an object under the environment's key and return its ETag; *conditions* as IfMatch="…"."""
    bucket, key = split_uri(uri)
    response = aws.call(
        "s3", "put_object", Bucket=bucket, Key=key, Body=content, **conditions, **encryption(aws)
    )
    return str(response.get("ETag", "")).strip('"')


def delete(aws: Aws, uri: str) -> None:
    """Delete an object; one that is gone is no error."""
    bucket, key = split_uri(uri)
    aws.call("s3", "delete_object", Bucket=bucket, Key=key)


def put_if_missing(aws: Aws, uri: str, content: bytes) -> bool:
    """Write *content* at a content-addressed *uri* unless it is there; return whether it was written."""
    stored = head(aws, uri)
    if stored is not None and stored.size == len(content):
        return False
    put(aws, uri, content)
    return True


def upload_if_missing(aws: Aws, uri: str, path: Path) -> bool:
    """Upload the file *path* to a content-addressed *uri* unless it is there; return whether it was."""
    stored = head(aws, uri)
    if stored is not None and stored.size == path.stat().st_size:
        return False
    bucket, key = split_uri(uri)
    aws.call("s3", "upload_file", Filename=str(path), Bucket=bucket, Key=key, ExtraArgs=encryption(aws))
    return True


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def encryption(aws: Aws) -> dict[str, str]:
    """Return what S3 is told so that an object is encrypted with the environment's key."""
    key = aws.environment.storage.kms_key
    return {} if key is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
