"""Which objects of S3 hold the labels of a window, and their text."""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any, Iterator

from steps.scripts.collect import HOUR, Window
from steps.scripts.joining.cells import JoinError


def read_moment(text: str, option: str) -> datetime:
    """Return the hour that *text* names, UTC where it says nothing else; JoinError when it is none."""
    try:
        # Python 3.8 does not know Z.
        moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text.strip()))
        moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise JoinError(
            f"{option} {text[:40]!r} is no date or time; write 2026-03-01 or 2026-03-01T09:00:00Z"
        ) from error
    if moment.replace(minute=0, second=0, microsecond=0) != moment:
        raise JoinError(f"{option} {text[:40]!r} is not on the hour: labels are kept by the hour of UTC")
    return moment


def read_window(start: str, end: str) -> Window | None:
    """Return the window [start, end), None without one; JoinError when it has no hour in it."""
    if not start and not end:
        return None
    if not start or not end:
        raise JoinError("--window-start and --window-end are given both, or neither")
    window = Window(read_moment(start, "--window-start"), read_moment(end, "--window-end"))
    if window.end - window.start < timedelta(hours=1):
        raise JoinError("the window has no hour in it: --window-end must be later than --window-start")
    return window


def collected_window(options: argparse.Namespace) -> Window | None:
    """Return the window that was collected, where its summary is given, or that of the options."""
    if options.collected is None:
        return read_window(options.window_start, options.window_end)
    window = json.loads(options.collected.read_text(encoding="utf-8"))["window"]
    return read_window(window["start"], window["end"])


def label_keys(s3: Any, bucket: str, prefix: str, window: Window | None) -> list[str]:
    """Return the keys of the object *prefix* and of all objects below it, empty ones left out, in order.

    With a *window* only its hours' folders yyyy/mm/dd/hh, and what lies directly below *prefix*.
    """

    def listed(**request: str) -> Iterator[str]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **request)
        for page in pages:
            yield from (each["Key"] for each in page.get("Contents", ()) if each["Size"])

    below = prefix.rstrip("/") + "/" if prefix else ""
    if window is None:
        return sorted(key for key in listed(Prefix=prefix) if key == prefix or key.startswith(below))
    first, last = (below + moment.strftime(HOUR) for moment in (window.start, window.end))
    keys = {key for key in listed(Prefix=below, Delimiter="/") if key.startswith(below)}
    keys.update(key for key in listed(Prefix=prefix, Delimiter="/") if key == prefix)
    for key in listed(Prefix=below, StartAfter=first):
        # Keys come in the order of their text, and the hours' folders in that of time.
        if key >= last:
            break
        if re.match(r"\d{4}/\d\d/\d\d/\d\d/", key[len(below) :]):
            keys.add(key)
    return sorted(keys)


def label_objects(s3: Any, uri: str, window: Window | None) -> Iterator[tuple[str, IO[str]]]:
    """Yield URI and text of every object of labels that *uri* and *window* select."""
    bucket, _, prefix = uri[len("s3://") :].partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise JoinError(f"the labels' URI {uri[:200]!r} is not an S3 URI")
    for key in label_keys(s3, bucket, prefix, window):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "labels"
            s3.download_file(bucket, key, str(path))
            # Spreadsheets begin a CSV file with a byte order mark.
            with path.open(newline="", encoding="utf-8-sig") as lines:
                yield f"s3://{bucket}/{key}", lines
