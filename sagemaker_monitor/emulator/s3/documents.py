"""The XML that S3 speaks: what it answers, and the two documents it is sent."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.listing import Page
from sagemaker_monitor.emulator.s3.stored import StoredObject

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_DEEPEST = 10
_OWNER = ("Owner", [("ID", "0" * 64), ("DisplayName", "local")])

Fields = list[tuple[str, Any]]


def document(name: str, fields: Fields, *, namespace: str | None = _NAMESPACE) -> bytes:
    """Return an XML document; a list below a name is nested, None is left out, and names may come twice."""
    root = ET.Element(name, {"xmlns": namespace} if namespace else {})
    _fill(root, fields)
    content: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + content


def _fill(element: ET.Element, fields: Fields) -> None:
    for name, value in fields:
        if value is None:
            continue
        child = ET.SubElement(element, name)
        if isinstance(value, list):
            _fill(child, value)
        elif isinstance(value, bool):
            child.text = "true" if value else "false"
        else:
            child.text = str(value)


def error_document(error: S3Error, resource: str) -> bytes:
    """Return the document of an error."""
    fields: Fields = [("Code", error.code), ("Message", error.message), ("Resource", resource)]
    return document("Error", fields, namespace=None)


def timestamp(seconds: float) -> str:
    """Return a time as S3's documents have it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def bucket_list(buckets: Iterable[dict[str, Any]], token: str | None = None) -> bytes:
    """Return the answer of ListBuckets; *token* is where the next page starts."""
    lines: Fields = [
        ("Bucket", [("Name", bucket["name"]), ("CreationDate", timestamp(bucket["created"]))])
        for bucket in buckets
    ]
    return document("ListAllMyBucketsResult", [_OWNER, ("Buckets", lines), ("ContinuationToken", token)])


def page_lines(page: Page, encode: Callable[[str], str], *, owner: bool) -> Fields:
    """Return the objects and common prefixes of a page."""
    lines: Fields = [("Contents", _object_lines(item, encode, owner=owner)) for item in page.objects]
    return lines + [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in page.prefixes]


def _object_lines(item: StoredObject, encode: Callable[[str], str], *, owner: bool) -> Fields:
    return [
        ("Key", encode(item.key)),
        ("LastModified", timestamp(item.modified)),
        ("ETag", f'"{item.etag}"'),
        ("Size", item.size),
        ("StorageClass", "STANDARD"),
        *([_OWNER] if owner else []),
    ]


def key_encoder(encoding: str) -> Callable[[str], str]:
    """Return how keys are written. Raises S3Error InvalidArgument for an encoding that S3 does not have."""
    if encoding not in ("", "url"):
        raise S3Error("InvalidArgument", "Invalid Encoding Method specified in Request")
    return (lambda key: quote(key, safe="/*")) if encoding else str


def parse_delete(body: bytes) -> tuple[list[str], bool]:
    """Return the keys of a DeleteObjects request, and whether it is quiet. Raises S3Error MalformedXML."""
    root = _parse(body)
    if root.find("{*}Object/{*}VersionId") is not None:
        raise S3Error("NotImplemented", "objects have no versions here: VersionId is not implemented", 501)
    keys = [key.text or "" for key in root.iterfind("{*}Object/{*}Key")]
    if not 1 <= len(keys) <= 1000:
        raise _malformed()
    return keys, (root.findtext("{*}Quiet") or "").lower() == "true"


def parse_complete(body: bytes) -> list[tuple[int, str]]:
    """Return number and ETag of the parts of a CompleteMultipartUpload. Raises S3Error MalformedXML."""
    parts = []
    for part in _parse(body).iterfind("{*}Part"):
        number, etag = part.findtext("{*}PartNumber") or "", part.findtext("{*}ETag") or ""
        if not number.isascii() or not number.isdigit() or len(number) > 5:
            raise _malformed()
        parts.append((int(number), etag.strip('"')))
    if not parts:
        raise _malformed()
    return parts


def parse_location(body: bytes) -> str | None:
    """Return the region that a CreateBucket request names, if any. Raises S3Error MalformedXML."""
    if not body.strip():
        return None
    root = _parse(body)
    others = [
        each.tag.rpartition("}")[2] for each in root if each.tag.rpartition("}")[2] != "LocationConstraint"
    ]
    if others:
        raise S3Error("NotImplemented", f"buckets have no {', '.join(others)[:200]} here", 501)
    return root.findtext("{*}LocationConstraint") or None


def _parse(body: bytes) -> ET.Element:
    # expat expands entities; S3's documents have none.
    if b"<!DOCTYPE" in body:
        raise _malformed()
    try:
        return ET.fromstring(body, ET.XMLParser(target=_Shallow()))
    except (ET.ParseError, LookupError, ValueError) as error:  # the document, its encoding, its bytes
        raise _malformed() from error


class _Shallow(ET.TreeBuilder):
    """Builds documents as deep as S3's: one that is a million elements deep would take seconds."""

    _depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _malformed()
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def _malformed() -> S3Error:
    return S3Error(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our schema"
    )
