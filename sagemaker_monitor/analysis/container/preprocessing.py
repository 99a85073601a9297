"""The dataset that a preprocessor script makes of the one that is given."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.container.analyzer_settings import MODEL_QUALITY
from sagemaker_monitor.analysis.container.scripts import preprocessor
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.captured import JSON, TRUTH
from sagemaker_monitor.analysis.records.dataset import NO_DATA, files_of
from sagemaker_monitor.analysis.records.formats import ENDPOINT_OUTPUT, DatasetFormat, Kind
from sagemaker_monitor.analysis.records.raw import InferenceRecord, raw_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from sagemaker_monitor.analysis.container.analyzer_settings import AnalyzerSettings
    from sagemaker_monitor.analysis.container.scripts import Row
    from sagemaker_monitor.analysis.records.raw import RawRecord


@contextmanager
def preprocessed(settings: AnalyzerSettings, script: Path) -> Iterator[AnalyzerSettings]:
    """Give the settings with the rows that the preprocessor *script* makes as the dataset.

    The script sees each record once: rows are kept in a file, as JSON, the columns in the order of their
    sorted keys. Raises AnalysisError.
    """
    rows_of = preprocessor(script)
    with tempfile.TemporaryDirectory(prefix="preprocessed-") as folder:
        labelled = settings.analysis_type == MODEL_QUALITY and settings.format.kind is Kind.MERGE
        with (Path(folder) / "rows.jsonl").open("w", encoding="utf-8") as target:
            count, kept = _write(settings, rows_of, target, labelled=labelled)
        print(f"preprocessor script: {kept} rows of {count} records", flush=True)
        if not kept:
            skipped = f": the preprocessor script skipped all of {count} records" if count else ""
            raise AnalysisError(f"{NO_DATA}{skipped}")
        format = (
            DatasetFormat(Kind.MERGE, parts=(ENDPOINT_OUTPUT,))
            if labelled
            else DatasetFormat(Kind.JSON, lines=True)
        )
        yield replace(settings, source=Path(folder), format=format)


def _write(
    settings: AnalyzerSettings, rows_of: Callable[[RawRecord], list[Row]], target: TextIO, *, labelled: bool
) -> tuple[int, int]:
    """Write the rows of all records; return how many records and rows there are."""
    count = kept = 0
    for record in raw_records(settings.format, files_of(settings.source)):
        count += 1
        for row in rows_of(record):
            kept += 1
            # Escaped, so that half of a surrogate pair can be written too.
            json.dump(_merged(record, row) if labelled else row, target)
            target.write("\n")
    return count, kept


def _merged(record: RawRecord, row: Row) -> dict[str, Any]:
    """Return a row with the label of its record, where model quality looks for it."""
    event: InferenceRecord = record.value
    if event.ground_truth is None:
        raise AnalysisError(f"{record.place} has no {TRUTH}; sagemakerMergeJson is records with labels")
    part = {"data": json.dumps(row), "encoding": JSON}
    return {"captureData": {ENDPOINT_OUTPUT: part}, TRUTH: event.ground_truth.as_dict()}
