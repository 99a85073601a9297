"""Objects are written once, and only where they are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.storage import (
    head,
    list_objects,
    put_if_missing,
    read,
    sha256_of,
    split_uri,
    upload_if_missing,
)


@pytest.fixture
def uri(aws: Aws) -> str:
    """A place in the environment's bucket."""
    return f"{aws.environment.storage.root}/a/b.txt"


def test_put_writes_once(aws: Aws, uri: str) -> None:
    """The second put of the same content sends nothing."""
    assert put_if_missing(aws, uri, b"content")
    assert not put_if_missing(aws, uri, b"content")
    assert aws.writes == ["s3:put_object"]
    assert read(aws, uri) == b"content"


def test_put_repairs_an_object_of_another_length(aws: Aws, uri: str) -> None:
    """What is there but cannot be the content is replaced."""
    put_if_missing(aws, uri, b"")

    assert put_if_missing(aws, uri, b"content")
    assert read(aws, uri) == b"content"


def test_upload_streams_a_file_once(aws: Aws, uri: str, tmp_path: Path) -> None:
    """A file is uploaded once; larger than a part, it arrives whole."""
    path = tmp_path / "big"
    path.write_bytes(b"0123456789" * 1_000_000)

    assert upload_if_missing(aws, uri, path)
    assert not upload_if_missing(aws, uri, path)
    found = head(aws, uri)
    assert found is not None
    assert found.size == 10_000_000


def test_listing_follows_pages_and_stops_at_the_limit(aws: Aws, uri: str) -> None:
    """All objects below a prefix are listed, or as many as are wanted."""
    for number in range(5):
        put_if_missing(aws, f"{uri}/{number}", b"x")

    assert [found.uri for found in list_objects(aws, uri)] == [f"{uri}/{number}" for number in range(5)]
    assert len(list(list_objects(aws, uri, limit=2))) == 2


def test_what_is_not_there_is_none_or_not_found(aws: Aws, uri: str) -> None:
    """head() says None, read() raises NotFoundError."""
    assert head(aws, uri) is None
    with pytest.raises(NotFoundError):
        read(aws, uri)


def test_a_missing_bucket_says_how_to_make_it(aws: Aws) -> None:
    """Writing into a bucket that is not there says where the environment has its own."""
    with pytest.raises(AwsError, match="the bucket 'elsewhere' does not exist: check the URI"):
        put_if_missing(aws, "s3://elsewhere/key", b"x")


@pytest.mark.parametrize("text", ["", "bucket/key", "http://bucket/key", "s3://", "s3:///key"])
def test_other_uris_are_refused(text: str) -> None:
    """Only s3://bucket/key is an S3 URI."""
    with pytest.raises(AwsError, match="is not an S3 URI"):
        split_uri(text)


def test_the_hash_of_a_file_is_sha256(tmp_path: Path) -> None:
    """It equals the published hash of the empty string and is read in pieces."""
    path = tmp_path / "empty"
    path.write_bytes(b"")

    assert sha256_of(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
