"""Conditional requests: by an object's ETag and by its time, of what is read, copied and written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from sagemaker_monitor.emulator.s3.directory import Condition
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.stored import StoredObject

SOURCE = "x-amz-copy-source-"
"""What the names of a copy's conditions begin with."""


def is_as_known(headers: Mapping[str, str], found: StoredObject, prefix: str = "") -> bool:
    """Return whether the client has the object as it is: not modified. Raises S3Error PreconditionFailed.

    The conditions on ETags take the place of those on times, as HTTP wants.
    """
    etag, at = f'"{found.etag}"', math.floor(found.modified)
    match, none_match = headers.get(f"{prefix}if-match"), headers.get(f"{prefix}if-none-match")
    if match is not None and not _names(match, etag):
        raise _failed("If-Match")
    unless = _moment(headers, f"{prefix}if-unmodified-since")
    if match is None and unless is not None and at > unless:
        raise _failed("If-Unmodified-Since")
    if none_match is not None:
        return _names(none_match, etag)
    since = _moment(headers, f"{prefix}if-modified-since")
    return since is not None and at <= since


def check_source(headers: Mapping[str, str], source: StoredObject) -> None:
    """Raise S3Error PreconditionFailed unless a copy's conditions on its source hold."""
    if is_as_known(headers, source, SOURCE):
        raise _failed("x-amz-copy-source-If-None-Match or -If-Modified-Since")


def for_writing(headers: Mapping[str, str]) -> Condition | None:
    """Return what has to hold of the object that is there before it is replaced or deleted."""
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    if match is None and none_match is None:
        return None

    def check(present: StoredObject | None) -> None:
        if match is not None and present is None:
            raise S3Error("NoSuchKey", "The specified key does not exist.", 404)
        if match is not None and present is not None and not _names(match, f'"{present.etag}"'):
            raise _failed("If-Match")
        if none_match is not None and present is not None and _names(none_match, f'"{present.etag}"'):
            raise _failed("If-None-Match")

    return check


def _names(header: str, etag: str) -> bool:
    names = {name.strip() for name in header.split(",")}
    return "*" in names or etag in names or etag.strip('"') in names


def _moment(headers: Mapping[str, str], name: str) -> float | None:
    """Return the time in a header, in seconds since the epoch; what is no time is ignored, as HTTP wants."""
    try:
        return parsedate_to_datetime(headers[name]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def _failed(name: str) -> S3Error:
    text = f"At least one of the pre-conditions you specified did not hold: {name}"
    return S3Error("PreconditionFailed", text, 412)
