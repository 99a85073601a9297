"""Join what was scored with its labels; write one folder for each kind of check.

Labels come as CSV by the record key, as ground truth records by the inference id, or in the rows. What an
endpoint was asked has no facet columns: there the labels bring them along.
Runs under Python 3.8 with boto3. Cells are copied as they stand: 1 and 1.0 are different types to AWS.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import re
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any, Iterable, Iterator, List, Sequence, Tuple

ATTEMPTS = 8
STAMPS = 2
"""Columns that the transform appends after the model's answer: inference id, inference time."""
PREDICTION = "prediction"
SCORED_HEADER = (PREDICTION, "label")
FOR_TEAMS = ("predictions", "outcomes")
"""Folders for monitors of teams' own: all rows with the model's answer; those that have a label, with it."""
DATA = "data.csv"
HOUR = "%Y/%m/%d/%H"
BINARY, MULTICLASS, REGRESSION = "BinaryClassification", "MulticlassClassification", "Regression"
MOST_CLASSES = 1000
"""Model Monitor's analysis takes a column with more values for no class."""
SCORED = ("*.out", "part-*.csv")
"""Names of a transform's output files, and of those that collect writes."""


WANTS_NUMBERS = "regression needs numbers"


class JoinError(Exception):
    """Data that cannot be joined; says which file and line, and never what stands there."""


@dataclass(frozen=True)
class Columns:
    """The columns of the data, in order, whether labels are numbers, and what the model answers.

    Of the *values* that it answers for each record, the one at *prediction* is what labels are held
    against: P(1), a number or a class, as the problem type says.
    """

    record_key: str
    features: tuple[str, ...]
    facet_columns: tuple[str, ...]
    label: str
    numeric_label: bool
    prediction: int = 0
    values: int = 1
    problem_type: str = BINARY
    of_endpoint: bool = False
    """Whether the rows are what an endpoint was asked: facet columns come with labels, ids may repeat."""
    needs_facets: bool = False
    """Whether anything is watched that facet columns are needed for."""
    needs_answers: bool = True

    @property
    def added(self) -> int:
        """Return how many columns the transform appends."""
        return self.values + STAMPS

    @property
    def given(self) -> int:
        """Return how many columns a record has without its label."""
        return 1 + len(self.features) + len(self.facet_columns)


@dataclass(frozen=True)
class Record:
    """One scored row: its cells as they stand; *label* is None where the row has no column for it."""

    key: str
    inference_id: str
    features: list[str]
    facets: list[str]
    label: str | None
    prediction: str


@dataclass(frozen=True)
class Labels:
    """The labels by record key and by inference id, and how many were given twice."""

    by_key: dict[str, str]
    by_id: dict[str, str]
    duplicates: int
    facets: dict[str, list[str]] = field(default_factory=dict)
    """The facet columns of an endpoint's records, by their key or id, where labels bring them along."""

    def __len__(self) -> int:
        """Return how many records they are of."""
        return len(self.by_key) + len(self.by_id)


Known = Tuple[str, str, str, List[str]]
"""Where a label stands, whose it is, what it is, and the facet columns that it brings along."""


@dataclass(frozen=True)
class Window:
    """Whole hours of UTC, the last one excluded."""

    start: datetime
    end: datetime


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
    columns, prediction = spec["columns"], spec["prediction"]
    problem_type = spec.get("problem_type", BINARY)
    binary, endpoint = problem_type == BINARY, spec.get("endpoint")
    of_teams = set(spec.get("rows_for_teams", ())) & set(FOR_TEAMS)
    return Columns(
        columns["record_key"],
        tuple(columns["features"]),
        tuple(columns["facet_columns"]),
        columns["label"],
        not isinstance(spec["favourable"], str) if binary else problem_type == REGRESSION,
        prediction["probability" if binary else "label"],
        prediction["values"],
        problem_type,
        endpoint is not None,
        bool(columns["facet_columns"]) and ("bias" in spec["monitors"] or bool(of_teams)),
        endpoint is None or endpoint["needs_answers"],
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


class LabelCheck:
    """Counts the labels that cannot be meant so, and knows where the first one stands."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.total = self.wrong = 0
        self.first = ""

    def check(self, label: str, where: str) -> None:
        """Count one label."""
        self.total += 1
        problem = ""
        if not label.strip():
            problem = "the label is empty; leave the line out where there is no label yet"
        elif self.columns.numeric_label and not _is_number(label):
            binary = self.columns.problem_type == BINARY
            problem = (
                f"the label is no number, but {'the favourable label is one' if binary else WANTS_NUMBERS}"
            )
        elif _is_nothing(label):
            problem = "the label is not a number (NaN) or infinite, which is no class"
        if problem:
            self.wrong += 1
            self.first = self.first or f"{where}: {problem}"

    def finish(self) -> None:
        """Raise JoinError when there was one."""
        if self.wrong:
            raise JoinError(f"{self.first}; {self.wrong} of {self.total} labels cannot be used")


def records(folder: Path, columns: Columns, check: LabelCheck) -> Iterator[Record]:
    """Yield the scored rows of all output files below *folder*, in the order of their names.

    Each file has its own width: of two batches, one may have been scored with its label.
    """
    paths = {path for pattern in SCORED for path in folder.rglob(pattern) if path.is_file()}
    for path in sorted(paths):
        name, width = str(path.relative_to(folder)), 0
        with path.open(newline="", encoding="utf-8") as lines:
            for line, row in csv_rows(lines, name):
                width = width or _width(row, columns, f"{name} line {line}")
                if len(row) != width:
                    raise JoinError(f"{name} line {line} has {len(row)} columns; the first row has {width}")
                yield _record(row, columns, check, f"{name} line {line}")


def _width(row: list[str], columns: Columns, where: str) -> int:
    without = columns.given + columns.added
    if len(row) not in (without, without + 1):
        raise JoinError(
            f"{where} has {len(row)} columns; expected {without}, or {without + 1} with the label: "
            f"{columns.record_key}, {len(columns.features)} features, {len(columns.facet_columns)} facet "
            f"columns, the label if it is known, then {_answer(columns)}, inference id and time"
        )
    return len(row)


def _answer(columns: Columns) -> str:
    if columns.values > 1:
        return f"{columns.values} values of the model"
    return {BINARY: "probability", MULTICLASS: "predicted class", REGRESSION: "predicted number"}[
        columns.problem_type
    ]


def _record(row: list[str], columns: Columns, check: LabelCheck, where: str) -> Record:
    key, prediction = row[0].strip(), row[columns.prediction - columns.added]
    if not key:
        raise JoinError(f"{where} has no {columns.record_key}")
    problem = _no_prediction(prediction, columns) if columns.needs_answers else ""
    if problem:
        raise JoinError(f"{where}: the model's answer is {problem}")
    first_facet = 1 + len(columns.features)
    label = row[columns.given] if len(row) == columns.given + columns.added + 1 else None
    if label is not None and label.strip():
        check.check(label, where)
    return Record(
        key, row[-2].strip(), row[1:first_facet], row[first_facet : columns.given], label, prediction
    )


def _no_prediction(cell: str, columns: Columns) -> str:
    """Return why *cell* is no prediction of the problem type; an empty text where it is one."""
    if columns.problem_type == MULTICLASS:
        wrong = "not a number (NaN) or infinite" if _is_nothing(cell) else "" if cell.strip() else "empty"
        return f"{wrong}; a class is expected" if wrong else ""
    wanted = "a probability" if columns.problem_type == BINARY else "a predicted number"
    return "" if _is_number(cell) else f"no number; {wanted} is expected"


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _is_nothing(cell: str) -> bool:
    """Return whether *cell* is what programs write for a number that is none."""
    try:
        return not math.isfinite(float(cell))
    except ValueError:
        return False


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


def _is_json_lines(lines: IO[str]) -> bool:
    """Return whether the first line that is not blank begins a JSON object."""
    try:
        first = next((line for line in lines if line.strip()), "")
    except UnicodeDecodeError:
        first = ""
    lines.seek(0)
    return first.lstrip().startswith("{")


def csv_labels(lines: Iterable[str], name: str, columns: Columns) -> Iterator[Known]:
    """Yield where it stands, record key, label and facet columns of each row of a CSV file of labels."""
    brought = columns.facet_columns if columns.of_endpoint else ()
    expected = [columns.record_key, *brought, columns.label]
    for line, row in csv_rows(lines, name):
        where = f"{name} line {line}"
        if len(row) not in (2, len(expected)):
            raise JoinError(
                f"{where} has {len(row)} columns; expected {', '.join(expected[:-1])} and {expected[-1]}"
            )
        key, label = row[0].strip(), row[-1]
        if line == 1 and (key, label.strip()) == (columns.record_key, columns.label):
            continue
        if not key:
            raise JoinError(f"{where} has no {columns.record_key}")
        yield where, key, label, row[1:-1]


def ground_truth_labels(lines: Iterable[str], name: str, columns: Columns) -> Iterator[Known]:
    """Yield where it stands, inference id, label and facet columns of each ground truth record of a file."""
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if line.strip():
                where = f"{name} line {number}"
                yield (where, *_ground_truth(line, where, columns))
    except UnicodeDecodeError as error:
        raise JoinError(f"{name} is not UTF-8 text, after line {number}") from error


def _ground_truth(line: str, where: str, columns: Columns) -> tuple[str, str, list[str]]:
    try:
        document = json.loads(line)
        truth, event_id = document["groundTruthData"], document["eventMetadata"]["eventId"]
        data, encoding = truth["data"], truth["encoding"]
        if not (isinstance(event_id, str) and event_id.strip() and isinstance(data, str)):
            raise TypeError
    except (ValueError, TypeError, KeyError) as error:
        raise JoinError(
            f"{where} is no ground truth record: one object per line, with groundTruthData (data and "
            "encoding) and eventMetadata.eventId"
        ) from error
    if encoding == "CSV":
        return event_id.strip(), _csv_label(data, where), []
    if encoding == "JSON":
        return (event_id.strip(), *_json_label(data, where, columns))
    raise JoinError(f"{where}: its encoding must be CSV or JSON")


def _csv_label(data: str, where: str) -> str:
    try:
        cells = [cell for row in csv.reader([data.strip()], strict=True) for cell in row]
    except csv.Error as error:
        raise JoinError(f"{where}: its data is not CSV") from error
    if len(cells) > 1:
        raise JoinError(f"{where}: its data has {len(cells)} cells; the label alone is expected")
    return cells[0] if cells else ""


def _json_label(data: str, where: str, columns: Columns) -> tuple[str, list[str]]:
    """Return the label and the facet columns, where the object has all of them."""
    try:
        # As text, so that 1 and 1.0 stay what they are.
        document = json.loads(data, parse_int=str, parse_float=str)
        label = document[columns.label]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise JoinError(f"{where}: its data is no JSON object with {columns.label}") from error
    brought = columns.facet_columns if columns.of_endpoint else ()
    facets = [document[name] for name in brought] if all(name in document for name in brought) else []
    for name, value in zip((columns.label, *brought), (label, *facets)):
        if value is not None and not isinstance(value, str):
            raise JoinError(f"{where}: {name} in its data is neither a number nor text")
    return label or "", [value or "" for value in facets]


def read_labels(objects: Iterable[tuple[str, IO[str]]], columns: Columns) -> Labels | None:
    """Return the labels of all objects; None where there are no objects, or none with a row."""
    by_key: dict[str, str] = {}
    by_id: dict[str, str] = {}
    facets: dict[str, list[str]] = {}
    duplicates = contradicting = 0
    check = LabelCheck(columns)
    for name, lines in objects:
        known, reader = (by_id, ground_truth_labels) if _is_json_lines(lines) else (by_key, csv_labels)
        for where, key, label, brought in reader(lines, name, columns):
            check.check(label, where)
            if brought:
                facets.setdefault(key, brought)
            if key in known:
                duplicates += 1
                contradicting += not _same_label(known[key], label)
            else:
                known[key] = label
    check.finish()
    labels = Labels(by_key, by_id, duplicates, facets)
    if contradicting:
        raise JoinError(
            f"the labels contradict each other: {contradicting} of {len(labels)} records have a second, "
            "different label; keep the one that is right"
        )
    return labels if len(labels) else None


def _same_label(one: str, other: str) -> bool:
    if one.strip() == other.strip():
        return True
    return _is_number(one) and _is_number(other) and float(one) == float(other)


class Writer:
    """The folders' files, which appear complete or not at all."""

    def __init__(
        self,
        output: Path,
        columns: Columns,
        explained: bool = False,
        threshold: float | None = None,
        for_teams: Sequence[str] = (),
    ) -> None:
        """Open the files: those of features to explain, of predicted labels and for monitors of teams' own
        where they are asked for.
        """
        self.output = output
        self.open_files = ExitStack()
        self.unfinished: list[tuple[Path, Path]] = []
        self.features, self.labelled, self.scored = map(self._file, ("features", "labelled", "scored"))
        self.explained = self._file("explained") if explained else None
        self.predicted = self._file("predicted") if threshold is not None else None
        self.threshold = threshold
        # Model Monitor takes the names from a header; Clarify has them in its configuration.
        self.features.writerow(columns.features)
        self.header_of_scored = False
        self.predictions, self.outcomes = (
            self._file(folder) if folder in for_teams else None for folder in FOR_TEAMS
        )
        header = [*columns.features, *columns.facet_columns, PREDICTION]
        if self.predictions:
            self.predictions.writerow(header)
        if self.outcomes:
            self.outcomes.writerow([*header, columns.label])

    def _file(self, folder: str) -> Any:
        (self.output / folder).mkdir(parents=True, exist_ok=True)
        path = self.output / folder / f".{DATA}.unfinished"
        stream: IO[str] = self.open_files.enter_context(path.open("w", newline="", encoding="utf-8"))
        self.unfinished.append((path, self.output / folder / DATA))
        return csv.writer(stream, lineterminator="\n")

    def write(self, record: Record, label: str | None) -> None:
        """Write one record; without a label it is left out where labels are needed."""
        self.features.writerow(record.features)
        if self.explained:
            self.explained.writerow(record.features)
        row = [*record.features, *record.facets, record.prediction]
        if self.predictions:
            self.predictions.writerow(row)
        if label is not None and self.outcomes:
            self.outcomes.writerow([*row, label])
        if label is not None:
            if not self.header_of_scored:
                self.scored.writerow(SCORED_HEADER)
                self.header_of_scored = True
            self.labelled.writerow([*record.features, *record.facets, label])
            self.scored.writerow([record.prediction, label])
            if self.predicted and self.threshold is not None:
                self.predicted.writerow([int(float(record.prediction) > self.threshold)])

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


class Classes:
    """Which classes labels have, and predictions; of regression nothing is kept."""

    def __init__(self, problem_type: str) -> None:
        self.problem_type = problem_type
        self.labels: set[str] = set()
        self.predictions: set[str] = set()

    def add(self, label: str, prediction: str) -> None:
        """Take in one labelled row."""
        if self.problem_type != REGRESSION and len(self.labels) <= MOST_CLASSES:
            self.labels.add(label)
        if self.problem_type == MULTICLASS and len(self.predictions) <= MOST_CLASSES:
            self.predictions.add(prediction)

    def finish(self) -> None:
        """Raise JoinError where the labels cannot be what the problem type says, or the answers' classes."""
        different = {float(value) if _is_number(value) else value for value in self.labels}
        if self.problem_type == BINARY and len(different) > 2:
            raise JoinError(
                f"the labels have {len(different)} different values; binary classification has two"
            )
        if self.problem_type == MULTICLASS and len(different) > MOST_CLASSES:
            raise JoinError(
                f"the labels have more than {MOST_CLASSES} different values, too many to be classes; for "
                "numbers set problem_type to Regression"
            )
        # A class that only one side has is an error of the model's; a spelling that only one has is not.
        numbers = [{_is_number(value) for value in each} for each in (self.labels, self.predictions)]
        if numbers in ([{True}, {False}], [{False}, {True}]):
            words = ("numbers", "texts") if numbers[0] == {True} else ("texts", "numbers")
            raise JoinError(
                f"the labels are {words[0]} and the model answers {words[1]}, so that no prediction could be "
                "right; write labels as the model answers its classes"
            )


class Matches:
    """Which labels the records have found."""

    def __init__(self, labels: Labels | None, columns: Columns) -> None:
        self.labels, self.columns = labels or Labels({}, {}, 0), columns
        self.repeated = self.contradicting = self.faceless = 0
        self._keys: set[str] = set()
        self._ids: set[str] = set()

    def with_facets(self, record: Record) -> Record:
        """Return a labelled *record* with the facet columns that its label brings along, of an endpoint."""
        if not self.columns.of_endpoint or not self.columns.facet_columns:
            return record
        facets = self.labels.facets.get(record.inference_id) or self.labels.facets.get(record.key)
        self.faceless += facets is None
        return record if facets is None else replace(record, facets=facets)

    def label_of(self, record: Record) -> str | None:
        """Return the label of *record*: by its inference id, or else by its key."""
        by_id = self.labels.by_id.get(record.inference_id)
        by_key = self.labels.by_key.get(record.key)
        if by_id is not None:
            self.contradicting += by_key is not None and not _same_label(by_id, by_key)
            self.repeated += record.inference_id in self._ids
            self._ids.add(record.inference_id)
        elif by_key is not None:
            self.repeated += record.key in self._keys
        if by_key is not None:
            self._keys.add(record.key)
        return by_id if by_id is not None else by_key

    @property
    def unmatched(self) -> int:
        """How many labels have found no record."""
        return len(self.labels) - len(self._keys) - len(self._ids)

    def finish(self, rows: int) -> None:
        """Raise JoinError when a label cannot be told to belong to one row, or does not say of whom it is.

        Clients send a request again that they got no answer to: of an endpoint, one label is of all of them.
        """
        if self.faceless and self.columns.needs_facets:
            raise JoinError(
                f"{self.faceless} of {rows} records have a label without the facet columns "
                f"{', '.join(self.columns.facet_columns)}, which no endpoint is sent: give them beside "
                "the label, as ground-truth put does"
            )
        if self.repeated and not self.columns.of_endpoint:
            raise JoinError(
                f"{self.repeated} of {rows} rows repeat a record key of another row; a key must name one "
                "record, and a batch that was scored twice needs labels by inference id"
            )
        if self.contradicting:
            raise JoinError(
                f"the labels contradict each other: {self.contradicting} of {rows} rows have another label "
                "by their inference id than by their record key; keep the one that is right"
            )


def join(
    scored: Iterable[Record], labels: Labels | None, check: LabelCheck, writer: Writer, minimum: float
) -> Summary:
    """Write every record, with its label where it has one, and return how many have.

    Without *labels* the label is what stands in the record's own row, which *check* has seen.
    """
    rows = labelled = 0
    classes = Classes(check.columns.problem_type)
    matches = Matches(labels, check.columns)
    for record in scored:
        rows += 1
        label = matches.label_of(record) if labels else record.label
        if label is not None and label.strip():
            labelled += 1
            classes.add(label.strip(), record.prediction.strip())
            writer.write(matches.with_facets(record), label)
        else:
            writer.write(record, None)
    if not rows:
        raise JoinError("the transform wrote no rows: there is no *.out file with any; is the batch empty?")
    check.finish()
    matches.finish(rows)
    classes.finish()
    overlap = labelled / rows
    status = (
        "labels-missing" if not labelled else "labels-complete" if overlap >= minimum else "labels-partial"
    )
    duplicates = matches.labels.duplicates
    return Summary(1, status, rows, labelled, overlap, minimum, duplicates, matches.unmatched)


def run(options: argparse.Namespace) -> str:
    """Join, write everything, and return one sentence about it."""
    spec = json.loads(options.spec.read_text(encoding="utf-8"))
    columns = read_columns(spec)
    uri, window = options.labels_uri, collected_window(options)
    labels = read_labels(label_objects(s3_client(), uri, window), columns) if uri else None
    asks_nobody = any(
        each.get("engine") == "own" and each["check_type"] == "MODEL_BIAS" for each in spec.get("checks", ())
    )
    threshold = float(spec["threshold"]) if asks_nobody else None
    explained, for_teams = "explainability" in spec["monitors"], spec.get("rows_for_teams", ())
    with Writer(options.output, columns, explained, threshold, for_teams) as writer:
        check = LabelCheck(columns)
        scored = records(options.transform, columns, check)
        if uri and labels is None:
            scored = (replace(record, label=None) for record in scored)
        summary = join(scored, labels, check, writer, float(spec["minimum_overlap"]))
        # Records of other hours are what a batch finds that was scored just now: its ids are new.
        expected = labels and (labels.by_key or window)
        if labels and expected and not summary.labelled:
            raise JoinError(
                f"none of the {len(labels)} labels below {uri} belongs to any of the {summary.rows} rows: "
                f"{_compared(labels, columns)}"
            )
        writer.finish()
    write_whole(options.output / "summary" / "labels.json", json.dumps(asdict(summary), indent=2) + "\n")
    return f"{summary.status}: {summary.labelled} of {summary.rows} rows have a label"


def _compared(labels: Labels, columns: Columns) -> str:
    compared = []
    if labels.by_key:
        compared.append(f"their first column was compared with the rows' {columns.record_key}, as text")
    if labels.by_id:
        compared.append("their eventId was compared with the rows' inference ids")
    return ", and ".join(compared)


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
    for name in ("--labels-uri", "--window-start", "--window-end"):
        parser.add_argument(name, default="")
    parser.add_argument("--collected", type=Path)
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
