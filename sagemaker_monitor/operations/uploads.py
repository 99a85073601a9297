"""Bring a local file to where a pipeline can read it."""

from __future__ import annotations

import re
from pathlib import Path

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.aws.storage import list_objects, sha256_of, split_uri, upload_if_missing
from sagemaker_monitor.operations.errors import UsageError

URI_LIMIT = 1024
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def to_uri(aws: Aws, given: str, *, option: str, limit: int = URI_LIMIT) -> str:
    """Return an S3 URI for *given*: itself when it is one, else the local file's after uploading it.

    A local file goes below the environment's storage at `uploads/<sha256>/<name>`, once. Raises
    UsageError when it cannot be read, is empty, or the URI is longer than *limit*; AwsError.
    """
    uri = given if given.startswith("s3://") else _upload(aws, Path(given), option)
    if len(uri) > limit:
        raise UsageError(
            f"{option}: the URI has {len(uri)} characters, SageMaker takes {limit} here: {uri[:80]}…"
        )
    return uri


def require_objects(aws: Aws, uri: str, *, option: str) -> None:
    """Check that at least one object begins with *uri*: without one, a job dies before it can say why."""
    split_uri(uri)
    try:
        found = next(list_objects(aws, uri, limit=1), None)
    except AccessDeniedError:
        return  # the execution role may well be allowed what this caller is not
    if found is None:
        raise UsageError(
            f"{option}: there is no object at {uri}; give a local file, or the URI of what is there"
        )


def _upload(aws: Aws, path: Path, option: str) -> str:
    if "://" in str(path) or re.match(r"^[a-z0-9]+:/", str(path)):
        raise UsageError(f"{option}: {str(path)!r} is neither a local file nor an S3 URI (s3://bucket/key)")
    if not path.is_file():
        what = "is a directory; give one file" if path.is_dir() else "does not exist"
        raise UsageError(f"{option}: {path} {what}")
    try:
        empty = path.stat().st_size == 0
        digest = sha256_of(path)
    except OSError as error:
        raise UsageError(f"{option}: {path} cannot be read: {error.strerror}") from error
    if empty:
        raise UsageError(f"{option}: {path} is empty")
    name = _UNSAFE.sub("-", path.name)[-200:]
    uri = f"{aws.environment.storage.root}/uploads/{digest}/{name}"
    upload_if_missing(aws, uri, path)
    return uri
