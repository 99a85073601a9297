"""Objects over HTTP, with boto3."""

from __future__ import annotations

import errno
import hashlib
import http.client
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.multipart import Uploads
from sagemaker_monitor.emulator.s3.request import S3Request
from sagemaker_monitor.emulator.s3.rest import S3Api
from tests.emulator.conftest import RunningEmulator

BUCKET = "objects"
MIB = 1 << 20


@pytest.fixture(scope="module")
def s3(emulator: RunningEmulator) -> Any:
    """Return an S3 client whose bucket exists."""
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def _code(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_an_object_is_a_plain_file(emulator: RunningEmulator, s3: Any) -> None:
    """What was put is a file under its key, and comes back with everything that was said about it."""
    s3.put_object(
        Bucket=BUCKET,
        Key="a/b.csv",
        Body=b"1,2\n",
        ContentType="text/csv",
        CacheControl="no-cache",
        Metadata={"run": "7"},
    )
    found = s3.get_object(Bucket=BUCKET, Key="a/b.csv")

    assert (emulator.s3_root / BUCKET / "a" / "b.csv").read_bytes() == b"1,2\n"
    assert found["Body"].read() == b"1,2\n"
    assert found["ETag"].strip(chr(34)) == hashlib.md5(b"1,2\n").hexdigest()
    assert (found["ContentType"], found["CacheControl"], found["Metadata"]) == (
        "text/csv",
        "no-cache",
        {"run": "7"},
    )
    assert found["ContentLength"] == 4
    assert found["ChecksumCRC32"]


@pytest.mark.parametrize(
    "key", ["sp ace/ü+%41.txt", "../../up", "/absolute", "a//b", "dir/", "x\ty", "q?a=b&c#d", "…"]
)
def test_any_key_comes_back(emulator: RunningEmulator, s3: Any, key: str) -> None:
    """Odd keys are stored, listed and deleted like others, and stay below the bucket."""
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())

    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode()
    assert key in [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert not (emulator.state_dir / "up").exists()
    assert not (emulator.state_dir.parent / "up").exists()
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert _code(lambda: s3.head_object(Bucket=BUCKET, Key=key)) == ("404", 404)


@pytest.mark.parametrize("order", [("t", "t/u"), ("t/u", "t")])
def test_a_key_stands_beside_a_prefix_of_its_name(s3: Any, order: tuple[str, str]) -> None:
    """`t` and `t/u` are both there, whichever came first, and go one by one."""
    for key in order:
        s3.put_object(Bucket=BUCKET, Key=f"beside/{key}", Body=key.encode())

    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="beside/")["Contents"]
    assert [each["Key"] for each in listed] == ["beside/t", "beside/t/u"]
    assert [s3.get_object(Bucket=BUCKET, Key=f"beside/{key}")["Body"].read() for key in order] == [
        key.encode() for key in order
    ]
    s3.put_object(Bucket=BUCKET, Key="beside/t", Body=b"again")
    s3.delete_object(Bucket=BUCKET, Key="beside/t/u")
    assert s3.get_object(Bucket=BUCKET, Key="beside/t")["Body"].read() == b"again"
    s3.put_object(Bucket=BUCKET, Key="beside/t", Body=b"more")
    assert s3.get_object(Bucket=BUCKET, Key="beside/t")["Body"].read() == b"more"
    s3.delete_object(Bucket=BUCKET, Key="beside/t")
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="beside/")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-3", b"0123"),
        ("bytes=4-", b"456789"),
        ("bytes=-2", b"89"),
        ("bytes=8-99", b"89"),
        ("lines=1-2", None),
    ],
)
def test_a_range_is_served(s3: Any, asked: str, expected: bytes | None) -> None:
    """Parts, ends and tails; what cannot be understood is the whole object."""
    s3.put_object(Bucket=BUCKET, Key="range", Body=b"0123456789")
    found = s3.get_object(Bucket=BUCKET, Key="range", Range=asked)

    assert found["Body"].read() == (expected or b"0123456789")
    assert found["ResponseMetadata"]["HTTPStatusCode"] == (206 if expected else 200)


def test_a_range_beyond_the_end_is_refused(s3: Any) -> None:
    """Also that of an empty object."""
    s3.put_object(Bucket=BUCKET, Key="empty", Body=b"")

    assert _code(lambda: s3.get_object(Bucket=BUCKET, Key="empty", Range="bytes=0-1")) == (
        "InvalidRange",
        416,
    )


def test_a_large_file_goes_up_in_parts_and_down_in_ranges(s3: Any, tmp_path: Path) -> None:
    """Multipart upload gives AWS's ETag of parts, and the bytes are the same after a round trip."""
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(os.urandom(12 * MIB + 5))
    transfer = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    s3.upload_file(str(source), BUCKET, "large", Config=transfer, ExtraArgs={"ContentType": "text/plain"})
    s3.download_file(BUCKET, "large", str(back), Config=transfer)

    content = source.read_bytes()
    parts = b"".join(
        hashlib.md5(content[start : start + 5 * MIB]).digest() for start in range(0, len(content), 5 * MIB)
    )
    head = s3.head_object(Bucket=BUCKET, Key="large")
    assert back.read_bytes() == content
    assert head["ETag"] == f'"{hashlib.md5(parts).hexdigest()}-3"'
    assert head["ContentType"] == "text/plain"
    s3.copy({"Bucket": BUCKET, "Key": "large"}, BUCKET, "copy", Config=transfer)
    assert s3.get_object(Bucket=BUCKET, Key="copy")["Body"].read() == content


def test_an_upload_in_parts_follows_the_rules(emulator: RunningEmulator, s3: Any) -> None:
    """Wrong, unordered, missing and small parts are refused; nothing appears before the end."""
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    where = {"Bucket": BUCKET, "Key": "parts", "UploadId": upload}
    etags = [s3.upload_part(**where, PartNumber=number, Body=b"x")["ETag"] for number in (1, 2)]
    one, two = ({"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1))

    def complete(*parts: dict[str, Any]) -> tuple[str, int]:
        return _code(lambda: s3.complete_multipart_upload(**where, MultipartUpload={"Parts": list(parts)}))

    assert [part["PartNumber"] for part in s3.list_parts(**where)["Parts"]] == [1, 2]
    assert [each["Key"] for each in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == ["parts"]
    assert complete(two, one)[0] == "InvalidPartOrder"
    assert complete({"PartNumber": 1, "ETag": '"00"'})[0] == "InvalidPart"
    assert complete(one, two)[0] == "EntityTooSmall"
    assert _code(lambda: s3.upload_part(**where, PartNumber=10_001, Body=b""))[0] == "InvalidArgument"
    assert _code(lambda: s3.head_object(Bucket=BUCKET, Key="parts"))[1] == 404
    s3.abort_multipart_upload(**where)
    assert complete(one)[0] == "NoSuchUpload"
    assert not list((emulator.s3_root / ".uploads").iterdir())


def test_a_stream_without_a_length_is_stored(s3: Any) -> None:
    """A body that cannot seek comes in chunks with its checksum behind it."""

    class Stream(io.RawIOBase):
        left = 3 * MIB

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            size = min(len(buffer), self.left)
            buffer[:size] = b"s" * size
            self.left -= size
            return size

    s3.upload_fileobj(Stream(), BUCKET, "stream")

    assert s3.head_object(Bucket=BUCKET, Key="stream")["ContentLength"] == 3 * MIB


@pytest.mark.parametrize("chunk", [0, 1000, 8 << 10, 100_000])
@pytest.mark.parametrize("size", [(8 << 10) - 1, 8 << 10, (8 << 10) + 1, (256 << 10) + (8 << 10), 600_001])
def test_bodies_of_any_length_arrive_whole(emulator: RunningEmulator, size: int, chunk: int) -> None:
    """Whatever its length, plain or aws-chunked, a body is stored as it was, with its digest."""
    emulator.context.s3.create_bucket(BUCKET, "us-east-1")
    content = os.urandom(size)
    sent, headers = content, {}
    if chunk:
        pieces = [content[at : at + chunk] for at in range(0, size, chunk)]
        sent = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in [*pieces, b""])
        headers = {"Content-Encoding": "aws-chunked"}
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"), timeout=30)
    connection.request("PUT", f"/{BUCKET}/whole", sent, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()

    assert (answer.status, answer.getheader("ETag")) == (200, f'"{hashlib.md5(content).hexdigest()}"')
    assert (emulator.s3_root / BUCKET / "whole").read_bytes() == content


def test_copies_keep_or_replace_what_is_said(s3: Any) -> None:
    """CopyObject takes metadata along unless told otherwise."""
    source = {"Bucket": BUCKET, "Key": "original é"}
    s3.put_object(**source, Body=b"x", ContentType="text/plain", Metadata={"a": "1"})
    s3.copy_object(Bucket=BUCKET, Key="kept", CopySource=source)
    s3.copy_object(
        Bucket=BUCKET, Key="replaced", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"}
    )

    kept, replaced = (s3.head_object(Bucket=BUCKET, Key=key) for key in ("kept", "replaced"))
    assert (kept["ContentType"], kept["Metadata"]) == ("text/plain", {"a": "1"})
    assert replaced["Metadata"] == {"b": "2"}
    assert _code(lambda: s3.copy_object(**source, CopySource=source))[0] == "InvalidRequest"
    missing = {"Bucket": BUCKET, "Key": "missing"}
    assert _code(lambda: s3.copy_object(Bucket=BUCKET, Key="k", CopySource=missing)) == ("NoSuchKey", 404)


def test_conditions_are_kept(s3: Any) -> None:
    """Only the first create and only the expected version are written."""
    first = s3.put_object(Bucket=BUCKET, Key="once", Body=b"1", IfNoneMatch="*")["ETag"]

    assert _code(lambda: s3.put_object(Bucket=BUCKET, Key="once", Body=b"2", IfNoneMatch="*")) == (
        "PreconditionFailed",
        412,
    )
    second = s3.put_object(Bucket=BUCKET, Key="once", Body=b"2", IfMatch=first)["ETag"]
    assert _code(lambda: s3.put_object(Bucket=BUCKET, Key="once", Body=b"3", IfMatch=first))[1] == 412
    assert _code(lambda: s3.put_object(Bucket=BUCKET, Key="never", Body=b"3", IfMatch=first)) == (
        "NoSuchKey",
        404,
    )
    assert _code(lambda: s3.get_object(Bucket=BUCKET, Key="once", IfMatch=first))[1] == 412
    assert _code(lambda: s3.get_object(Bucket=BUCKET, Key="once", IfNoneMatch=second))[1] == 304
    assert s3.get_object(Bucket=BUCKET, Key="once")["Body"].read() == b"2"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {"ChecksumCRC32": "AAAAAA=="},
        {"ChecksumSHA256": "A" * 43 + "="},
    ],
)
def test_a_body_that_changed_on_its_way_is_not_stored(s3: Any, wrong: dict[str, str]) -> None:
    """A wrong checksum is BadDigest, and there is no object."""
    assert _code(lambda: s3.put_object(Bucket=BUCKET, Key="changed", Body=b"x", **wrong)) == (
        "BadDigest",
        400,
    )
    assert _code(lambda: s3.head_object(Bucket=BUCKET, Key="changed"))[1] == 404


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_come_back(s3: Any, algorithm: str) -> None:
    """The checksum a client asked for is verified and answered."""
    put = s3.put_object(Bucket=BUCKET, Key="sum", Body=b"abc", ChecksumAlgorithm=algorithm)
    found = s3.get_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")

    assert found[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    assert found["Body"].read() == b"abc"


def test_files_put_by_hand_are_objects(emulator: RunningEmulator, s3: Any) -> None:
    """A file dropped into the directory, or changed there, has the ETag of its bytes."""
    file = emulator.s3_root / BUCKET / "by" / "hand.txt"
    file.parent.mkdir()
    file.write_bytes(b"one")
    assert s3.head_object(Bucket=BUCKET, Key="by/hand.txt")["ETag"] == f'"{hashlib.md5(b"one").hexdigest()}"'
    file.write_bytes(b"other")

    assert s3.get_object(Bucket=BUCKET, Key="by/hand.txt")["Body"].read() == b"other"
    assert (
        s3.head_object(Bucket=BUCKET, Key="by/hand.txt")["ETag"] == f'"{hashlib.md5(b"other").hexdigest()}"'
    )


def test_symbolic_links_lead_nowhere(emulator: RunningEmulator, s3: Any, tmp_path: Path) -> None:
    """Neither reading, writing nor listing follows a link out of the root."""
    (tmp_path / "secret").write_bytes(b"secret")
    (emulator.s3_root / BUCKET / "link").symlink_to(tmp_path)
    (emulator.s3_root / BUCKET / "linked-file").symlink_to(tmp_path / "secret")

    assert _code(lambda: s3.get_object(Bucket=BUCKET, Key="link/secret")) == ("NoSuchKey", 404)
    assert _code(lambda: s3.get_object(Bucket=BUCKET, Key="linked-file")) == ("NoSuchKey", 404)
    assert _code(lambda: s3.put_object(Bucket=BUCKET, Key="link/new", Body=b"x")) == ("AccessDenied", 403)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="link")
    s3.put_object(Bucket=BUCKET, Key="linked-file", Body=b"mine")
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_buckets_come_and_go(emulator: RunningEmulator, s3: Any) -> None:
    """Made, found with their region, listed, refused while full, gone when empty."""
    west = emulator.client("s3", "eu-west-1")
    west.create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    again = {"Bucket": "west", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}

    assert _code(lambda: west.create_bucket(**again)) == ("BucketAlreadyOwnedByYou", 409)
    assert west.head_bucket(Bucket="west")["BucketRegion"] == "eu-west-1"
    assert west.get_bucket_location(Bucket="west")["LocationConstraint"] == "eu-west-1"
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] is None
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [BUCKET, "west"]
    west.put_object(Bucket="west", Key="a/b", Body=b"")
    assert _code(lambda: west.delete_bucket(Bucket="west")) == ("BucketNotEmpty", 409)
    west.delete_object(Bucket="west", Key="a/b")
    west.delete_bucket(Bucket="west")
    assert _code(lambda: west.head_bucket(Bucket="west"))[1] == 404


def test_what_is_not_there_is_named(s3: Any) -> None:
    """Missing buckets and keys have S3's codes; what S3 can do and this cannot is NotImplemented."""
    assert _code(lambda: s3.get_object(Bucket="nowhere", Key="k")) == ("NoSuchBucket", 404)
    assert _code(lambda: s3.put_object(Bucket="nowhere", Key="k", Body=b"x" * MIB)) == ("NoSuchBucket", 404)
    assert _code(lambda: s3.list_objects_v2(Bucket="nowhere")) == ("NoSuchBucket", 404)
    assert _code(lambda: s3.get_object(Bucket=BUCKET, Key="nothing")) == ("NoSuchKey", 404)
    assert _code(lambda: s3.get_bucket_policy(Bucket=BUCKET)) == ("NotImplemented", 501)
    assert s3.delete_object(Bucket=BUCKET, Key="nothing")["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_a_presigned_address_works(s3: Any) -> None:
    """The address itself is enough to read an object."""
    import urllib.request

    s3.put_object(Bucket=BUCKET, Key="signed", Body=b"by address")
    address = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "signed"})

    with urllib.request.urlopen(address) as response:
        assert response.read() == b"by address"


def test_objects_are_there_for_the_emulators_own_parts(
    emulator: RunningEmulator, s3: Any, tmp_path: Path
) -> None:
    """The same objects by URI, without HTTP."""
    objects = emulator.context.s3
    (tmp_path / "f").write_bytes(b"file")
    objects.put_file(f"s3://{BUCKET}/inside/f", tmp_path / "f", "text/csv")
    objects.put_bytes(f"s3://{BUCKET}/inside/b", b"bytes")

    assert s3.head_object(Bucket=BUCKET, Key="inside/f")["ContentType"] == "text/csv"
    assert [each.uri for each in objects.list(f"s3://{BUCKET}/inside/")] == [
        f"s3://{BUCKET}/inside/b",
        f"s3://{BUCKET}/inside/f",
    ]
    assert objects.path_of(f"s3://{BUCKET}/inside/b").read_bytes() == objects.read_bytes(
        f"s3://{BUCKET}/inside/b"
    )
    objects.delete(f"s3://{BUCKET}/inside/b")
    assert not objects.exists(f"s3://{BUCKET}/inside/b")
    with pytest.raises(S3Error, match="does not exist"):
        objects.get(f"s3://{BUCKET}/inside/b")
    with pytest.raises(S3Error, match="bucket does not exist"):
        objects.list("s3://no/where")


def test_nothing_is_left_of_a_write_that_breaks(emulator: RunningEmulator, s3: Any) -> None:
    """A source that fails half way leaves neither an object nor a file behind."""

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(10)
            if not data:
                raise OSError("the source broke")
            return data

    with pytest.raises(OSError, match="the source broke"):
        emulator.context.s3.put_stream(f"s3://{BUCKET}/broken", Broken(b"x" * 100))
    assert _code(lambda: s3.head_object(Bucket=BUCKET, Key="broken"))[1] == 404
    assert not list((emulator.s3_root / ".incoming").iterdir())


def test_a_full_disk_is_said_and_not_retried(emulator: RunningEmulator) -> None:
    """Without space the answer is one that clients do not send again for, and the store goes on."""
    objects = emulator.context.s3

    class Full(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.ENOSPC, "No space left on device")

    api = S3Api(objects, Uploads(objects, emulator.context.store), "000000000000")
    request = S3Request("PUT", BUCKET, "full", {}, {"content-type": ""}, Full(), "us-east-1")
    response = api.answer(request)

    assert (response.status, b"no space left" in b"".join(response.body)) == (507, True)
    assert not objects.exists(f"s3://{BUCKET}/full")
