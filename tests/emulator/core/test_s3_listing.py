"""Lists of keys: order, prefixes, delimiters, pages."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.s3.listing import page
from sagemaker_monitor.emulator.state import Store
from tests.emulator.conftest import RunningEmulator

BUCKET = "listing"
KEYS = ["a", "a-b", "a/1", "a/2", "a/b/3", "a0", "b//c", "z/", "z/y", "é"]


@pytest.fixture(scope="module")
def s3(emulator: RunningEmulator) -> Any:
    """Return an S3 client whose bucket holds KEYS."""
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    for key in reversed(KEYS):
        client.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    return client


def _pages(s3: Any, operation: str, **arguments: Any) -> tuple[list[str], list[str]]:
    keys, prefixes = [], []
    for each in s3.get_paginator(operation).paginate(Bucket=BUCKET, **arguments):
        keys += [item["Key"] for item in each.get("Contents", [])]
        prefixes += [item["Prefix"] for item in each.get("CommonPrefixes", [])]
    return keys, prefixes


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_pages_together_are_everything_in_order(s3: Any, operation: str, size: int) -> None:
    """Every key once, in the order of its bytes, whatever the page size and version."""
    assert _pages(s3, operation, PaginationConfig={"PageSize": size}) == (KEYS, [])
    assert _pages(s3, operation, Delimiter="/", PaginationConfig={"PageSize": size}) == (
        ["a", "a-b", "a0", "é"],
        ["a/", "b/", "z/"],
    )
    assert _pages(s3, operation, Prefix="a/", Delimiter="/", PaginationConfig={"PageSize": size}) == (
        ["a/1", "a/2"],
        ["a/b/"],
    )


def test_prefixes_are_text_not_directories(s3: Any) -> None:
    """`a` finds `a`, `a-b`, `a/1` and `a0`; any text can be a delimiter."""
    assert _pages(s3, "list_objects_v2", Prefix="a")[0] == KEYS[:6]
    assert _pages(s3, "list_objects_v2", Prefix="a", Delimiter="-") == (["a", *KEYS[2:6]], ["a-"])


def test_a_list_starts_behind_a_key(s3: Any) -> None:
    """StartAfter and Marker need not exist; a size of nought is an empty page."""
    assert _pages(s3, "list_objects_v2", StartAfter="a/1x")[0] == KEYS[3:]
    assert _pages(s3, "list_objects", Marker="a/1x")[0] == KEYS[3:]
    nothing = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=0)
    assert (nothing["KeyCount"], nothing["IsTruncated"]) == (0, False)


def test_many_are_deleted_at_once(s3: Any) -> None:
    """DeleteObjects answers for each key, missing ones too."""
    s3.put_object(Bucket=BUCKET, Key="gone/1", Body=b"")
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "gone/1"}, {"Key": "gone/2"}]})

    assert [each["Key"] for each in answer["Deleted"]] == ["gone/1", "gone/2"]
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="gone/")


def test_what_is_deleted_at_once_leaves_nothing(emulator: RunningEmulator, s3: Any) -> None:
    """Files, what was said of them and emptied folders go; others stay, and a key that is none is told."""
    kept, gone = "batch/a/kept", ["batch/a/1", "batch/a/b/2", "batch/c/3", "batch/a/1"]
    for key in (kept, *gone):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x", ContentType="text/csv")
    long = "batch/" + "k" * 1100
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": each} for each in [*gone, long]]})

    assert [each["Key"] for each in answer["Deleted"]] == gone
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [(long, "KeyTooLongError")]
    store = emulator.context.store.scoped("")
    assert [store.get("s3-object", f"{BUCKET}/{key}") is None for key in (kept, *gone)] == [
        False,
        *[True] * 4,
    ]
    left = (emulator.s3_root / BUCKET / "batch").rglob("*")
    assert sorted(each.name for each in left) == ["a", "kept"]
    s3.delete_object(Bucket=BUCKET, Key=kept)


PARTS = st.sampled_from(["", "a", "b", "a" * 210, "a" * 200, "a" * 200 + "!", "%", "."])


@settings(max_examples=40, deadline=None)
@given(
    keys=st.sets(st.lists(PARTS, min_size=1, max_size=3).map("/".join).filter(bool), max_size=8),
    prefix=st.sampled_from(["", "a", "a/", "b"]),
    delimiter=st.sampled_from(["", "/", "a"]),
    size=st.integers(1, 3),
)
@example(keys={"a" * 200 + "/b", "a" * 200 + "!", "a" * 210}, prefix="", delimiter="", size=1)
def test_any_keys_are_listed_as_sorting_them_would(
    tmp_path_factory: pytest.TempPathFactory, keys: set[str], prefix: str, delimiter: str, size: int
) -> None:
    """The walk through directories gives what a sorted list of keys gives, page by page."""
    root = tmp_path_factory.mktemp("walk")
    store = Store.open(root / "state.db", "us-east-1")
    objects = S3Directory(root / "s3", store, "us-east-1")
    objects.create_bucket("bkt", "us-east-1")
    for key in keys:
        objects.put_bytes(f"s3://bkt/{key}", b"")
    found: list[str] = []
    after = ""
    while True:
        one = page(
            lambda wanted, start: objects.iterate("bkt", wanted, start), prefix, delimiter, after, size
        )
        assert one.count <= size
        found += sorted([each.key for each in one.objects] + list(one.prefixes))
        if one.last is None:
            break
        after = one.last
    store.close()

    def line(key: str) -> str:
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        return key if end < 0 else key[: end + len(delimiter)]

    wanted = [line(key) for key in sorted(keys) if key.startswith(prefix)]
    assert found == [key for key, _ in itertools.groupby(wanted)]
