"""How bucket names and keys become paths: plain ones stay plain, and none leaves the root.

A key's path is the key itself, with these exceptions: a percent sign and control characters are written
`%XX`, the components `.` and `..` are `%2E` and `%2E%2E`, an empty component is `%_` (so `a/` is the file
`a/%_`), a long component goes on in a directory (`…%-/%-…`), and where the key `t` stands beside `t/…` its
file is called `t%f`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

LONGEST_KEY = 1024
FILE_MARK = "%f"
_EMPTY = "%_"
_GOES_ON = "%-/%-"
_LONGEST_NAME = 200  # bytes; file systems allow 255

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ESCAPED = re.compile(r"[%\x00-\x1f\x7f]")
_URI = re.compile(r"s3://([^/]+)(?:/(.*))?", re.DOTALL)
_HOST = r"s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?"
_URLS = (
    re.compile(rf"https://{_HOST}/([^/]+)(?:/(.*))?", re.DOTALL),
    re.compile(rf"https://([a-z0-9][a-z0-9.-]+?)\.{_HOST}(?:/(.*))?", re.DOTALL),
)


class S3Error(Exception):
    """What S3 answers instead of a result: its code and text."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        """Keep the three parts of the answer."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI, or of an object's URL, which SageMaker takes too.

    The key may be empty. Raises S3Error InvalidURI.
    """
    matches = (pattern.fullmatch(uri) for pattern in (_URI, *_URLS))
    match = next((each for each in matches if each is not None), None)
    if match is None:
        raise S3Error("InvalidURI", f"{uri!r} is not an S3 URI, which looks like s3://bucket/key")
    return match[1], match[2] or ""


def check_bucket(name: str) -> str:
    """Return *name* when a bucket may be called so. Raises S3Error InvalidBucketName."""
    if _BUCKET.fullmatch(name) is None or ".." in name:
        raise S3Error("InvalidBucketName", f"The specified bucket is not valid: {name[:80]!r}")
    return name


def key_to_path(key: str) -> str:
    """Return the path of an object, relative to the bucket's directory. Raises S3Error for what is no key."""
    try:
        length = len(key.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise S3Error("InvalidURI", "Couldn't parse the specified URI: the key is not UTF-8.") from error
    if not key:
        raise S3Error("InvalidURI", "Couldn't parse the specified URI: the key is empty.")
    if length > LONGEST_KEY:
        raise S3Error("KeyTooLongError", f"Your key is too long: {length} bytes, {LONGEST_KEY} are allowed")
    return "/".join(_escape(component) for component in key.split("/"))


def path_to_key(path: str) -> str:
    """Return the key whose object is at *path*, relative to the bucket's directory."""
    plain = path.removesuffix(FILE_MARK).replace(_GOES_ON, "")
    return "/".join("" if name == _EMPTY else unquote(name) for name in plain.split("/"))


def _escape(component: str) -> str:
    if component in ("", ".", ".."):
        return {"": _EMPTY, ".": "%2E", "..": "%2E%2E"}[component]
    escaped = _ESCAPED.sub(lambda match: f"%{ord(match[0]):02X}", component)
    if len(escaped.encode("utf-8")) <= _LONGEST_NAME:
        return escaped
    return _GOES_ON.join(_pieces(escaped))


def _pieces(name: str) -> list[str]:
    pieces = [""]
    for token in re.findall(r"%[0-9A-F]{2}|.", name, re.DOTALL):
        if len((pieces[-1] + token).encode("utf-8")) > _LONGEST_NAME:
            pieces.append("")
        pieces[-1] += token
    return pieces
