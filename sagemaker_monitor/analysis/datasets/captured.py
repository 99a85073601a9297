"""Reading captured and merged records: what the model was asked, what it answered, and what came true.

A record is a line as data capture and the ground-truth merge write it: `captureData` with `endpointInput` and
`endpointOutput`, or with `batchTransformOutput`, and in merged records `groundTruthData`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.datasets.dataset import EMPTY, LABEL, PREDICTED_LABEL, Dataset, names_of
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl

    from sagemaker_monitor.analysis.datasets.sides import Record, Side

TRUTH, BATCH, ASKED, ANSWERED = "groundTruthData", "batchTransformOutput", "endpointInput", "endpointOutput"


@dataclass(frozen=True)
class Attributes:
    """Where a monitor's job definition says that features, predictions and truth are; None when it does not.

    Each is a JMESPath expression for JSON and a zero-based index for CSV; the indices of predictions count
    the model's own output columns, from 0, also where these follow the features in one row.
    """

    features: str | None = None
    inference: str | None = None
    probability: str | None = None
    ground_truth: str | None = None


@dataclass(frozen=True)
class Captured:
    """The records of a window: features and truth as a dataset, and the model's answers."""

    dataset: Dataset
    answers: Side
    skip: int

    def answered(self, place: str | None, key: str) -> list[Any]:
        """Return what the model answered at *place*; without *place* its only output."""
        if place is None:
            if not self.answers.is_csv or self.answers.width - self.skip != 1:
                raise AnalysisError(
                    "the model's output in the records is not a single value; give inference_attribute or "
                    "probability_attribute, where the prediction is"
                )
            place = "0"
        return self.answers.values(place, key, skip=self.skip)

    def with_labels(self, labels: pl.Series) -> Dataset:
        """Return the dataset with *labels* as its predicted label."""
        import polars as pl

        dataset = self.dataset
        columns = [*dataset.cells.get_columns(), labels.alias(str(len(dataset.names)))]
        names = (*dataset.names, PREDICTED_LABEL)
        return Dataset(names, pl.DataFrame(columns), True, dataset.label, len(names) - 1)


def read_captured(
    files: Sequence[Path], headers: Sequence[str] | None, label: str | int | None, attributes: Attributes
) -> Captured:
    """Return the records of *files*; *headers* name the features and, with ground truth, the label.

    *label* is one of the headers or its index, or the expression that finds the label in the truth's JSON;
    then the last header is its name. Raises AnalysisError for records that cannot be read so.
    """
    import polars as pl

    from sagemaker_monitor.analysis.datasets.sides import side_of

    records = _records(files)
    if not records:
        raise AnalysisError(f"{EMPTY}: no captured record in {len(files)} file(s)")
    first, _ = records[0]
    truth = side_of(records, TRUTH) if TRUTH in first else None
    names, label_name = _names(headers, label, labelled=truth is not None)
    batch = BATCH in first["captureData"]
    asked = side_of(records, BATCH if batch else ASKED, several=truth is None)
    answers = asked if batch else side_of(records, ANSWERED, several=truth is None)
    skip = _features_in_row(names) if batch and asked.is_csv else 0
    rows = _feature_rows(asked, skip, attributes.features)
    names = names_of(names, len(rows[0]))
    columns = [asked.series(name, each) for name, each in zip(names, zip(*rows, strict=True), strict=True)]
    if truth is not None:
        columns.append(truth.series(label_name, _truth(truth, label, attributes)))
    cells = pl.DataFrame([each.alias(str(place)) for place, each in enumerate(columns)])
    all_names = names if truth is None else (*names, label_name)
    return Captured(Dataset(all_names, cells, True, None if truth is None else len(names)), answers, skip)


def _names(
    headers: Sequence[str] | None, label: str | int | None, *, labelled: bool
) -> tuple[tuple[str, ...] | None, str]:
    """Return the names of the features, None when unknown, and the label's."""
    if headers is None:
        return None, LABEL
    name: str | None
    if isinstance(label, int):
        name = headers[label] if 0 <= label < len(headers) else None
    else:
        name = label if label in headers else headers[-1] if labelled else None
    return tuple(each for each in headers if each != name), name or LABEL


def _features_in_row(names: tuple[str, ...] | None) -> int:
    if names is None:
        raise AnalysisError("give headers: in a batch's output rows they tell features from model outputs")
    return len(names)


def _feature_rows(asked: Side, width: int, expression: str | None) -> list[Sequence[Any]]:
    if asked.is_csv:
        if asked.width < width:
            raise AnalysisError(
                f"the {asked.name} has {asked.width} columns, the headers name {width} features"
            )
        return [row[: width or None] for row in asked.contents]
    if expression is None:
        raise AnalysisError(
            f"the {asked.name} is JSON: give features_attribute, the expression that finds the features"
        )
    rows = asked.values(expression, "features_attribute")
    for place, row in zip(asked.places, rows, strict=True):
        if not isinstance(row, list) or len(row) != len(rows[0]) or not row:
            raise AnalysisError(
                f"Data must contain features. features_attribute {expression!r} finds no list of "
                f"{len(rows[0]) if isinstance(rows[0], list) else 'feature'} values in {place.rstrip(',')}"
            )
    return rows


def _truth(truth: Side, label: str | int | None, attributes: Attributes) -> list[Any]:
    if attributes.ground_truth is not None:
        return truth.values(attributes.ground_truth, "ground_truth_attribute")
    if truth.is_csv:
        return truth.values("0", "label")
    if not isinstance(label, str):
        raise AnalysisError("the ground truth is JSON: give label, the expression that finds it there")
    return truth.values(label, "label")


def _records(files: Sequence[Path]) -> list[Record]:
    """Return the records of *files*, without those that shadow tests recorded."""
    from sagemaker_monitor.analysis.records.captured import events

    records = []
    for event, place in events(files):
        if not isinstance(event.get("captureData"), dict):
            raise AnalysisError(f"{place} is no captured record: it has no captureData")
        records.append((event, place))
    return records
