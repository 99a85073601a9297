"""Which S3 operation a request is, and the answer when there is none."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.s3.documents import error_document
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.multipart import Uploads
from sagemaker_monitor.emulator.s3.request import S3Request, S3Response, xml
from sagemaker_monitor.emulator.s3.rest_buckets import BucketOperations
from sagemaker_monitor.emulator.s3.rest_objects import ObjectOperations
from sagemaker_monitor.emulator.s3.understood import LISTING, OVERRIDES, check, not_implemented
from sagemaker_monitor.emulator.state import is_no_space

Operation = Callable[[S3Request], S3Response]

_CHOOSING = frozenset({"uploads", "uploadId", "delete", "location", "versioning", "encryption", "tagging"})


@dataclass(frozen=True)
class Answered:
    """An operation of S3, by AWS's name, and the query parameters that it heeds."""

    name: str
    run: Operation
    parameters: frozenset[str] = frozenset()


Table = dict[tuple[str, str], Answered]
"""Operations by method and by the words of the query and headers that choose among them."""


class S3Api:
    """S3's REST operations over one object store."""

    def __init__(self, objects: S3Directory, uploads: Uploads, account: str) -> None:
        """Answer from *objects* and *uploads*, which are *account*'s."""
        self._account = account
        buckets, keys = BucketOperations(objects, uploads), ObjectOperations(objects, uploads)
        paged = frozenset({"prefix", "max-buckets", "continuation-token", "bucket-region"})
        self._service: Table = {("GET", ""): Answered("ListBuckets", buckets.list_buckets, paged)}
        self._bucket = _bucket_table(buckets)
        self._object = _object_table(keys)

    def answer(self, request: S3Request) -> S3Response:
        """Return the answer to a request; S3Error becomes S3's document."""
        try:
            return self.route(request).run(request)
        except S3Error as error:
            return _refuse(request, error)
        except (OSError, sqlite3.OperationalError) as error:
            if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
                text = "Your key is too long: its path is longer than the file system allows"
                return _refuse(request, S3Error("KeyTooLongError", text))
            if not is_no_space(error):
                raise
            return _refuse(
                request, S3Error("NoSpaceLeft", "no space left on the emulator's disk; free some", 507)
            )

    def route(self, request: S3Request) -> Answered:
        """Return what answers a request. Raises S3Error for what is not done, or not as it is asked."""
        table = self._object if request.key else self._bucket if request.bucket else self._service
        words = [name for name in sorted(_CHOOSING) if name in request.query]
        if request.bucket and not request.key and request.query.get("list-type") == "2":
            words.append("list-type")
        if "x-amz-copy-source" in request.headers and request.method == "PUT":
            words.append("copy")
        found = table.get((request.method, " ".join(words)))
        if found is None:
            raise not_implemented(request, "&".join(words))
        check(request, found.parameters | frozenset(words), self._account)
        return found


def _bucket_table(buckets: BucketOperations) -> Table:
    v1 = LISTING | {"marker"}
    v2 = LISTING | {"continuation-token", "start-after", "fetch-owner"}
    uploads = frozenset({"prefix", "encoding-type", "max-uploads", "key-marker", "upload-id-marker"})
    return {
        ("PUT", ""): Answered("CreateBucket", buckets.create_bucket),
        ("HEAD", ""): Answered("HeadBucket", buckets.head_bucket),
        ("DELETE", ""): Answered("DeleteBucket", buckets.delete_bucket),
        ("GET", ""): Answered("ListObjects", buckets.list_v1, v1),
        ("GET", "list-type"): Answered("ListObjectsV2", buckets.list_v2, v2),
        ("GET", "location"): Answered("GetBucketLocation", buckets.location),
        ("GET", "versioning"): Answered("GetBucketVersioning", buckets.versioning),
        ("GET", "encryption"): Answered("GetBucketEncryption", buckets.encryption),
        ("GET", "uploads"): Answered("ListMultipartUploads", buckets.list_uploads, uploads),
        ("POST", "delete"): Answered("DeleteObjects", buckets.delete_objects),
    }


def _object_table(keys: ObjectOperations) -> Table:
    part, parts = frozenset({"partNumber"}), frozenset({"max-parts", "part-number-marker"})
    overrides = frozenset(OVERRIDES)
    return {
        ("GET", ""): Answered("GetObject", keys.get, overrides),
        ("HEAD", ""): Answered("HeadObject", keys.head, overrides),
        ("PUT", ""): Answered("PutObject", keys.put),
        ("PUT", "copy"): Answered("CopyObject", keys.copy),
        ("DELETE", ""): Answered("DeleteObject", keys.delete),
        ("GET", "tagging"): Answered("GetObjectTagging", keys.tagging),
        ("POST", "uploads"): Answered("CreateMultipartUpload", keys.create_upload),
        ("PUT", "uploadId"): Answered("UploadPart", keys.put_part, part),
        ("PUT", "uploadId copy"): Answered("UploadPartCopy", keys.copy_part, part),
        ("POST", "uploadId"): Answered("CompleteMultipartUpload", keys.complete_upload),
        ("DELETE", "uploadId"): Answered("AbortMultipartUpload", keys.abort_upload),
        ("GET", "uploadId"): Answered("ListParts", keys.list_parts, parts),
    }


def _refuse(request: S3Request, error: S3Error) -> S3Response:
    if request.method == "HEAD":
        return S3Response(error.status)
    return xml(error_document(error, f"/{request.bucket}/{request.key}"), error.status)
