"""JSON files: one record a line, or one document that is a record or an array of them."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.compressed import content_of
from sagemaker_monitor.analysis.csv_text import BOM
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.json_records import JsonTable, Lines, Records
from sagemaker_monitor.analysis.records.lines import blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sagemaker_monitor.analysis.records.json_records import Record

RECORDS = 50_000
"""Records of a document that make a block."""


def json_lines(files: Sequence[Path]) -> JsonTable:
    """Return the table of files that have one record in each line."""
    return JsonTable(partial(_all_lines, files))


def json_documents(files: Sequence[Path]) -> JsonTable:
    """Return the table of files that are one document each, in memory one at a time."""
    return JsonTable(partial(_all_documents, files))


def records_in(file: Path) -> list[Record]:
    """Return the records of one document; raises AnalysisError when it is none."""
    try:
        document = json.loads(content_of(file).removeprefix(BOM) or b"[]")
    except UnicodeDecodeError as error:
        raise AnalysisError(f"{file.name!r} is not UTF-8; save the dataset as UTF-8 JSON") from error
    except (ValueError, RecursionError) as error:
        hint = "; for one record a line, dataset_format needs lines (line in the API) to be true"
        lines = hint if "Extra data" in str(error) else ""
        raise AnalysisError(f"{file.name!r} is not a JSON document: {error}{lines}") from error
    records = document if isinstance(document, list) else [document]
    for place, record in enumerate(records):
        if not isinstance(record, dict):
            raise AnalysisError(
                f"{file.name!r} has {type(record).__name__} as record {place + 1}; a record must be an object"
            )
    return records


def _all_lines(files: Sequence[Path]) -> Iterator[Lines]:
    for block in blocks_of(files):
        yield Lines(block.content, block.place)


def _all_documents(files: Sequence[Path]) -> Iterator[Records]:
    for file in files:
        records = records_in(file)
        for start in range(0, len(records), RECORDS):
            yield Records(records[start : start + RECORDS])
