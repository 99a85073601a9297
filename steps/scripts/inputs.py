"""Cut a raw batch down to what the model is sent, under a header of the feature names.

Runs under Python 3.8 with the standard library only. Cells are copied as they stand: 1 and 1.0 are
different types to AWS.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

FOLDER, DATA = "features", "data.csv"


BINARY, MULTICLASS, REGRESSION = "BinaryClassification", "MulticlassClassification", "Regression"
MOST_LABELS = {BINARY: 2, MULTICLASS: 1000}
"""Different values of a label, by problem type; of a number there is no end."""


class InputError(ValueError):
    """A batch that cannot be read; says which file and line, and never what stands there."""


@dataclass(frozen=True)
class Columns:
    """The columns of the data, in order, whether labels are numbers, and how many values they may have."""

    record_key: str
    features: tuple[str, ...]
    facet_columns: tuple[str, ...]
    label: str
    numeric_label: bool
    most_labels: float = 2

    @property
    def names(self) -> tuple[str, ...]:
        """Return all columns, the label last."""
        return (self.record_key, *self.features, *self.facet_columns, self.label)


@dataclass(frozen=True)
class Shape:
    """How wide the batch's rows are, how many there are, and whether the last cell is the label."""

    width: int
    rows: int
    labelled: bool


def read_columns(spec: dict[str, Any]) -> Columns:
    """Return the columns that the specification names."""
    columns, problem_type = spec["columns"], spec.get("problem_type", BINARY)
    binary = problem_type == BINARY
    return Columns(
        columns["record_key"],
        tuple(columns["features"]),
        tuple(columns["facet_columns"]),
        columns["label"],
        not isinstance(spec["favourable"], str) if binary else problem_type == REGRESSION,
        MOST_LABELS.get(problem_type, math.inf),
    )


def csv_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each row of the CSV file *name*; blank lines are skipped."""
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"{name} line {reader.line_num} is not CSV: {error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text, after line {reader.line_num}") from error


def batch_rows(folder: Path) -> Iterator[tuple[str, bool, list[str]]]:
    """Yield of each row of all files below *folder* where it stands, if it is its file's first, its cells."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        # Spreadsheets begin a CSV file with a byte order mark.
        with path.open(newline="", encoding="utf-8-sig") as lines:
            first = True
            for line, row in csv_rows(lines, name):
                yield f"{name} line {line}", first, row
                first = False


def is_header(row: list[str], columns: Columns) -> bool:
    """Return whether *row* names the columns: all in their places, or most of them, those called 7 aside."""
    cells = [cell.strip() for cell in row]
    both = min(len(cells), len(columns.names))
    if both > 1 and tuple(cells[:both]) == columns.names[:both]:
        return True
    known = {name for name in columns.names if not is_number(name)}
    return 2 * sum(cell in known for cell in cells) > max(len(cells), 2)


def survey(folder: Path, columns: Columns) -> Shape:
    """Return the shape that all rows share; InputError where one has another, or there is none."""
    width = rows = 0
    given = len(columns.names) - 1
    values: set[str] = set()
    could_be_labels = True
    for where, first, row in batch_rows(folder):
        if first and is_header(row, columns):
            raise InputError(
                f"{where} holds the column names: files are CSV without a header, because batch transform "
                "would score that line; remove it"
            )
        width = width or len(row)
        if len(row) != width:
            raise InputError(f"{where} has {len(row)} cells; the first row has {width}")
        rows += 1
        if could_be_labels and width == given + 1:
            could_be_labels = _is_label(row[-1], columns, values)
    if not rows:
        raise InputError("there are no rows: is the batch empty?")
    least = 2 + len(columns.facet_columns)
    if width < least:
        raise InputError(
            f"the rows have {width} cells; with {columns.record_key} and {len(columns.facet_columns)} facet "
            f"columns there are at least {least}, and {given} with all features"
        )
    return Shape(width, rows, width == given + 1 and could_be_labels)


def _is_label(cell: str, columns: Columns, values: set[str]) -> bool:
    """Return whether the last cell can be a label still: empty, or one of those that a label may have."""
    text = cell.strip()
    if not text:
        return True
    if columns.numeric_label and not is_number(text):
        return False
    if math.isfinite(columns.most_labels):
        values.add(repr(float(text)) if is_number(text) else text)
    return len(values) <= columns.most_labels


def is_number(cell: str) -> bool:
    """Return whether *cell* is a finite number."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def header(columns: Columns, count: int) -> list[str]:
    """Return the names of *count* cells: the features', then extra_1…; the last names lack where cells do."""
    features = columns.features
    return [*features[:count], *(f"extra_{number + 1}" for number in range(count - len(features)))]


def cut(folder: Path, columns: Columns, shape: Shape, target: Path) -> int:
    """Write the feature cells of every row to *target*, complete or not at all; return how many columns."""
    last = shape.width - len(columns.facet_columns) - shape.labelled
    names = header(columns, last - 1)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with unfinished.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(names)
            writer.writerows(row[1:last] for _, _, row in batch_rows(folder))
        os.replace(str(unfinished), str(target))
    finally:
        if unfinished.exists():
            unfinished.unlink()
    return len(names)


def run(options: argparse.Namespace) -> str:
    """Write features/data.csv and summary/inputs.json, and return one sentence about it."""
    columns = read_columns(json.loads(options.spec.read_text(encoding="utf-8")))
    shape = survey(options.input, columns)
    count = cut(options.input, columns, shape, options.output / FOLDER / DATA)
    fit = "fit" if count == len(columns.features) else "do-not-fit"
    summary = {"schema_version": 1, "columns": fit, "rows": shape.rows, "features": count}
    write_whole(options.output / "summary" / "inputs.json", json.dumps(summary, indent=2) + "\n")
    return f"{shape.rows} rows of {count} columns; the model has {len(columns.features)} features"


def write_whole(path: Path, text: str) -> None:
    """Write *text* to *path*, complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(str(unfinished), str(path))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--spec", "--input", "--output"):
        parser.add_argument(name, type=Path, required=True)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Cut, or say in one line why that is not possible; the line becomes the job's FailureReason."""
    options = parse(arguments)
    try:
        print(run(options))
    except (InputError, OSError, ValueError, KeyError) as error:
        reason = " ".join(f"cannot read the batch: {error}".split())[:900]
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
