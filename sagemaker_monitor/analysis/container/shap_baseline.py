"""The rows that attributions are measured from: given, in a file, or the dataset's own centres."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.columns import Column, Kind, series_of
from sagemaker_monitor.analysis.container.config import CAPTURED
from sagemaker_monitor.analysis.container.inputs import fetched, read_rows
from sagemaker_monitor.analysis.container.payloads import CSV, JSON, JSON_LINES
from sagemaker_monitor.analysis.datasets.json_files import Places
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.explainability.clusters import centres
from sagemaker_monitor.analysis.records.dataset import files_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from sagemaker_monitor.analysis.container.config import DataConfig
    from sagemaker_monitor.analysis.container.paths import Paths
    from sagemaker_monitor.analysis.container.shap_config import ShapConfig
    from sagemaker_monitor.analysis.datasets.dataset import Dataset

BASELINE = "methods.shap.baseline"
INPUT = "shap_baseline"
"""Below /opt/ml/processing/input: where the baseline's file is put."""


def baseline_of(
    shap: ShapConfig, data: DataConfig, paths: Paths, columns: Sequence[Column], features: pl.DataFrame
) -> pl.DataFrame:
    """Return the baseline's rows, with the names and types of *features*, whose typed columns are *columns*.

    Raises AnalysisError for rows of another width, or with a text where the dataset has numbers.
    """
    if shap.baseline is None:
        return _frame(centres(columns, shap.num_clusters), columns, features)
    if isinstance(shap.baseline, str):
        files = files_of(fetched(paths, INPUT, shap.baseline, key=BASELINE))
        return _read(data, files, columns, features, f"{BASELINE} {shap.baseline}")
    if isinstance(shap.baseline, Mapping) or isinstance(shap.baseline[0], Mapping):
        return _of_records(shap.baseline, data, columns, features)
    rows: Any = shap.baseline
    return _frame(rows, columns, features)


def _of_records(
    records: Any, data: DataConfig, columns: Sequence[Column], features: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows of *records*, an object or a list of them in the format of the dataset.

    What was captured may have been either: an object then is a document, a list the lines of one.
    """
    one = isinstance(records, Mapping)
    kind = (JSON if one else JSON_LINES) if data.type == CAPTURED and data.features else data.type
    if kind == JSON and one:
        text = json.dumps(records)
    elif kind == JSON_LINES:
        text = "".join(f"{json.dumps(record)}\n" for record in ([records] if one else records))
    else:
        given = "an object" if one else "a list of objects"
        raise AnalysisError(f"{BASELINE} is {given}; for dataset_type {data.type!r} give a list of rows")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "baseline"
        file.write_text(text, encoding="utf-8")
        return _read(replace(data, type=kind), [file], columns, features, BASELINE)


def _read(
    data: DataConfig, files: Sequence[Path], columns: Sequence[Column], features: pl.DataFrame, where: str
) -> pl.DataFrame:
    """Return the rows of *files*, which have the dataset's format and the features alone."""
    try:
        read = read_rows(
            CSV if data.type == CAPTURED else data.type, Places(data.features), files, features.columns
        )
    except AnalysisError as error:
        raise AnalysisError(f"{where}: {error}") from error
    return _aligned(read, columns, features)


def _frame(rows: Sequence[Sequence[Any]], columns: Sequence[Column], features: pl.DataFrame) -> pl.DataFrame:
    """Return *rows* of cells with the names and types of *features*."""
    import polars as pl

    from sagemaker_monitor.analysis.datasets.dataset import Dataset

    for place, row in enumerate(rows):
        if len(row) != features.width:
            raise AnalysisError(
                f"{BASELINE}[{place}] has {len(row)} values, the model {features.width} features "
                f"({', '.join(features.columns[:20])}); give one for each, and none for the label"
            )
    cells = [
        series_of(name, values)
        for name, values in zip(features.columns, zip(*rows, strict=True), strict=True)
    ]
    return _aligned(Dataset(tuple(features.columns), pl.DataFrame(cells), typed=True), columns, features)


def _aligned(read: Dataset, columns: Sequence[Column], features: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that were *read* with the types of *features*."""
    import polars as pl

    series = []
    for place, (column, own) in enumerate(zip(columns, features, strict=True)):
        _check_kind(column, read.column(place))
        cells = read.cells.to_series(place).alias(own.name)
        if own.dtype == pl.String:
            cells = _texts(cells)
        elif cells.dtype == pl.String:
            cells = read.column(place).series().alias(own.name)
        series.append(cells)
    return pl.DataFrame(series)


def same_types(features: pl.DataFrame, baseline: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return both frames with the same types: whole numbers become fractional where the other has such."""
    import polars as pl

    wider = [
        own.name
        for own, other in zip(features, baseline, strict=True)
        if own.dtype != other.dtype and own.dtype != pl.String
    ]
    return features.cast(dict.fromkeys(wider, pl.Float64)), baseline.cast(dict.fromkeys(wider, pl.Float64))


def _texts(cells: pl.Series) -> pl.Series:
    """Return *cells* as a CSV file would have them."""
    import polars as pl

    if cells.dtype == pl.Boolean:
        return cells.cast(pl.String).str.to_titlecase()
    return cells.cast(pl.String)


def _check_kind(column: Column, given: Column) -> None:
    """Refuse a text for a number, and the like; a column of texts takes anything."""
    numbers = (Kind.INTEGER, Kind.FLOAT)
    absent = not given.present.any() or not column.present.any()
    if column.kind is Kind.STRING or absent or column.kind is given.kind:
        return
    if column.kind in numbers and given.kind in numbers:
        return
    value = given.values[given.present][0]
    raise AnalysisError(
        f"{BASELINE} has {str(value)[:40]!r} for {column.name!r}: Could not convert string to float. "
        f"the dataset has {column.kind} values there"
    )
