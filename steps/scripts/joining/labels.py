"""Labels as they were put: CSV by record key, or ground truth records by inference id."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from typing import IO, Iterable, Iterator, List, Tuple

from steps.scripts.inputs import csv_rows
from steps.scripts.joining.cells import JoinError
from steps.scripts.joining.columns import Columns
from steps.scripts.joining.label_values import LabelCheck, same_label

Known = Tuple[str, str, str, List[str]]
"""Where a label stands, whose it is, what it is, and the facet columns that it brings along."""


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
                contradicting += not same_label(known[key], label)
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
        return event_id.strip(), csv_label(data, where), []
    if encoding == "JSON":
        return (event_id.strip(), *_json_label(data, where, columns))
    raise JoinError(f"{where}: its encoding must be CSV or JSON")


def csv_label(data: str, where: str) -> str:
    """Return the label that a ground truth record's *data* has in its one cell of CSV."""
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
