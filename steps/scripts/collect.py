"""Collect the output of every transform that was captured in a window of hours.

Runs under Python 3.8 with boto3. Output objects are copied as they stand.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

ATTEMPTS = 8
STAMPS = 2
"""Columns that the transform appends after the model's answer: inference id, inference time."""
LONGEST = timedelta(days=62)
HOUR = "%Y/%m/%d/%H"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
FOLDER = "transform"


class CollectError(Exception):
    """Captures that cannot be collected; says which manifest or object, and never what stands in a row."""


@dataclass(frozen=True)
class Window:
    """Whole hours of UTC, the last one excluded."""

    start: datetime
    end: datetime

    def told(self) -> dict[str, str]:
        """Return both ends as text."""
        return {"start": stamp(self.start), "end": stamp(self.end)}


@dataclass(frozen=True)
class Capture:
    """One output object, and the manifest that names it first."""

    uri: str
    manifest: str


def stamp(moment: datetime) -> str:
    """Return a moment of UTC as text."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: str, option: str, upwards: bool) -> datetime:
    """Return the hour that *text* names, UTC where it says nothing else; CollectError when it is none."""
    try:
        # Python 3.8 does not know Z.
        moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text.strip()))
        moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
        hour = moment.replace(minute=0, second=0, microsecond=0)
        nearest = hour + timedelta(hours=1) if upwards else hour
    except (ValueError, OverflowError) as error:
        raise CollectError(
            f"{option} {text[:40]!r} is no date or time; write 2026-03-01 or 2026-03-01T09:00:00Z"
        ) from error
    if hour != moment:
        raise CollectError(
            f"{option} {text[:40]!r} is not on the hour: captures are kept by the hour of UTC; "
            f"give {stamp(nearest)}"
        )
    return hour


def read_window(start: str, end: str) -> Window:
    """Return the window [start, end); CollectError when it is empty, inside out or too long."""
    window = Window(
        read_moment(start, "--window-start", upwards=False), read_moment(end, "--window-end", upwards=True)
    )
    if window.end <= window.start:
        raise CollectError(
            f"the window from {stamp(window.start)} to {stamp(window.end)} has no hour in it: its end is "
            "excluded, and must be later than its start"
        )
    if window.end - window.start > LONGEST:
        raise CollectError(
            f"the window from {stamp(window.start)} to {stamp(window.end)} is longer than the {LONGEST.days} "
            "days that are collected at once; take it in parts"
        )
    return window


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI."""
    bucket, _, key = uri[len("s3://") :].partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise CollectError(f"{uri[:200]!r} is not an S3 URI")
    return bucket, key


def client(service: str) -> Any:
    """Return the client of a service in the job's region."""
    import boto3
    from botocore.config import Config

    # Botocore retries what is transient: throttling, 5xx, a connection that broke.
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        # Older boto3 do not read this variable themselves.
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None,
        config=Config(retries={"max_attempts": ATTEMPTS, "mode": "standard"}),
    )


def manifests(s3: Any, capture_uri: str, window: Window) -> Iterator[str]:
    """Yield the URIs of the output manifests of the window's hours, in the order of their hours."""
    bucket, root = split_uri(capture_uri)
    prefix = "/".join(part for part in (root.rstrip("/"), "output/") if part)
    first, last = (prefix + moment.strftime(HOUR) for moment in (window.start, window.end))
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, StartAfter=first)
    for page in pages:
        for key in (each["Key"] for each in page.get("Contents", ())):
            # Keys come in the order of their text, and the hours' folders in that of time.
            if key >= last:
                return
            if re.fullmatch(r"\d{4}/\d\d/\d\d/\d\d/[^/]+\.json", key[len(prefix) :]):
                yield f"s3://{bucket}/{key}"


def named_by(s3: Any, manifest: str) -> list[str]:
    """Return the URIs of the objects that a manifest names: `[{"prefix": "s3://…"}, "name", …]`."""
    bucket, key = split_uri(manifest)
    try:
        document = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        prefix, names = document[0]["prefix"], document[1:]
        well_formed = (
            isinstance(prefix, str)
            and prefix.startswith("s3://")
            and names
            and all(isinstance(name, str) for name in names)
        )
    except (ValueError, TypeError, KeyError, IndexError):
        well_formed = False
    if not well_formed:
        raise CollectError(
            f'{manifest} is no capture manifest; it must be [{{"prefix": "s3://…"}}, "name", …]'
        )
    return [prefix + name for name in names]


def download(s3: Any, capture: Capture, path: Path) -> None:
    """Copy the object; CollectError when the manifest names one that is not there."""
    from botocore.exceptions import ClientError

    bucket, key = split_uri(capture.uri)
    try:
        s3.download_file(bucket, key, str(path))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NoSuchBucket"):
            raise
        raise CollectError(
            f"{capture.manifest} names {capture.uri}, which does not exist: bring the object back, or take "
            "a window without that hour"
        ) from error


def count_rows(path: Path, uri: str, expected: int) -> int:
    """Return how many rows of CSV a file has; CollectError when they are not a captured transform's."""
    rows = width = 0
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.reader(lines, strict=True)
        try:
            for row in reader:
                if not row:
                    continue
                rows += 1
                width = width or len(row)
                check_row(row, width, expected, f"{uri} line {reader.line_num}")
        except csv.Error as error:
            raise CollectError(f"{uri} line {reader.line_num} is not CSV: {error}") from error
        except UnicodeDecodeError as error:
            raise CollectError(f"{uri} is not UTF-8 text, after line {reader.line_num}") from error
    return rows


def check_row(row: list[str], width: int, expected: int, where: str) -> None:
    """Raise CollectError when *row* is not one of a captured transform that joins its input."""
    if len(row) != width:
        raise CollectError(f"{where} has {len(row)} columns; the first row has {width}")
    if not TIME.fullmatch(row[-1]):
        raise CollectError(
            f"{where} does not end with an inference id and time: was the transform captured without "
            "GenerateInferenceId?"
        )
    if width not in (expected, expected + 1):
        raise CollectError(
            f"{where} has {width} columns; expected {expected}, or {expected + 1} with the label: "
            "other columns were scored than the configuration names; take a window without that hour"
        )


class Parts:
    """The files of the output folder, which appear all or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unfinished: list[tuple[Path, Path]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def next(self) -> Path:
        """Return the path to write the next file to."""
        name = f"part-{len(self.unfinished):05d}.csv"
        self.unfinished.append((self.folder / f".{name}.unfinished", self.folder / name))
        return self.unfinished[-1][0]

    def finish(self) -> None:
        """Give the files their names, those without a byte excepted."""
        for path, final in self.unfinished:
            if path.stat().st_size:
                os.replace(str(path), str(final))

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *exception: object) -> None:
        for path, _ in self.unfinished:
            if path.exists():
                path.unlink()


def collect(
    s3: Any,
    capture_uri: str,
    window: Window,
    expected: int,
    output: Path,
    taken: Callable[[str], bool] = lambda _uri: True,
) -> dict[str, Any]:
    """Write every captured row of *window* below *output*, and return collect.json.

    Of the captured objects those are *taken* whose URI says so.
    """
    found = list(manifests(s3, capture_uri, window))
    captures: dict[str, Capture] = {}
    for manifest in found:
        for uri in named_by(s3, manifest):
            if uri not in captures and taken(uri):
                captures[uri] = Capture(uri, manifest)
    rows = 0
    with Parts(output / FOLDER) as parts:
        for capture in captures.values():
            path = parts.next()
            download(s3, capture, path)
            count = count_rows(path, capture.uri, expected)
            # Later steps name the part; the log tells which object that is.
            print(f"{parts.unfinished[-1][1].name}: {count} rows of {capture.uri}")
            rows += count
        parts.finish()
    return {
        "schema_version": 1,
        "window": window.told(),
        "manifests": len(found),
        "objects": len(captures),
        "rows": rows,
        "status": "captured" if rows else "window-empty",
    }


def run(options: argparse.Namespace) -> str:
    """Collect, write everything, and return one sentence about it."""
    spec = json.loads(options.spec.read_text(encoding="utf-8"))
    window = read_window(options.window_start, options.window_end)
    summary = collect(client("s3"), options.capture_uri, window, width_of(spec), options.output)
    write_summary(options.output, summary)
    return (
        f"{summary['status']}: {summary['rows']} rows of {summary['objects']} objects, captured from "
        f"{stamp(window.start)} until {stamp(window.end)}"
    )


def width_of(spec: dict[str, Any]) -> int:
    """Return how many columns a captured row without its label has, by the specification."""
    columns = spec["columns"]
    record = 1 + len(columns["features"]) + len(columns["facet_columns"])
    return int(record + spec["prediction"]["values"] + STAMPS)


def write_summary(output: Path, summary: dict[str, Any]) -> None:
    """Write collect.json, which later steps read."""
    write_whole(output / "summary" / "collect.json", json.dumps(summary, indent=2) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write *text* to *path*, complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(str(unfinished), str(path))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--spec", "--output"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--capture-uri", "--window-start", "--window-end"):
        parser.add_argument(name, required=True)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Collect, or say in one line why that is not possible; the line becomes the job's FailureReason."""
    options = parse(arguments)
    return attempt("cannot collect", lambda: run(options))


def attempt(failed: str, work: Callable[[], str], refusal: type[Exception] = CollectError) -> int:
    """Print the sentence that *work* returns, and return the job's exit code.

    Where it is not possible (*refusal*, or what reading, writing and AWS raise) the line that begins with
    *failed* says why, also where SageMaker takes the job's FailureReason from.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        print(work())
        return 0
    except (refusal, OSError, ValueError, KeyError, BotoCoreError, ClientError) as error:
        reason = " ".join(f"{failed}: {error}".split())[:900]
    print(reason, file=sys.stderr)
    message = Path(os.environ.get("OUTPUT_MESSAGE_PATH", "/opt/ml/output/message"))
    try:
        write_whole(message, reason)
    except OSError as failure:
        print(f"{message} cannot be written: {failure.strerror}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
