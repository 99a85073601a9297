"""S3's operations on objects: bytes in, bytes out, copies, and uploads in parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from typing import BinaryIO
from urllib.parse import unquote

from sagemaker_monitor.emulator.s3 import documents
from sagemaker_monitor.emulator.s3.bodies import content_encoding
from sagemaker_monitor.emulator.s3.digests import Digests, named_algorithm
from sagemaker_monitor.emulator.s3.directory import Condition, S3Directory
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.multipart import Uploads
from sagemaker_monitor.emulator.s3.request import S3Request, S3Response, xml
from sagemaker_monitor.emulator.s3.stored import DEFAULT_CONTENT_TYPE, About, StoredObject

_BLOCK = 256 * 1024
_KEPT_HEADERS = ("cache-control", "content-disposition", "content-language", "expires")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class ObjectOperations:
    """Everything whose address is a key."""

    def __init__(self, objects: S3Directory, uploads: Uploads) -> None:
        """Answer from *objects*."""
        self._objects = objects
        self._uploads = uploads

    def get(self, request: S3Request) -> S3Response:
        """GetObject, whole or a range."""
        stream, found = self._objects.open(request.bucket, request.key)
        try:
            response = _head(request, found)
            if response.status in (304, 412):
                stream.close()
                return response
            start, size = _range(request.headers, found.size) or (0, found.size)
        except S3Error:
            stream.close()
            raise
        return S3Response(response.status, response.headers, _File(stream, start, size))

    def head(self, request: S3Request) -> S3Response:
        """HeadObject."""
        return _head(request, self._objects.head(request.bucket, request.key))

    def put(self, request: S3Request) -> S3Response:
        """PutObject, whole or not at all."""
        stream, trailers = request.body()
        about = _about(request)
        stored = self._objects.put(
            request.bucket,
            request.key,
            stream,
            _finisher(request.headers, trailers, about),
            algorithm=named_algorithm(request.headers),
            condition=_condition(request.headers),
        )
        return S3Response(
            headers={"ETag": f'"{stored.etag}"', **_checksums(stored.about), "Content-Length": "0"}
        )

    def copy(self, request: S3Request) -> S3Response:
        """CopyObject."""
        stream, source = self._objects.open(*_copy_source(request))
        with stream:
            replace = request.headers.get("x-amz-metadata-directive", "COPY").upper() == "REPLACE"
            same = (source.bucket, source.key) == (request.bucket, request.key)
            if same and not replace:
                text = "This copy request is illegal because it is trying to copy an object to itself"
                raise S3Error("InvalidRequest", text)
            kept = About(source.about.content_type, source.about.metadata, source.about.headers)
            about = _about(request) if replace else kept
            stored = self._objects.put(
                request.bucket, request.key, stream, lambda _: about, condition=_condition(request.headers)
            )
        return xml(documents.document("CopyObjectResult", _copy_result(stored.etag, stored.modified)))

    def delete(self, request: S3Request) -> S3Response:
        """DeleteObject."""
        self._objects.remove(request.bucket, request.key)
        return S3Response(204)

    def tagging(self, request: S3Request) -> S3Response:
        """GetObjectTagging: objects have no tags here."""
        self._objects.head(request.bucket, request.key)
        return xml(documents.document("Tagging", [("TagSet", [])]))

    def create_upload(self, request: S3Request) -> S3Response:
        """CreateMultipartUpload."""
        upload = self._uploads.create(request.bucket, request.key, _about(request))
        fields: documents.Fields = [("Bucket", request.bucket), ("Key", request.key), ("UploadId", upload)]
        return xml(documents.document("InitiateMultipartUploadResult", fields))

    def put_part(self, request: S3Request) -> S3Response:
        """UploadPart."""
        stream, trailers = request.body()
        finish = _finisher(request.headers, trailers, About())
        algorithm = named_algorithm(request.headers)
        etag, about = self._uploads.put_part(
            _upload(request), _part_number(request), stream, finish, algorithm
        )
        return S3Response(headers={"ETag": f'"{etag}"', **_checksums(about), "Content-Length": "0"})

    def copy_part(self, request: S3Request) -> S3Response:
        """UploadPartCopy, of a whole object or a range."""
        stream, source = self._objects.open(*_copy_source(request))
        wanted = {"range": request.headers.get("x-amz-copy-source-range", "")}
        with stream:
            start, size = _range(wanted, source.size) or (0, source.size)
            part = _File(stream, start, size)
            etag, _ = self._uploads.put_part(
                _upload(request), _part_number(request), part, lambda _: About(), None
            )
        return xml(documents.document("CopyPartResult", _copy_result(etag, source.modified)))

    def complete_upload(self, request: S3Request) -> S3Response:
        """CompleteMultipartUpload."""
        wanted = documents.parse_complete(request.document())
        stored = self._uploads.complete(_upload(request), wanted, _condition(request.headers))
        fields: documents.Fields = [
            ("Location", f"/{stored.bucket}/{stored.key}"),
            ("Bucket", stored.bucket),
            ("Key", stored.key),
            ("ETag", f'"{stored.etag}"'),
        ]
        return xml(documents.document("CompleteMultipartUploadResult", fields))

    def abort_upload(self, request: S3Request) -> S3Response:
        """AbortMultipartUpload."""
        self._uploads.abort(_upload(request))
        return S3Response(204)

    def list_parts(self, request: S3Request) -> S3Response:
        """ListParts; all on one page."""
        where = _upload(request)
        fields: documents.Fields = [("Bucket", where[0]), ("Key", where[1]), ("UploadId", where[2])]
        fields.append(("IsTruncated", False))
        for number, etag, file in self._uploads.parts(where):
            status = file.stat()
            modified = documents.timestamp(status.st_mtime)
            line = [
                ("PartNumber", number),
                ("LastModified", modified),
                ("ETag", f'"{etag}"'),
                ("Size", status.st_size),
            ]
            fields.append(("Part", line))
        return xml(documents.document("ListPartsResult", fields))


class _File:
    """Part of a file, to be sent or stored; it reads like a stream and closes what it reads."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        self._stream = stream
        self._left = size
        stream.seek(start)

    def read(self, size: int = _BLOCK) -> bytes:
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read():
            yield data

    def close(self) -> None:
        self._stream.close()


def _head(request: S3Request, found: StoredObject) -> S3Response:
    etag = f'"{found.etag}"'
    headers = {
        "ETag": etag,
        "Last-Modified": formatdate(found.modified, usegmt=True),
        "Accept-Ranges": "bytes",
        "Content-Type": found.about.content_type,
        **{name.title(): value for name, value in found.about.headers.items()},
        **{f"x-amz-meta-{name}": value for name, value in found.about.metadata.items()},
    }
    match = request.headers.get("if-match")
    if match is not None and not _names(match, etag):
        raise _precondition("If-Match")
    none_match = request.headers.get("if-none-match")
    if none_match is not None and _names(none_match, etag):
        return S3Response(304, headers)
    part = _range(request.headers, found.size)
    if part is None:
        wants = request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
        return S3Response(
            200, {**headers, **(_checksums(found.about) if wants else {}), "Content-Length": str(found.size)}
        )
    start, size = part
    shown = {"Content-Range": f"bytes {start}-{start + size - 1}/{found.size}", "Content-Length": str(size)}
    return S3Response(206, {**headers, **shown})


def _range(headers: Mapping[str, str], size: int) -> tuple[int, int] | None:
    """Return start and length of the range asked for, None for everything. Raises S3Error InvalidRange."""
    match = _RANGE.fullmatch(headers.get("range", ""))
    if match is None or not (match[1] or match[2]):
        return None  # what cannot be understood is ignored, as HTTP wants
    if not match[1]:
        length = min(int(match[2]), size)
        start, end = size - length, size - 1
    else:
        start = int(match[1])
        end = min(int(match[2]), size - 1) if match[2] else size - 1
        if match[2] and int(match[2]) < start:
            return None
    if start >= size or end < start:
        raise S3Error("InvalidRange", "The requested range is not satisfiable", 416)
    return start, end - start + 1


def _names(header: str, etag: str) -> bool:
    names = {name.strip() for name in header.split(",")}
    return "*" in names or etag in names or etag.strip('"') in names


def _precondition(name: str) -> S3Error:
    text = f"At least one of the pre-conditions you specified did not hold: {name}"
    return S3Error("PreconditionFailed", text, 412)


def _condition(headers: Mapping[str, str]) -> Condition | None:
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    if match is None and none_match is None:
        return None

    def check(present: StoredObject | None) -> None:
        if match is not None and present is None:
            raise S3Error("NoSuchKey", "The specified key does not exist.", 404)
        if match is not None and present is not None and not _names(match, f'"{present.etag}"'):
            raise _precondition("If-Match")
        if none_match is not None and present is not None and _names(none_match, f'"{present.etag}"'):
            raise _precondition("If-None-Match")

    return check


def _about(request: S3Request) -> About:
    headers = {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}
    encoding = content_encoding(request.headers)
    if encoding:
        headers["content-encoding"] = encoding
    return About(request.headers["content-type"] or DEFAULT_CONTENT_TYPE, request.metadata(), headers)


def _finisher(
    headers: Mapping[str, str], trailers: Mapping[str, str], about: About
) -> Callable[[Digests], About]:
    def finish(digests: Digests) -> About:
        checksums = digests.verify({**headers, **trailers})
        return About(about.content_type, about.metadata, about.headers, checksums)

    return finish


def _checksums(about: About) -> dict[str, str]:
    return {f"x-amz-checksum-{algorithm}": value for algorithm, value in about.checksums.items()}


def _copy_source(request: S3Request) -> tuple[str, str]:
    source = unquote(request.headers["x-amz-copy-source"].split("?versionId=", 1)[0]).lstrip("/")
    bucket, _, key = source.partition("/")
    if not key:
        raise S3Error(
            "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        )
    return bucket, key


def _copy_result(etag: str, modified: float) -> documents.Fields:
    return [("LastModified", documents.timestamp(modified)), ("ETag", f'"{etag}"')]


def _upload(request: S3Request) -> tuple[str, str, str]:
    return request.bucket, request.key, request.query["uploadId"]


def _part_number(request: S3Request) -> int:
    number = request.query.get("partNumber", "")
    return int(number) if number.isascii() and number.isdigit() else 0
