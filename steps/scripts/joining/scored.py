"""What was scored: the rows of a transform, or those that Collect wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from steps.scripts.inputs import BINARY, MULTICLASS, REGRESSION, csv_rows, is_number
from steps.scripts.joining.cells import JoinError, is_nothing
from steps.scripts.joining.columns import Columns
from steps.scripts.joining.label_values import LabelCheck

SCORED = ("*.out", "part-*.csv")
"""Names of a transform's output files, and of those that collect writes."""


@dataclass(frozen=True)
class Record:
    """One scored row: its cells as they stand; *label* is None where the row has no column for it."""

    key: str
    inference_id: str
    features: list[str]
    facets: list[str]
    label: str | None
    prediction: str


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
        wrong = "not a number (NaN) or infinite" if is_nothing(cell) else "" if cell.strip() else "empty"
        return f"{wrong}; a class is expected" if wrong else ""
    wanted = "a probability" if columns.problem_type == BINARY else "a predicted number"
    return "" if is_number(cell) else f"no number; {wanted} is expected"
