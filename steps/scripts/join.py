"""Join a transform's output with its labels by the record key; write one folder for each kind of check.

Runs under Python 3.8 with boto3. Cells are copied as they stand: 1 and 1.0 are different types to AWS.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Iterable, Iterator, Sequence

ATTEMPTS = 8
ADDED = 3
"""Columns that the transform appends: probability, inference id, inference time."""
DATA = "data.csv"


class JoinError(Exception):
    """Data that cannot be joined; says which file and line, and never what stands there."""


@dataclass(frozen=True)
class Columns:
    """The columns of the data, in order, and whether labels are numbers."""

    record_key: str
    features: tuple[str, ...]
    facet_columns: tuple[str, ...]
    label: str
    numeric_label: bool

    @property
    def given(self) -> int:
        """Return how many columns a record has without its label."""
        return 1 + len(self.features) + len(self.facet_columns)


@dataclass(frozen=True)
class Record:
    """One scored row: its cells as they stand; *label* is None where the row has no column for it."""

    key: str
    features: list[str]
    facets: list[str]
    label: str | None
    probability: str


@dataclass(frozen=True)
class Labels:
    """The labels by record key, and how many were given twice."""

    by_key: dict[str, str]
    duplicates: int


@dataclass(frozen=True)
class Summary:
    """labels.json: how much of the batch has labels."""

    schema_version: int
    status: str
    rows: int
    labelled: int
    overlap: float
    minimum_overlap: float
    duplicate_labels: int
    unmatched_labels: int


def read_columns(spec: dict[str, Any]) -> Columns:
    """Return the columns that the specification names."""
    columns = spec["columns"]
    return Columns(
        columns["record_key"],
        tuple(columns["features"]),
        tuple(columns["facet_columns"]),
        columns["label"],
        not isinstance(spec["favourable"], str),
    )


def csv_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each row of the CSV file *name*; blank lines are skipped."""
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise JoinError(f"{name} line {reader.line_num} is not CSV: {error}") from error
    except UnicodeDecodeError as error:
        raise JoinError(f"{name} is not UTF-8 text, after line {reader.line_num}") from error


def records(folder: Path, columns: Columns) -> Iterator[Record]:
    """Yield the scored rows of all *.out files below *folder*, in the order of their names."""
    width = 0
    for path in sorted(path for path in folder.rglob("*.out") if path.is_file()):
        name = str(path.relative_to(folder))
        with path.open(newline="", encoding="utf-8") as lines:
            for line, row in csv_rows(lines, name):
                width = width or _width(row, columns, f"{name} line {line}")
                if len(row) != width:
                    raise JoinError(f"{name} line {line} has {len(row)} columns; the first row has {width}")
                yield _record(row, columns, f"{name} line {line}")


def _width(row: list[str], columns: Columns, where: str) -> int:
    without = columns.given + ADDED
    if len(row) not in (without, without + 1):
        raise JoinError(
            f"{where} has {len(row)} columns; expected {without}, or {without + 1} with the label: "
            f"{columns.record_key}, {len(columns.features)} features, {len(columns.facet_columns)} facet "
            "columns, the label if it is known, then probability, inference id and time"
        )
    return len(row)


def _record(row: list[str], columns: Columns, where: str) -> Record:
    key, probability = row[0].strip(), row[-ADDED]
    if not key:
        raise JoinError(f"{where} has no {columns.record_key}")
    if not _is_number(probability):
        raise JoinError(f"{where}: the model's answer is no number; one probability per row is expected")
    first_facet = 1 + len(columns.features)
    label = row[columns.given] if len(row) == columns.given + ADDED + 1 else None
    if label is not None and label.strip():
        _check_label(label, columns, where)
    return Record(key, row[1:first_facet], row[first_facet : columns.given], label, probability)


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _check_label(label: str, columns: Columns, where: str) -> None:
    if not label.strip():
        raise JoinError(f"{where}: the label is empty; leave the line out where there is no label yet")
    if columns.numeric_label and not _is_number(label):
        raise JoinError(f"{where}: the label is no number, but the favourable label is one")


def s3_client() -> Any:
    """Return the S3 client of the job's region."""
    import boto3
    from botocore.config import Config

    # Botocore retries what is transient: throttling, 5xx, a connection that broke.
    return boto3.client(
        "s3",
        region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        # Older boto3 do not read this variable themselves.
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None,
        config=Config(retries={"max_attempts": ATTEMPTS, "mode": "standard"}),
    )


def label_objects(s3: Any, uri: str) -> Iterator[tuple[str, IO[str]]]:
    """Yield URI and text of the object *uri* and of all objects below it; empty ones are left out."""
    bucket, _, prefix = uri[len("s3://") :].partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise JoinError(f"the labels' URI {uri[:200]!r} is not an S3 URI")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [each["Key"] for page in pages for each in page.get("Contents", ()) if each["Size"]]
    below = prefix.rstrip("/") + "/" if prefix else ""
    for key in sorted(key for key in keys if key == prefix or key.startswith(below)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "labels.csv"
            s3.download_file(bucket, key, str(path))
            # Spreadsheets begin a CSV file with a byte order mark.
            with path.open(newline="", encoding="utf-8-sig") as lines:
                yield f"s3://{bucket}/{key}", lines


def read_labels(objects: Iterable[tuple[str, Iterable[str]]], columns: Columns) -> Labels | None:
    """Return the labels of all objects; None where there are no objects, or none with a row."""
    by_key: dict[str, str] = {}
    duplicates = contradicting = 0
    for name, lines in objects:
        for line, row in csv_rows(lines, name):
            where = f"{name} line {line}"
            if len(row) != 2:
                raise JoinError(
                    f"{where} has {len(row)} columns; expected {columns.record_key} and {columns.label}"
                )
            key, label = row[0].strip(), row[1]
            if line == 1 and (key, label.strip()) == (columns.record_key, columns.label):
                continue
            if not key:
                raise JoinError(f"{where} has no {columns.record_key}")
            _check_label(label, columns, where)
            if key in by_key:
                duplicates += 1
                contradicting += not _same_label(by_key[key], label)
            else:
                by_key[key] = label
    if contradicting:
        raise JoinError(
            f"the labels contradict each other: {contradicting} of {len(by_key)} records have a second, "
            "different label; keep the one that is right"
        )
    return Labels(by_key, duplicates) if by_key else None


def _same_label(one: str, other: str) -> bool:
    if one.strip() == other.strip():
        return True
    return _is_number(one) and _is_number(other) and float(one) == float(other)


class Writer:
    """The three folders' files, which appear complete or not at all."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.open_files = ExitStack()
        self.unfinished: list[tuple[Path, Path]] = []
        for folder in ("features", "labelled", "scored"):
            (output / folder).mkdir(parents=True, exist_ok=True)
        self.features, self.labelled, self.scored = map(self._file, ("features", "labelled", "scored"))

    def _file(self, folder: str) -> Any:
        path = self.output / folder / f".{DATA}.unfinished"
        stream: IO[str] = self.open_files.enter_context(path.open("w", newline="", encoding="utf-8"))
        self.unfinished.append((path, self.output / folder / DATA))
        return csv.writer(stream, lineterminator="\n")

    def write(self, record: Record, label: str | None) -> None:
        """Write one record; without a label it goes to features/ only."""
        self.features.writerow(record.features)
        if label is not None:
            self.labelled.writerow([*record.features, *record.facets, label])
            self.scored.writerow([record.probability, label])

    def finish(self) -> None:
        """Give the files their names, those without rows excepted: an empty file is no input for a check."""
        self.open_files.close()
        for path, final in self.unfinished:
            if path.stat().st_size:
                os.replace(str(path), str(final))

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.open_files.close()
        for path, _ in self.unfinished:
            if path.exists():
                path.unlink()


def join(
    scored: Iterable[Record], labels: Labels | None, own_labels: bool, writer: Writer, minimum: float
) -> Summary:
    """Write every record, with its label where it has one, and return how many have.

    With *own_labels* the label stands in the record's own row.
    """
    rows = labelled = 0
    found: set[str] = set()
    values: set[str] = set()
    repeated = 0
    for record in scored:
        rows += 1
        if own_labels:
            label = record.label if record.label and record.label.strip() else None
        else:
            label = labels.by_key.get(record.key) if labels else None
            repeated += record.key in found
            found.add(record.key)
        if label is not None:
            labelled += 1
            if len(values) < 1000:
                values.add(label.strip())
        writer.write(record, label)
    if not rows:
        raise JoinError("the transform wrote no rows: there is no *.out file with any; is the batch empty?")
    if labels and repeated:
        raise JoinError(
            f"{repeated} of {rows} rows repeat a record key of another row; a key must name one record"
        )
    different = {float(value) if _is_number(value) else value for value in values}
    if len(different) > 2:
        raise JoinError(f"the labels have {len(different)} different values; binary classification has two")
    given = len(labels.by_key) if labels else 0
    overlap = labelled / rows
    status = (
        "labels-missing" if not labelled else "labels-complete" if overlap >= minimum else "labels-partial"
    )
    unmatched = given - labelled if labels else 0
    return Summary(1, status, rows, labelled, overlap, minimum, labels.duplicates if labels else 0, unmatched)


def run(options: argparse.Namespace) -> str:
    """Join, write everything, and return one sentence about it."""
    spec = json.loads(options.spec.read_text(encoding="utf-8"))
    columns = read_columns(spec)
    uri = options.labels_uri
    labels = read_labels(label_objects(s3_client(), uri), columns) if uri else None
    with Writer(options.output) as writer:
        scored = records(options.transform, columns)
        summary = join(scored, labels, not uri, writer, float(spec["minimum_overlap"]))
        if labels and not summary.labelled:
            raise JoinError(
                f"none of the {len(labels.by_key)} labels below {uri} belongs to any of the {summary.rows} "
                f"rows: their first column was compared with the rows' {columns.record_key}, as text"
            )
        writer.finish()
    write_whole(options.output / "summary" / "labels.json", json.dumps(asdict(summary), indent=2) + "\n")
    return f"{summary.status}: {summary.labelled} of {summary.rows} rows have a label"


def write_whole(path: Path, text: str) -> None:
    """Write *text* to *path*, complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(str(unfinished), str(path))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--spec", "--transform", "--output"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--labels-uri", default="")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Join, or say in one line why that is not possible; the line becomes the job's FailureReason."""
    options = parse(arguments)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        print(run(options))
    except (JoinError, OSError, ValueError, KeyError, BotoCoreError, ClientError) as error:
        reason = " ".join(f"cannot join: {error}".split())[:900]
        print(reason, file=sys.stderr)
        message = Path(os.environ.get("OUTPUT_MESSAGE_PATH", "/opt/ml/output/message"))
        try:
            write_whole(message, reason)
        except OSError as failure:
            print(f"{message} cannot be written: {failure.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
