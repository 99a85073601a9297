"""What S3 does and the emulator does not is refused, and what it does with conditions and pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import RunningEmulator

Put = dict[str, Any]


@pytest.fixture(scope="module")
def s3(emulator: RunningEmulator) -> Any:
    """A client, and the object data/key."""
    client = emulator.client("s3")
    client.create_bucket(Bucket="data")
    client.put_object(Bucket="data", Key="key", Body=b"before", ContentType="text/csv")
    return client


def _code(call: Callable[..., Any], **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response
    code: str = error["Error"]["Code"]
    return code if not code.isdigit() else str(error["ResponseMetadata"]["HTTPStatusCode"])


@pytest.mark.parametrize(
    "more",
    [
        {"Tagging": "a=b"},
        {"ACL": "public-read"},
        {"StorageClass": "GLACIER"},
        {"WebsiteRedirectLocation": "/x"},
        {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime(2030, 1, 1, tzinfo=UTC)},
        {"ACL": "authenticated-read"},
        {"GrantRead": "id=x"},
        {"WriteOffsetBytes": 6},
    ],
)
def test_a_put_that_asks_for_more_is_refused(s3: Any, more: Put) -> None:
    """A tag, a lock or a key that would not be kept is no success; the object stays as it was."""
    assert _code(s3.put_object, Bucket="data", Key="key", Body=b"after", **more) == "NotImplemented"
    assert s3.get_object(Bucket="data", Key="key")["Body"].read() == b"before"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("get_object", {"Key": "key", "VersionId": "null"}),
        ("get_object", {"Key": "key", "PartNumber": 1}),
        ("delete_object", {"Key": "key", "VersionId": "null"}),
        ("put_object_tagging", {"Key": "key", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
        ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
        ("put_object_acl", {"Key": "key", "ACL": "private"}),
        ("list_object_versions", {}),
        ("list_multipart_uploads", {"Delimiter": "/"}),
        ("get_bucket_abac", {}),
        ("put_bucket_policy", {"Policy": "{}"}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "key", "VersionId": "1"}]}}),
        ("create_bucket", {"CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "b"}]}}),
        ("select_object_content", None),
    ],
)
def test_operations_that_are_not_done_are_refused(s3: Any, operation: str, request_: Put | None) -> None:
    """Versions, parts, tags, policies: NotImplemented, never the answer of another operation."""
    if request_ is None:
        request_ = {
            "Key": "key",
            "Expression": "select *",
            "ExpressionType": "SQL",
            "InputSerialization": {"CSV": {}},
            "OutputSerialization": {"CSV": {}},
        }
    assert _code(getattr(s3, operation), Bucket="data", **request_) == "NotImplemented"
    assert s3.get_object(Bucket="data", Key="key")["Body"].read() == b"before"


def test_what_says_what_is_so_anyway_is_heeded(s3: Any) -> None:
    """Encryption at rest is told again; private, STANDARD, one's own bucket are so."""
    kept = s3.put_object(
        Bucket="data",
        Key="kept",
        Body=b"x",
        ACL="bucket-owner-full-control",
        StorageClass="STANDARD",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="alias/team",
        ExpectedBucketOwner="000000000000",
    )
    found = s3.head_object(Bucket="data", Key="kept")

    assert kept["ServerSideEncryption"] == found["ServerSideEncryption"] == "aws:kms"
    assert found["SSEKMSKeyId"] == "alias/team"
    assert _code(s3.head_bucket, Bucket="data", ExpectedBucketOwner="111111111111") == "403"


def test_conditions_on_time_etag_and_source(s3: Any) -> None:
    """Reads, copies and deletes heed what they are conditional on."""
    etag = s3.head_object(Bucket="data", Key="key")["ETag"]
    past, future = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))
    where, source = {"Bucket": "data", "Key": "key"}, {"Bucket": "data", "Key": "key"}

    assert _code(s3.get_object, **where, IfModifiedSince=future) == "304"
    assert _code(s3.get_object, **where, IfUnmodifiedSince=past) == "PreconditionFailed"
    assert s3.get_object(**where, IfModifiedSince=past, IfMatch=etag)["Body"].read() == b"before"
    for condition in ({"CopySourceIfMatch": '"x"'}, {"CopySourceIfNoneMatch": etag}):
        copy = {"Bucket": "data", "Key": "copy", "CopySource": source, **condition}
        assert _code(s3.copy_object, **copy) == "PreconditionFailed"
    assert _code(s3.head_object, Bucket="data", Key="copy") == "404"
    assert _code(s3.delete_object, **where, IfMatch='"x"') == "PreconditionFailed"
    s3.put_object(Bucket="data", Key="gone", Body=b"x")
    gone = s3.head_object(Bucket="data", Key="gone")["ETag"]
    s3.delete_object(Bucket="data", Key="gone", IfMatch=gone)
    assert _code(s3.head_object, Bucket="data", Key="gone") == "404"


def test_an_answer_says_what_the_request_overrides(s3: Any) -> None:
    """A presigned download has the type and the name that its URL asks for."""
    found = s3.get_object(
        Bucket="data",
        Key="key",
        ResponseContentType="application/x-report",
        ResponseContentDisposition='attachment; filename="r.csv"',
    )

    assert found["ContentType"] == "application/x-report"
    assert found["ContentDisposition"] == 'attachment; filename="r.csv"'


def test_parts_uploads_and_buckets_come_in_pages(s3: Any) -> None:
    """Every list has as many lines as were asked for, and goes on where it ended."""
    for name in ("page-a", "page-b", "page-c"):
        s3.create_bucket(Bucket=name)
    uploads = [s3.create_multipart_upload(Bucket="page-a", Key=key)["UploadId"] for key in ("a", "b", "b")]
    where = {"Bucket": "page-a", "Key": "a", "UploadId": uploads[0]}
    for number in (1, 2, 3):
        s3.upload_part(**where, PartNumber=number, Body=b"x")
    parts, found, buckets = [], [], []
    for page in s3.get_paginator("list_parts").paginate(**where, PaginationConfig={"PageSize": 2}):
        assert len(page["Parts"]) <= 2
        parts += [each["PartNumber"] for each in page["Parts"]]
    for page in s3.get_paginator("list_multipart_uploads").paginate(
        Bucket="page-a", PaginationConfig={"PageSize": 1}
    ):
        found += [each["UploadId"] for each in page["Uploads"]]
    for page in s3.get_paginator("list_buckets").paginate(Prefix="page-", PaginationConfig={"PageSize": 2}):
        assert len(page["Buckets"]) <= 2
        buckets += [each["Name"] for each in page["Buckets"]]

    assert parts == [1, 2, 3]
    assert sorted(found) == sorted(uploads)
    assert buckets == ["page-a", "page-b", "page-c"]
