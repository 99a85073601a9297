"""Folders by the hour, in the emulator's S3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put
from sagemaker_monitor.operations.hour_folders import captured_in, folders_in, newest, objects_in
from sagemaker_monitor.operations.windows import Window

KEYS = (
    "2025/12/31/23/a.jsonl",
    "2026/01/01/00/a.jsonl",
    "2026/01/01/00/b.json",
    "2026/01/01/00/deeper/c.jsonl",
    "2026/01/01/05/a.jsonl",
    "2026/01/01/99/a.jsonl",
    "2026/01/02/00/a.jsonl",
    "2026/01/x/00/a.jsonl",
    "readme.jsonl",
)


def hour(day: int, of: int = 0) -> datetime:
    """Return an hour of January."""
    return datetime(2026, 1, day, of, tzinfo=UTC)


@pytest.fixture
def folder(aws: Aws) -> str:
    """Return a folder that has KEYS."""
    found = f"{aws.environment.storage.root}/hourly"
    for key in KEYS:
        put(aws, f"{found}/{key}", b"x")
    return found


@pytest.mark.parametrize(
    ("window", "hours"),
    [
        (Window(None, None), [datetime(2025, 12, 31, 23, tzinfo=UTC), hour(1), hour(1, 5), hour(2)]),
        (Window(hour(1), None), [hour(1), hour(1, 5), hour(2)]),
        (Window(hour(1, 1), hour(2)), [hour(1, 5)]),
        (Window(None, hour(1, 5)), [datetime(2025, 12, 31, 23, tzinfo=UTC), hour(1)]),
        (Window(hour(3), hour(4)), []),
        (Window(datetime(1, 1, 1, tzinfo=UTC), hour(1)), [datetime(2025, 12, 31, 23, tzinfo=UTC)]),
    ],
)
def test_the_hours_of_a_window(aws: Aws, folder: str, window: Window, hours: list[datetime]) -> None:
    """The last one is excluded, what is no hour's is left out, and the earliest comes first."""
    found = objects_in(aws, folder, window)

    assert list(found) == hours
    assert all(each.uri.startswith(f"{folder}/{at:%Y/%m/%d/%H}/") for at in found for each in found[at])


def test_what_was_captured_is_in_the_folder_itself(aws: Aws, folder: str) -> None:
    """Objects of another kind, or deeper, are none of SageMaker's captures."""
    found = captured_in(aws, folder, Window(hour(1), hour(1, 1)), ".jsonl")

    assert [each.uri for each in found[hour(1)]] == [f"{folder}/2026/01/01/00/a.jsonl"]
    assert captured_in(aws, folder, Window(hour(1, 5), hour(2)), ".json") == {}


def test_what_lies_before_a_window_is_not_listed(aws: Aws, folder: str) -> None:
    """S3 is asked for keys from the first hour on, so that years of captures cost nothing."""
    asked: list[dict[str, Any]] = []
    aws._client("s3").meta.events.register(
        "before-parameter-build.s3.ListObjectsV2", lambda params, **_: asked.append(dict(params))
    )

    objects_in(aws, folder, Window(hour(1, 5), hour(2)))

    (request,) = asked
    assert request["StartAfter"] == f"{request['Prefix']}2026/01/01/05"


def test_the_newest_hour_and_the_folders(aws: Aws, folder: str) -> None:
    """Found level by level; where there is nothing, none."""
    assert newest(aws, [folder, f"{folder}/nowhere"]) == hour(2)
    assert newest(aws, [f"{folder}/nowhere"]) is None
    assert folders_in(aws, f"{folder}/2026/01") == ["01", "02", "x"]
