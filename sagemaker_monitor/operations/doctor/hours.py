"""Which hours of a window have captures: by listing its days alone, however much was captured before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sagemaker_monitor.analysis.documents.capture import hour_of
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import StoredObject, list_objects, split_uri
from sagemaker_monitor.operations.windows import Window

Hours = dict[datetime, list[StoredObject]]


def listed(aws: Aws, folders: list[str], window: Window, ending: str) -> Hours:
    """Return the objects of each hour of *window*, which has both bounds, in <folder>/yyyy/mm/dd/hh/.

    Raises AwsError.
    """
    found: Hours = {}
    for folder in folders:
        for day in _days(window):
            for stored in list_objects(aws, f"{folder}/{day:%Y/%m/%d}/"):
                path = stored.uri.removeprefix(f"{folder}/")
                hour = hour_of(path)
                if hour is not None and hour in window and path.count("/") == 4 and path.endswith(ending):
                    found.setdefault(hour, []).append(stored)
    return dict(sorted(found.items()))


def newest(aws: Aws, folders: list[str]) -> datetime | None:
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


def _last(aws: Aws, folder: str) -> str:
    """Return yyyy/mm/dd/hh of the last hour's folder below *folder*, as far as there is one."""
    path: list[str] = []
    for _ in range(4):
        names = [name for name in folders_in(aws, "/".join((folder, *path))) if name.isdecimal()]
        if not names:
            break
        path.append(names[-1])
    return "/".join(path)


def _days(window: Window) -> Iterator[datetime]:
    assert window.start is not None
    assert window.end is not None
    day = window.start.replace(hour=0)
    while day < window.end:
        yield day
        day += timedelta(days=1)
