"""S3's operations on buckets."""

from __future__ import annotations

from sagemaker_monitor.emulator.s3 import documents
from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.listing import LONGEST_PAGE, Page, decode_token, encode_token, page
from sagemaker_monitor.emulator.s3.multipart import Uploads
from sagemaker_monitor.emulator.s3.request import S3Request, S3Response, count, xml

_MOST_BUCKETS = 10_000


class BucketOperations:
    """Everything whose address is the service or a bucket."""

    def __init__(self, objects: S3Directory, uploads: Uploads) -> None:
        """Answer from *objects*."""
        self._objects = objects
        self._uploads = uploads

    def list_buckets(self, request: S3Request) -> S3Response:
        """ListBuckets."""
        query = request.query
        most = count(query.get("max-buckets", str(_MOST_BUCKETS)), "max-buckets", _MOST_BUCKETS)
        after = decode_token(query["continuation-token"]) if query.get("continuation-token") else ""
        found = [
            each
            for each in self._objects.buckets()
            if each["name"].startswith(query.get("prefix", ""))
            and each["name"] > after
            and query.get("bucket-region", each["region"]) == each["region"]
        ]
        page, more = found[:most], len(found) > most
        return xml(documents.bucket_list(page, encode_token(page[-1]["name"]) if more and page else None))

    def create_bucket(self, request: S3Request) -> S3Response:
        """CreateBucket; repeating it is an error except in us-east-1, as on AWS."""
        region = documents.parse_location(request.document()) or "us-east-1"
        created = self._objects.create_bucket(request.bucket, region)
        if not created and region != "us-east-1":
            text = "Your previous request to create the named bucket succeeded and you already own it."
            raise S3Error("BucketAlreadyOwnedByYou", text, 409)
        return S3Response(headers={"Location": f"/{request.bucket}", "Content-Length": "0"})

    def head_bucket(self, request: S3Request) -> S3Response:
        """HeadBucket."""
        region = self._objects.bucket(request.bucket)["region"]
        return S3Response(headers={"x-amz-bucket-region": region, "Content-Length": "0"})

    def delete_bucket(self, request: S3Request) -> S3Response:
        """DeleteBucket."""
        self._objects.delete_bucket(request.bucket)
        return S3Response(204)

    def location(self, request: S3Request) -> S3Response:
        """GetBucketLocation; us-east-1 is empty, as on AWS."""
        region = self._objects.bucket(request.bucket)["region"]
        content = documents.document("LocationConstraint", [])
        if region != "us-east-1":
            content = content.replace(b" />", f">{region}</LocationConstraint>".encode())
        return xml(content)

    def versioning(self, request: S3Request) -> S3Response:
        """GetBucketVersioning: never enabled."""
        self._objects.bucket_path(request.bucket)
        return xml(documents.document("VersioningConfiguration", []))

    def encryption(self, request: S3Request) -> S3Response:
        """GetBucketEncryption: what AWS encrypts with where nobody says otherwise."""
        self._objects.bucket_path(request.bucket)
        rule = [("ApplyServerSideEncryptionByDefault", [("SSEAlgorithm", "AES256")])]
        return xml(documents.document("ServerSideEncryptionConfiguration", [("Rule", rule)]))

    def list_v1(self, request: S3Request) -> S3Response:
        """ListObjects."""
        query = request.query
        marker = query.get("marker", "")
        size, found = self._page(request, marker)
        encode = documents.key_encoder(query.get("encoding-type", ""))
        last = (
            None
            if found.last is None
            else (found.last[:-1] if found.last.endswith("\U0010ffff") else found.last)
        )
        fields: documents.Fields = [
            ("Name", request.bucket),
            ("Prefix", encode(query.get("prefix", ""))),
            ("Marker", encode(marker)),
            ("NextMarker", None if last is None or not query.get("delimiter") else encode(last)),
            ("MaxKeys", size),
            ("Delimiter", encode(query["delimiter"]) if query.get("delimiter") else None),
            ("EncodingType", query.get("encoding-type") or None),
            ("IsTruncated", found.last is not None),
        ]
        return xml(
            documents.document("ListBucketResult", fields + documents.page_lines(found, encode, owner=True))
        )

    def list_v2(self, request: S3Request) -> S3Response:
        """ListObjectsV2."""
        query = request.query
        token = query.get("continuation-token")
        after = query.get("start-after", "")
        size, found = self._page(request, after if token is None else decode_token(token))
        encode = documents.key_encoder(query.get("encoding-type", ""))
        fields: documents.Fields = [
            ("Name", request.bucket),
            ("Prefix", encode(query.get("prefix", ""))),
            ("StartAfter", encode(after) if after else None),
            ("ContinuationToken", token),
            ("NextContinuationToken", None if found.last is None else encode_token(found.last)),
            ("KeyCount", found.count),
            ("MaxKeys", size),
            ("Delimiter", encode(query["delimiter"]) if query.get("delimiter") else None),
            ("EncodingType", query.get("encoding-type") or None),
            ("IsTruncated", found.last is not None),
        ]
        owner = query.get("fetch-owner") == "true"
        return xml(
            documents.document("ListBucketResult", fields + documents.page_lines(found, encode, owner=owner))
        )

    def _page(self, request: S3Request, after: str) -> tuple[int, Page]:
        size = count(request.query.get("max-keys", str(LONGEST_PAGE)), "max-keys", LONGEST_PAGE)
        bucket = request.bucket
        self._objects.bucket_path(bucket)
        found = page(
            lambda prefix, start: self._objects.iterate(bucket, prefix, start),
            request.query.get("prefix", ""),
            request.query.get("delimiter", ""),
            after,
            size,
        )
        return size, found

    def delete_objects(self, request: S3Request) -> S3Response:
        """DeleteObjects: every key has its own outcome."""
        keys, quiet = documents.parse_delete(request.document())
        refused = self._objects.remove_all(request.bucket, keys)
        lines: documents.Fields = []
        for key in keys:
            if key in refused:
                error = refused[key]
                lines.append(("Error", [("Key", key), ("Code", error.code), ("Message", error.message)]))
            elif not quiet:
                lines.append(("Deleted", [("Key", key)]))
        return xml(documents.document("DeleteResult", lines))

    def list_uploads(self, request: S3Request) -> S3Response:
        """ListMultipartUploads."""
        query = request.query
        prefix = query.get("prefix", "")
        encode = documents.key_encoder(query.get("encoding-type", ""))
        most = count(query.get("max-uploads", str(LONGEST_PAGE)), "max-uploads", LONGEST_PAGE)
        key, upload = query.get("key-marker", ""), query.get("upload-id-marker", "")
        found = [
            each
            for each in self._uploads.under_way(request.bucket, prefix)
            if not key or each["key"] > key or (upload and each["key"] == key and each["id"] > upload)
        ]
        page, more = found[:most], len(found) > most
        lines: documents.Fields = [
            ("Bucket", request.bucket),
            ("KeyMarker", encode(key)),
            ("UploadIdMarker", upload),
            ("Prefix", encode(prefix)),
            ("MaxUploads", most),
            ("IsTruncated", more),
        ]
        if query.get("encoding-type"):
            lines.append(("EncodingType", "url"))
        if more and page:
            lines += [("NextKeyMarker", encode(page[-1]["key"])), ("NextUploadIdMarker", page[-1]["id"])]
        for each in page:
            initiated = documents.timestamp(each["created"])
            lines.append(
                ("Upload", [("Key", encode(each["key"])), ("UploadId", each["id"]), ("Initiated", initiated)])
            )
        return xml(documents.document("ListMultipartUploadsResult", lines))
