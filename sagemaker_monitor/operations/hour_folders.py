"""Folders by the hour, as captures and ground truth lie: those of a window, however much lies before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sagemaker_monitor.analysis.documents.capture import hour_of
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import StoredObject, list_objects, split_uri
from sagemaker_monitor.operations.windows import Window

Hours = Mapping[datetime, Sequence[StoredObject]]


def objects_in(aws: Aws, folder: str, window: Window) -> Hours:
    """Return the objects below *folder*/yyyy/mm/dd/hh/ by their hours of *window*, the earliest first.

    Raises AwsError.
    """
    prefix = f"{folder}/"
    after = f"{prefix}{_folder(window.start)}" if window.start else ""
    end = _folder(window.end) if window.end else None
    found: dict[datetime, list[StoredObject]] = {}
    for stored in list_objects(aws, prefix, after=after):
        path = stored.uri.removeprefix(prefix)
        # Keys come in the order of their text, and the hours' folders in that of time.
        if end is not None and path >= end:
            break
        hour = hour_of(path)
        if hour is not None and hour in window:
            found.setdefault(hour, []).append(stored)
    return found


def captured_in(aws: Aws, folder: str, window: Window, ending: str) -> Hours:
    """Return what SageMaker captured: the objects with *ending* that lie in an hour's folder itself."""
    depth = f"{folder}/".count("/") + 4
    captured = {
        hour: [each for each in objects if each.uri.count("/") == depth and each.uri.endswith(ending)]
        for hour, objects in objects_in(aws, folder, window).items()
    }
    return {hour: objects for hour, objects in captured.items() if objects}


def newest(aws: Aws, folders: Sequence[str]) -> datetime | None:
    """Return the newest hour that any of *folders* has a folder of; None where there is none."""
    hours = (hour_of(f"{path}/x") for path in (_last(aws, folder) for folder in folders))
    return max((hour for hour in hours if hour is not None), default=None)


def folders_in(aws: Aws, folder: str) -> list[str]:
    """Return the names of the folders directly below *folder*, sorted. Raises AwsError."""
    bucket, prefix = split_uri(f"{folder}/")
    names: list[str] = []
    request = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/"}
    while True:
        answer = aws.call("s3", "list_objects_v2", **request)
        names += [
            each["Prefix"].removeprefix(prefix).rstrip("/") for each in answer.get("CommonPrefixes", ())
        ]
        if not answer.get("IsTruncated"):
            return sorted(names)
        request["ContinuationToken"] = answer["NextContinuationToken"]


def _folder(hour: datetime) -> str:
    return f"{hour.year:04}/{hour:%m/%d/%H}"


def _last(aws: Aws, folder: str) -> str:
    """Return yyyy/mm/dd/hh of the last hour's folder below *folder*, as far as there is one."""
    path: list[str] = []
    for _ in range(4):
        names = [name for name in folders_in(aws, "/".join((folder, *path))) if name.isdecimal()]
        if not names:
            break
        path.append(names[-1])
    return "/".join(path)
