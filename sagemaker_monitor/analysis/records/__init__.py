"""Every input that the analyzer takes, read as blocks of text cells.

Readers are imported when a dataset of their format is opened: they take longer to load than many to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.dataset import NO_DATA, Dataset, files_of, refuse_manifests
from sagemaker_monitor.analysis.records.formats import DatasetFormat, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    import polars as pl

__all__ = ["NO_DATA", "Dataset", "DatasetFormat", "attributes", "blocks", "open_dataset"]


def open_dataset(format: DatasetFormat, source: Path) -> Dataset:
    """Return the dataset of the files below *source*; they are read when its names or blocks are asked for.

    Raises AnalysisError when there is no file.
    """
    files = files_of(source)
    if not files:
        raise AnalysisError(NO_DATA)
    refuse_manifests(files)
    return _OPENED[format.kind](format, files)


def blocks(format: DatasetFormat, dataset: Dataset, numbers: Collection[int]) -> Iterator[pl.DataFrame]:
    """Return the blocks of *dataset*; of CSV, columns at *numbers* as numbers where all cells are such.

    What a number's type tells of its cells, `CsvFiles.blocks` says.
    """
    if format.kind is not Kind.CSV:
        return dataset.blocks()
    from sagemaker_monitor.analysis.records.csv_files import CsvFiles

    assert isinstance(dataset, CsvFiles)
    return dataset.blocks(numbers)


def attributes(format: DatasetFormat, source: Path, wanted: Mapping[str, str]) -> dict[str, pl.Series]:
    """Return single attributes of all records, by role: *wanted* gives each role's attribute.

    An attribute is a column's name, its index from 0 as text, or for JSON a JMESPath. The role ground_truth
    of merged records is their label, whatever its attribute. The series are of text, equally long, null
    where a value is missing. Raises AnalysisError for an attribute that is not there, and when there is no
    record.
    """
    from sagemaker_monitor.analysis.records import lookup

    dataset = open_dataset(format, source)
    if format.kind is Kind.JSON:
        from sagemaker_monitor.analysis.records.json_records import JsonTable

        assert isinstance(dataset, JsonTable)
        return lookup.of_json(dataset, wanted, documents=not format.lines)
    if format.is_capture:
        from sagemaker_monitor.analysis.records.capture_attributes import of_captures
        from sagemaker_monitor.analysis.records.capture_files import CaptureFiles

        assert isinstance(dataset, CaptureFiles)
        return of_captures(dataset, wanted)
    return lookup.of_columns(dataset.names, dataset.blocks(), wanted)


def _csv(format: DatasetFormat, files: Sequence[Path]) -> Dataset:
    from sagemaker_monitor.analysis.records.csv_files import CsvFiles

    return CsvFiles(files, format.header)


def _json(format: DatasetFormat, files: Sequence[Path]) -> Dataset:
    from sagemaker_monitor.analysis.records.json_files import json_documents, json_lines

    return json_lines(files) if format.lines else json_documents(files)


def _parquet(_: DatasetFormat, files: Sequence[Path]) -> Dataset:
    from sagemaker_monitor.analysis.records.parquet_files import ParquetFiles

    return ParquetFiles(files)


def _captures(format: DatasetFormat, files: Sequence[Path]) -> Dataset:
    from sagemaker_monitor.analysis.records.capture_files import CaptureFiles

    return CaptureFiles(files, format)


_OPENED: dict[Kind, Callable[[DatasetFormat, Sequence[Path]], Dataset]] = {
    Kind.CSV: _csv,
    Kind.JSON: _json,
    Kind.PARQUET: _parquet,
    Kind.CAPTURE: _captures,
    Kind.MERGE: _captures,
}
