"""Collect what a real-time endpoint captured in a window of hours, as rows of a scored batch.

Runs under Python 3.8 with boto3, from the archive that collect_endpoint.py is given.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any, Dict, Iterator, List, Sequence, Tuple

from sagemaker_monitor.analysis.invocations.captured import UnusableError, read_invocation
from sagemaker_monitor.analysis.invocations.expected import Expected
from sagemaker_monitor.analysis.invocations.records import AskedRecord, records_of
from steps.scripts.collect import HOUR, Window, split_uri, stamp
from steps.scripts.serving import OTHERS, UNKNOWN, Judged

ROWS, FEATURES = "transform/part-00000.csv", "features/data.csv"
AT_ONCE = 8
AHEAD = 32
"""Objects that are fetched before they are read; AWS writes some megabytes into one at most."""
_KEY = re.compile(r"(\d{4}/\d\d/\d\d/\d\d)/[^/]+\.jsonl")


@dataclass(frozen=True)
class Captures:
    """Where an endpoint captures, in a folder for each variant; *variants* are looked at, or all."""

    root: str
    endpoint: str
    variants: Tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """The S3 URI of the endpoint's captures, without a trailing slash."""
        return f"{self.root.rstrip('/')}/{self.endpoint}"


@dataclass(frozen=True)
class CaptureObject:
    """One object of captured requests, the variant that answered them, and their hour as text."""

    uri: str
    variant: str
    hour: str


@dataclass
class Counts:
    """What there was in a window."""

    objects: int = 0
    requests: int = 0
    rows: int = 0
    whose: Counter[str] = field(default_factory=Counter)
    """Captured answers, by whose they were; those that could not be read are nobody's."""
    of_others: Counter[str] = field(default_factory=Counter)
    """Answers of another version, by variant."""
    unusable: int = 0
    first_unusable: str = ""
    misfit: int = 0
    nameless: int = 0
    """Requests without an inference id."""
    hours: Dict[str, int] = field(default_factory=dict)
    """Judged requests, by hour."""


def hours_of(window: Window, now: datetime) -> List[str]:
    """Return the hours of *window* that have begun, as their folders are called."""
    count = -((window.start - min(window.end, now)) // timedelta(hours=1))
    return [(window.start + timedelta(hours=each)).strftime(HOUR) for each in range(max(0, count))]


def objects(s3: Any, captures: Captures, window: Window) -> Iterator[CaptureObject]:
    """Yield the objects of the window's hours, variant by variant, in the order of their hours."""
    bucket, key = split_uri(captures.uri)
    below = f"{key}/"
    first, last = (moment.strftime(HOUR) for moment in (window.start, window.end))
    pages = s3.get_paginator("list_objects_v2")
    for variant in captures.variants or _variants(pages, bucket, below):
        prefix = f"{below}{variant}/"
        for page in pages.paginate(Bucket=bucket, Prefix=prefix, StartAfter=prefix + first):
            for each in page.get("Contents", ()):
                # Keys come in the order of their text, and the hours' folders in that of time.
                if each["Key"] >= prefix + last:
                    break
                found = _KEY.fullmatch(each["Key"][len(prefix) :])
                if found and each["Size"]:
                    yield CaptureObject(f"s3://{bucket}/{each['Key']}", variant, found[1])
            else:
                continue
            break


def _variants(pages: Any, bucket: str, below: str) -> List[str]:
    found = []
    for page in pages.paginate(Bucket=bucket, Prefix=below, Delimiter="/"):
        found += [each["Prefix"][len(below) : -1] for each in page.get("CommonPrefixes", ())]
    return found


def lines(s3: Any, found: Sequence[CaptureObject]) -> Iterator[Tuple[CaptureObject, int, bytes]]:
    """Yield object, number and content of every line; some objects are fetched ahead."""

    def fetch(each: CaptureObject) -> bytes:
        bucket, key = split_uri(each.uri)
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for start in range(0, len(found), AHEAD):
            ahead = found[start : start + AHEAD]
            for each, content in zip(ahead, pool.map(fetch, ahead)):
                # Not splitlines: texts may hold other characters that end lines.
                for number, line in enumerate(content.split(b"\n"), 1):
                    if line.strip():
                        yield each, number, line


class Rows:
    """The rows of a window in files that appear complete or not at all: of a scored batch, and of features.

    Where records have other columns than the model's, the features are those of the first of such a width:
    they are what has to be told, and nothing is scored.
    """

    def __init__(self, output: Path, expected: Expected, facets: int) -> None:
        self.output, self.expected, self.facets = output, expected, facets
        self.width = 0
        """Of the first record that does not fit; 0 while all do."""
        self._open: Dict[str, Tuple[Path, IO[str]]] = {}
        self._features = self._file("features", FEATURES)
        self._rows = self._file("rows", ROWS)
        self._misfits = self._file("misfits", FEATURES)
        self._features.writerow(expected.features)

    def write(self, record: AskedRecord, time: str) -> bool:
        """Write one record; return whether it has the model's columns."""
        width = len(record.features)
        if width == len(self.expected.features):
            self._features.writerow(record.features)
            row = [record.key, *record.features, *[""] * self.facets, *record.answer, record.id, time]
            self._rows.writerow(row)
            return True
        if not self.width:
            self.width = width
            self._misfits.writerow(_header(self.expected.features, width))
        if width == self.width:
            self._misfits.writerow(record.features)
        return False

    def finish(self) -> None:
        """Give the files their names."""
        for _, stream in self._open.values():
            stream.close()
        kept = {"misfits": FEATURES} if self.width else {"features": FEATURES, "rows": ROWS}
        if self._open["rows"][0].stat().st_size or self.width:
            for name, final in kept.items():
                os.replace(str(self._open[name][0]), str(self.output / final))

    def _file(self, name: str, final: str) -> Any:
        folder = (self.output / final).parent
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f".{name}.unfinished"
        stream = path.open("w", newline="", encoding="utf-8")
        self._open[name] = path, stream
        return csv.writer(stream, lineterminator="\n")

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *exception: object) -> None:
        for path, stream in self._open.values():
            stream.close()
            if path.exists():
                path.unlink()


def _header(features: Sequence[str], width: int) -> List[str]:
    more = (f"extra_{number + 1}" for number in range(width - len(features)))
    return [*features[:width], *more]


def read_window(
    s3: Any,
    captures: Captures,
    window: Window,
    judged: Judged,
    rows: Rows,
    *,
    stated: bool,
) -> Counts:
    """Write every record that the judged version answered to *rows*, and return what there was.

    What nobody knows the version of is taken where the run has *stated* it.
    """
    counts = Counts()
    found = list(objects(s3, captures, window))
    counts.objects = len(found)
    for each, number, line in lines(s3, found):
        try:
            invocation = read_invocation(line)
            if invocation is None:
                continue
            whose = judged.whose(each.variant, invocation.time)
            counts.whose[whose] += 1
            if whose == OTHERS:
                counts.of_others[each.variant] += 1
            if whose == OTHERS or (whose == UNKNOWN and not stated):
                continue
            records = records_of(invocation, rows.expected)
        except UnusableError as error:
            counts.unusable += 1
            counts.first_unusable = counts.first_unusable or f"{each.uri} line {number} {error}"
            continue
        counts.requests += 1
        counts.nameless += invocation.inference_id is None
        counts.hours[each.hour] = counts.hours.get(each.hour, 0) + 1
        for record in records:
            fits = rows.write(record, invocation.time)
            counts.rows += fits
            counts.misfit += not fits
    return counts


def told_hours(hours: Sequence[str]) -> str:
    """Return the first of *hours*, folders' names, as people write them."""
    return ", ".join(
        stamp(datetime.strptime(hour, HOUR).replace(tzinfo=timezone.utc)) for hour in hours[:3]
    ) + ("" if len(hours) <= 3 else f" and {len(hours) - 3} more")
