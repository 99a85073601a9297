"""Objects that are copied are whole, whoever copies them, and whatever was there before."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws, AwsError, NotFoundError, connect
from sagemaker_monitor.aws.copying import Copier, digest_of
from sagemaker_monitor.aws.storage import head, put, read
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.local import prepare

CONTENT = b"a model"
SHA256, SIZE = hashlib.sha256(CONTENT).hexdigest(), len(CONTENT)


@pytest.fixture
def other(aws: Aws, tmp_path: Path) -> Iterator[Aws]:
    """Another account, whose credentials cannot read the first one's storage; its objects have a key."""
    config = EmulatorConfig(state_dir=tmp_path / "other", port=0, account="444455556666")
    with Server(config) as server:
        storage = aws.environment.storage.model_copy(
            update={"bucket": "other", "kms_key": "alias/monitoring"}
        )
        changes = {"name": "local-prod", "account": "444455556666", "endpoint_url": server.url}
        found = connect(aws.environment.model_copy(update={**changes, "storage": storage}))
        prepare(found)
        found.writes.clear()
        yield found


def places(source: Aws, target: Aws) -> tuple[str, str]:
    """Put the object into the source's storage; return where it is and where it goes."""
    here, there = f"{source.environment.storage.root}/model", f"{target.environment.storage.root}/copy"
    put(source, here, CONTENT)
    return here, there


def test_what_the_target_cannot_read_goes_through_here(aws: Aws, other: Aws) -> None:
    """It is streamed, under the target's key, once: what is there and whole is not written again."""
    here, there = places(aws, other)
    copier = Copier(aws, other)

    assert copier.copy(here, there, sha256=SHA256, size=SIZE)
    assert not copier.copy(here, there, sha256=SHA256, size=SIZE)

    bucket, key = "other", there.removeprefix("s3://other/")
    stored = other.call("s3", "head_object", Bucket=bucket, Key=key)
    assert read(other, there) == CONTENT
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", "alias/monitoring")
    assert [each for each in other.writes if "create" not in each] == ["s3:upload_fileobj"]


def test_what_the_target_can_read_s3_copies_itself(aws: Aws) -> None:
    """Within one account no byte goes through this machine."""
    storage = aws.environment.storage.model_copy(update={"prefix": "elsewhere"})
    target = connect(aws.environment.model_copy(update={"storage": storage}))
    here, there = places(aws, target)

    assert Copier(aws, target).copy(here, there, sha256=SHA256, size=SIZE)

    assert target.writes == ["s3:copy_object"]
    assert read(target, there) == CONTENT


def test_what_is_there_and_is_another_is_replaced(aws: Aws, other: Aws) -> None:
    """An object of the same size with other content is not taken for the copy."""
    here, there = places(aws, other)
    put(other, there, b"a Model")

    assert Copier(aws, other).copy(here, there, sha256=SHA256, size=SIZE)
    assert read(other, there) == CONTENT


def test_a_source_that_changed_meanwhile_is_told(aws: Aws, other: Aws) -> None:
    """What arrives is read again, and has to be what was promised."""
    here, there = places(aws, other)

    with pytest.raises(AwsError, match="is not there as it was"):
        Copier(aws, other).copy(here, there, sha256="0" * 64, size=SIZE)


def test_an_object_that_was_replaced_has_no_digest(aws: Aws, other: Aws) -> None:
    """A digest is of the object with the ETag that was asked for, or there is none."""
    here, _ = places(aws, other)
    stored = head(aws, here)
    assert stored is not None

    assert digest_of(aws, here, etag=stored.etag) == (SHA256, SIZE)
    with pytest.raises(AwsError) as caught:
        digest_of(aws, here, etag="0" * 32)
    assert caught.value.code == "PreconditionFailed"
    with pytest.raises(NotFoundError):
        digest_of(aws, f"{here}-gone")


@pytest.mark.long
def test_memory_does_not_grow_with_the_object(aws: Aws, other: Aws) -> None:
    """A large artifact is streamed in parts: 128 MB need no more than what is under way at a time."""
    here, there = f"{aws.environment.storage.root}/large", f"{other.environment.storage.root}/large"
    piece = bytes(range(256)) * 4096
    digest = hashlib.sha256()

    class Large:
        left = 128

        def read(self, amount: int | None = None) -> bytes:
            count = min(self.left, (amount or 0) // len(piece))
            self.left -= count
            part = piece * count
            digest.update(part)
            return part

    bucket, key = aws.environment.storage.bucket, here.split("/", 3)[3]
    source: Any = Large()
    aws.call("s3", "upload_fileobj", Fileobj=source, Bucket=bucket, Key=key)
    size = 128 * len(piece)

    tracemalloc.start()
    assert Copier(aws, other).copy(here, there, sha256=digest.hexdigest(), size=size)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    stored = head(other, there)
    assert stored is not None
    assert stored.size == size
    assert most < 100 << 20
