"""Which S3 operation a request is, and the answer when there is none."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.s3.documents import error_document
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.multipart import Uploads
from sagemaker_monitor.emulator.s3.request import S3Request, S3Response, xml
from sagemaker_monitor.emulator.s3.rest_buckets import BucketOperations
from sagemaker_monitor.emulator.s3.rest_objects import ObjectOperations
from sagemaker_monitor.emulator.state import is_no_space

Operation = Callable[[S3Request], S3Response]

_CHOOSING = frozenset({"uploads", "uploadId", "delete", "location", "versioning", "tagging"})
# Sub-resources that change what a request means and that nobody answers here.
_UNKNOWN = frozenset(
    {
        "accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering",
        "inventory", "legal-hold", "lifecycle", "logging", "metrics", "notification", "object-lock",
        "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "replication", "requestPayment",
        "restore", "retention", "select", "torrent", "versionId", "versions", "website",
    }
)  # fmt: skip


class S3Api:
    """S3's REST operations over one object store."""

    def __init__(self, objects: S3Directory, uploads: Uploads) -> None:
        """Answer from *objects* and *uploads*."""
        buckets, keys = BucketOperations(objects, uploads), ObjectOperations(objects, uploads)
        self._service: dict[tuple[str, str], Operation] = {("GET", ""): buckets.list_buckets}
        self._bucket: dict[tuple[str, str], Operation] = {
            ("PUT", ""): buckets.create_bucket,
            ("HEAD", ""): buckets.head_bucket,
            ("DELETE", ""): buckets.delete_bucket,
            ("GET", ""): buckets.list_v1,
            ("GET", "list-type"): buckets.list_v2,
            ("GET", "location"): buckets.location,
            ("GET", "versioning"): buckets.versioning,
            ("GET", "uploads"): buckets.list_uploads,
            ("POST", "delete"): buckets.delete_objects,
        }
        self._object: dict[tuple[str, str], Operation] = {
            ("GET", ""): keys.get,
            ("HEAD", ""): keys.head,
            ("PUT", ""): keys.put,
            ("PUT", "copy"): keys.copy,
            ("DELETE", ""): keys.delete,
            ("GET", "tagging"): keys.tagging,
            ("POST", "uploads"): keys.create_upload,
            ("PUT", "uploadId"): keys.put_part,
            ("PUT", "uploadId copy"): keys.copy_part,
            ("POST", "uploadId"): keys.complete_upload,
            ("DELETE", "uploadId"): keys.abort_upload,
            ("GET", "uploadId"): keys.list_parts,
        }

    def answer(self, request: S3Request) -> S3Response:
        """Return the answer to a request; S3Error becomes S3's document."""
        try:
            return self._choose(request)(request)
        except S3Error as error:
            return _refuse(request, error)
        except (OSError, sqlite3.OperationalError) as error:
            if not is_no_space(error):
                raise
            return _refuse(
                request, S3Error("NoSpaceLeft", "no space left on the emulator's disk; free some", 507)
            )

    def _choose(self, request: S3Request) -> Operation:
        table = self._object if request.key else self._bucket if request.bucket else self._service
        words = [name for name in _CHOOSING if name in request.query]
        if request.bucket and not request.key and request.query.get("list-type") == "2":
            words.append("list-type")
        if "x-amz-copy-source" in request.headers:
            words.append("copy")
        unknown = sorted(_UNKNOWN & request.query.keys())
        operation = table.get((request.method, " ".join(words)))
        if operation is None or unknown:
            asked = "&".join(unknown or words)
            text = "A header or query you provided implies functionality that is not implemented"
            raise S3Error("NotImplemented", f"{text}: {request.method} {asked}".rstrip(), 501)
        return operation


def _refuse(request: S3Request, error: S3Error) -> S3Response:
    if request.method == "HEAD":
        return S3Response(error.status)
    return xml(error_document(error, f"/{request.bucket}/{request.key}"), error.status)
