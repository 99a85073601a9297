"""Records and labels joined, and how much of the batch has labels."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Iterable

from steps.scripts.collect import client, write_whole
from steps.scripts.joining.cells import JoinError
from steps.scripts.joining.columns import Columns, read_columns
from steps.scripts.joining.folders import Writer
from steps.scripts.joining.label_objects import collected_window, label_objects
from steps.scripts.joining.label_values import Classes, LabelCheck
from steps.scripts.joining.labels import Labels, read_labels
from steps.scripts.joining.matches import Matches
from steps.scripts.joining.scored import Record, records

OF_OUTCOMES = ("MODEL_QUALITY", "DATA_BIAS", "MODEL_BIAS")
"""SageMaker's checks that read labels."""


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


def run(options: argparse.Namespace) -> str:
    """Join, write everything, and return one sentence about it."""
    spec = json.loads(options.spec.read_text(encoding="utf-8"))
    columns = read_columns(spec)
    uri, window = options.labels_uri, collected_window(options)
    labels = read_labels(label_objects(client("s3"), uri, window), columns) if uri else None
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
        if not summary.labelled and _must_have_labels(spec):
            raise JoinError(
                f"none of the {summary.rows} rows has a label, and the baselines of a version need them: "
                f"{columns.label} is the last column, or comes by {columns.record_key} with --labels"
            )
        writer.finish()
    write_whole(options.output / "summary" / "labels.json", json.dumps(asdict(summary), indent=2) + "\n")
    return f"{summary.status}: {summary.labelled} of {summary.rows} rows have a label"


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


def _must_have_labels(spec: Any) -> bool:
    """Return whether no labels can be waited for: a version is registered with what they tell of it."""
    return spec.get("pipeline") == "register" and any(
        each["check_type"] in OF_OUTCOMES or each.get("needs_labels") for each in spec.get("checks", ())
    )


def _compared(labels: Labels, columns: Columns) -> str:
    compared = []
    if labels.by_key:
        compared.append(f"their first column was compared with the rows' {columns.record_key}, as text")
    if labels.by_id:
        compared.append("their eventId was compared with the rows' inference ids")
    return ", and ".join(compared)
