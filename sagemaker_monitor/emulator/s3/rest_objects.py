"""S3's operations on objects: bytes in, bytes out, copies, and uploads in parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from io import BufferedIOBase
from urllib.parse import unquote

from sagemaker_monitor.emulator.s3 import documents
from sagemaker_monitor.emulator.s3.bodies import content_encoding
from sagemaker_monitor.emulator.s3.conditions import check_source, for_writing, is_as_known
from sagemaker_monitor.emulator.s3.digests import Digests, named_algorithm
from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.multipart import Uploads
from sagemaker_monitor.emulator.s3.request import S3Request, S3Response, count, xml
from sagemaker_monitor.emulator.s3.stored import DEFAULT_CONTENT_TYPE, About, StoredObject
from sagemaker_monitor.emulator.s3.understood import OVERRIDES

_BLOCK = 256 * 1024
_ENCRYPTION = "x-amz-server-side-encryption"
_KEPT_HEADERS = (
    *("cache-control", "content-disposition", "content-language", "expires"),
    *(_ENCRYPTION, f"{_ENCRYPTION}-aws-kms-key-id", f"{_ENCRYPTION}-bucket-key-enabled"),
)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_MOST_LISTED = 1000


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
            condition=for_writing(request.headers),
        )
        told = {"ETag": f'"{stored.etag}"', **_checksums(stored.about), **_encryption(stored.about)}
        return S3Response(headers={**told, "Content-Length": "0"})

    def copy(self, request: S3Request) -> S3Response:
        """CopyObject."""
        stream, source = self._objects.open(*_copy_source(request))
        with stream:
            check_source(request.headers, source)
            replace = request.headers.get("x-amz-metadata-directive", "COPY").upper() == "REPLACE"
            same = (source.bucket, source.key) == (request.bucket, request.key)
            if same and not replace:
                text = "This copy request is illegal because it is trying to copy an object to itself"
                raise S3Error("InvalidRequest", text)
            kept = About(source.about.content_type, source.about.metadata, source.about.headers)
            about = _about(request) if replace else kept
            stored = self._objects.put(
                request.bucket, request.key, stream, lambda _: about, condition=for_writing(request.headers)
            )
        return xml(documents.document("CopyObjectResult", _copy_result(stored.etag, stored.modified)))

    def delete(self, request: S3Request) -> S3Response:
        """DeleteObject."""
        self._objects.remove(request.bucket, request.key, for_writing(request.headers))
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
            check_source(request.headers, source)
            start, size = _range(wanted, source.size) or (0, source.size)
            part = _File(stream, start, size)
            etag, _ = self._uploads.put_part(
                _upload(request), _part_number(request), part, lambda _: About(), None
            )
        return xml(documents.document("CopyPartResult", _copy_result(etag, source.modified)))

    def complete_upload(self, request: S3Request) -> S3Response:
        """CompleteMultipartUpload."""
        wanted = documents.parse_complete(request.document())
        size = request.headers.get("x-amz-mp-object-size")
        if size is not None and size != str(self._uploads.size_of(_upload(request), wanted)):
            raise S3Error(
                "InvalidRequest", f"The parts have not the {size[:30]} bytes of x-amz-mp-object-size"
            )
        stored = self._uploads.complete(_upload(request), wanted, for_writing(request.headers))
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
        """ListParts."""
        where = _upload(request)
        most, after = _number(request, "max-parts", _MOST_LISTED), _number(request, "part-number-marker", 0)
        found = [each for each in self._uploads.parts(where) if each[0] > after]
        page, more = found[:most], len(found) > most
        fields: documents.Fields = [("Bucket", where[0]), ("Key", where[1]), ("UploadId", where[2])]
        fields += [("PartNumberMarker", after), ("MaxParts", most), ("IsTruncated", more)]
        if more and page:
            fields.append(("NextPartNumberMarker", page[-1][0]))
        for number, etag, file in page:
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

    def __init__(self, stream: BufferedIOBase, start: int, size: int) -> None:
        self._stream = stream
        self._left = size
        stream.seek(start)

    def read(self, size: int = _BLOCK) -> bytes:
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:
        filled = self._stream.readinto(buffer[: self._left])
        self._left -= filled
        return filled

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read():
            yield data

    def close(self) -> None:
        self._stream.close()


def _head(request: S3Request, found: StoredObject) -> S3Response:
    etag = f'"{found.etag}"'
    overrides = {name: request.query[asked] for asked, name in OVERRIDES.items() if request.query.get(asked)}
    headers = {
        "ETag": etag,
        "Last-Modified": formatdate(found.modified, usegmt=True),
        "Accept-Ranges": "bytes",
        "Content-Type": found.about.content_type,
        **{name.title(): value for name, value in found.about.headers.items()},
        **{f"x-amz-meta-{name}": value for name, value in found.about.metadata.items()},
        **overrides,
    }
    if is_as_known(request.headers, found):
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


def _encryption(about: About) -> dict[str, str]:
    return {name: value for name, value in about.headers.items() if name.startswith(_ENCRYPTION)}


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
    return int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0


def _number(request: S3Request, name: str, most: int) -> int:
    """Return a number of the query, at most *most* where that is not 0; raise S3Error InvalidArgument."""
    return count(request.query.get(name, str(most)), name, most)
