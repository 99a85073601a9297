"""Reading JSON Lines and JSON: features and labels where JMESPath expressions find them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.columns import series_of
from sagemaker_monitor.analysis.compressed import content_of
from sagemaker_monitor.analysis.datasets.dataset import EMPTY, LABEL, PREDICTED_LABEL, Dataset, names_of
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.expressions import found

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The expressions to a record's parts; None when records have no such part."""

    features: str | None
    label: str | None = None
    predicted_label: str | None = None


@dataclass
class Records:
    """The parts of the records read so far, one element for each record; labels None when there are none."""

    features: list[Sequence[Any]] = field(default_factory=list)
    label: list[Any] | None = None
    predicted_label: list[Any] | None = None

    def dataset(self, headers: Sequence[str] | None) -> Dataset:
        """Return the dataset: features, then label, then predicted label, named by *headers*."""
        import polars as pl

        if not self.features:
            raise AnalysisError(f"{EMPTY}: no record; give at least one")
        width = len(self.features[0])
        ragged = next((place for place, row in enumerate(self.features) if len(row) != width), None)
        if ragged is not None:
            raise AnalysisError(
                f"record {ragged + 1} of the dataset has {len(self.features[ragged])} features, "
                f"record 1 has {width}; give every record the same features"
            )
        labels = [(LABEL, self.label), (PREDICTED_LABEL, self.predicted_label)]
        labels = [(name, values) for name, values in labels if values is not None]
        names = names_of(headers, width, *(name for name, _ in labels))
        columns = [*zip(*self.features, strict=True), *(values for _, values in labels if values is not None)]
        return Dataset(
            names,
            pl.DataFrame(
                [
                    series_of(name, values).alias(str(place))
                    for place, (name, values) in enumerate(zip(names, columns, strict=True))
                ]
            ),
            typed=True,
            label=None if self.label is None else width,
            predicted_label=None if self.predicted_label is None else len(names) - 1,
        )


def read_json_lines(files: Sequence[Path], places: Places, headers: Sequence[str] | None) -> Dataset:
    """Return the dataset of *files* with a record in each line.

    Without an expression for the features, the line itself is the list of them. Raises AnalysisError with
    file and line for what is no JSON, and where an expression finds nothing.
    """
    records = _empty(places)
    for file in files:
        for number, line in enumerate(_text(file).split("\n"), start=1):
            if line.strip():
                where = f"{file.name!r} line {number}"
                _add(records, places, _parsed(line, where), where)
    return records.dataset(headers)


def read_json(files: Sequence[Path], places: Places, headers: Sequence[str] | None) -> Dataset:
    """Return the dataset of *files*, each a document in which expressions find a list by record."""
    records = _empty(places)
    for file in files:
        document, where = _parsed(_text(file), f"{file.name!r}"), f"{file.name!r}"
        rows = _list(found(str(places.features), "features", document), "features", places.features, where)
        for number, row in enumerate(rows, start=1):
            records.features.append(_features(row, places.features, f"{where} record {number}"))
        for key, expression, values in _labels(records, places):
            more = _list(found(expression, key, document), key, expression, where)
            if len(more) != len(rows):
                raise AnalysisError(
                    f"{where}: {key} {expression!r} finds {len(more)} labels for {len(rows)} records"
                )
            values += more
    return records.dataset(headers)


def _empty(places: Places) -> Records:
    return Records(
        label=None if places.label is None else [],
        predicted_label=None if places.predicted_label is None else [],
    )


def _labels(records: Records, places: Places) -> list[tuple[str, str, list[Any]]]:
    parts = [
        ("label", places.label, records.label),
        ("predicted_label", places.predicted_label, records.predicted_label),
    ]
    return [
        (key, expression, values) for key, expression, values in parts if expression and values is not None
    ]


def _add(records: Records, places: Places, record: Any, where: str) -> None:
    row = record if places.features is None else found(places.features, "features", record)
    records.features.append(_features(row, places.features, where))
    for key, expression, values in _labels(records, places):
        value = found(expression, key, record)
        if isinstance(value, (list, dict)):
            raise AnalysisError(
                f"{where}: {key} {expression!r} finds a {_kind(value)}; it must find one label"
            )
        values.append(value)


def _features(row: Any, expression: str | None, where: str) -> Sequence[Any]:
    if not isinstance(row, list) or not row:
        raise AnalysisError(
            f"Data must contain features. {where}: "
            + (f"features {expression!r} finds {_kind(row)}" if expression else f"the line is {_kind(row)}")
            + "; give a JMESPath expression in features that finds the list of a record's values"
        )
    return row


def _list(values: Any, key: str, expression: str | None, where: str) -> list[Any]:
    if not isinstance(values, list):
        raise AnalysisError(
            f"{where}: {key} {expression!r} finds {_kind(values)}; "
            "it must find a list with one element for each record, as instances[*].label does"
        )
    return values


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "an empty list", type(None): "nothing", str: "a text"}
    return kinds.get(type(value), "a single value")


def _text(file: Path) -> str:
    try:
        return content_of(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnalysisError(
            f"{file.name!r} is not UTF-8: byte {error.start} cannot be read; save the dataset as UTF-8"
        ) from error


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AnalysisError(f"{where} is not JSON: {error}") from error
