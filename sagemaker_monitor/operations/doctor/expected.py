"""What the baseline requires of each feature, and rows of it to compare with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sagemaker_monitor.analysis.quality.cell_types import FRACTION, WHOLE
from sagemaker_monitor.aws.errors import NotFoundError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.rows import Sample, sample, sources

MOST_COMPARED = 1000
"""Rows that columns are compared by."""
Column = Sequence[str]
T = TypeVar("T")


@dataclass(frozen=True)
class Expected:
    """What the baseline requires of a feature: the type of a share of its values, and how many are there."""

    kind: str
    threshold: float = 1.0
    completeness: float | None = None


def constraints(subject: Subject) -> dict[str, Expected] | None:
    """Return what the approved version's baseline requires of each feature; None where it has none."""
    uri = subject.approved.baselines.get("DATA_QUALITY") if subject.approved else None
    if uri is None:
        return None
    try:
        document: Any = json.loads(read(subject.aws, uri))
        threshold = float(document.get("monitoring_config", {}).get("datatype_check_threshold", 1.0))
        return {
            each["name"]: Expected(each["inferred_type"], threshold, each.get("completeness"))
            for each in document["features"]
        }
    except (NotFoundError, ValueError, KeyError, TypeError):
        return None  # told of the version's baselines


def of_rows(subject: Subject, rows: Sample | None) -> dict[str, Expected]:
    """Return the types of the features of *rows*, where these have the model's columns."""
    columns = features(subject, rows if rows is not None and subject.fits(rows) else None)
    return {name: Expected(inferred(cells)) for name, cells in columns.items()} if columns else {}


def features(subject: Subject, rows: Sample | None, most: int | None = None) -> dict[str, Column] | None:
    """Return the cells of the features of *rows*, of all or of at most *most*; None where there are none."""
    if rows is None or not rows.rows:
        return None
    chosen = rows.rows if most is None else thinned(rows.rows, most)
    names = subject.model.data_schema.features
    return {name: [row[place] for row in chosen] for place, name in enumerate(names, 1)}


def thinned(items: list[T], most: int) -> list[T]:
    """Return at most *most* of *items*, from all over them."""
    return items[:: -(-len(items) // most)] if len(items) > most else items


def baseline_rows(subject: Subject) -> tuple[dict[str, Column] | None, str]:
    """Return rows of the approved version's features, or of data.baseline, and where they are from."""
    approved = subject.approved
    joined = approved.metadata.get("BaselineDataUri") if approved else None
    if approved and joined:
        found = sources(subject.aws, f"{joined.rstrip('/')}/features/")
        if found:
            rows = sample(found)
            header, *cells = rows.rows or [[]]
            fit = [row for row in thinned(cells, MOST_COMPARED) if len(row) == len(header)]
            return dict(zip(header, map(list, zip(*fit, strict=True)), strict=False)), version_name(subject)
    fitting = subject.baseline if subject.baseline is not None and subject.fits(subject.baseline) else None
    return features(subject, fitting, MOST_COMPARED), subject.baseline_name


def inferred(cells: Column) -> str:
    """Return a column's type as Model Monitor's analyzer infers it."""
    kind = "Unknown"
    for cell in cells:
        if not cell:
            continue
        if WHOLE.match(cell):
            kind = "Integral" if kind == "Unknown" else kind
        elif FRACTION.match(cell):
            kind = "Fractional"
        else:
            return "String"
    return kind


def version_name(subject: Subject) -> str:
    """Return how messages name the approved version."""
    return f"version {subject.approved.number}" if subject.approved else "no version"
