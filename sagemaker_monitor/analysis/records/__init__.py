"""Every input that the analyzer takes, read as blocks of text cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records import attributes as lookup
from sagemaker_monitor.analysis.records.csv_files import CsvFiles
from sagemaker_monitor.analysis.records.dataset import NO_DATA, Dataset, files_of
from sagemaker_monitor.analysis.records.formats import DatasetFormat, Kind
from sagemaker_monitor.analysis.records.json_files import json_documents, json_lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import polars as pl

    from sagemaker_monitor.analysis.records.json_records import JsonTable

__all__ = ["NO_DATA", "Dataset", "DatasetFormat", "attributes", "open_dataset"]


def open_dataset(format: DatasetFormat, source: Path) -> Dataset:
    """Return the dataset of the files below *source*; they are read when its names or blocks are asked for.

    Raises AnalysisError when there is no file.
    """
    files = files_of(source)
    if not files:
        raise AnalysisError(NO_DATA)
    if format.kind is Kind.CSV:
        return CsvFiles(files, format.header)
    if format.kind is not Kind.JSON:
        raise AnalysisError(f"dataset_format {format.kind.value!r} is not supported; supported: csv, json")
    return _json(format, source)


def attributes(format: DatasetFormat, source: Path, wanted: Mapping[str, str]) -> dict[str, pl.Series]:
    """Return single attributes of all records, by role: *wanted* gives each role's attribute.

    An attribute is a column's name, its index from 0 as text, or for JSON a JMESPath. The series are of
    text, equally long, null where a value is missing. Raises AnalysisError for an attribute that is not
    there, and when there is no record.
    """
    dataset = open_dataset(format, source)
    if format.kind is Kind.JSON:
        return lookup.of_json(_json(format, source), wanted, documents=not format.lines)
    return lookup.of_columns(dataset.names, dataset.blocks(), wanted)


def _json(format: DatasetFormat, source: Path) -> JsonTable:
    files = files_of(source)
    return json_lines(files) if format.lines else json_documents(files)
