"""DuckDB: both read as JSON Lines, joined, written as JSON Lines, by one statement."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb
from merged_answer import answer_of

source = Path(sys.argv[1])
part = "STRUCT(observedContentType VARCHAR, mode VARCHAR, data VARCHAR, encoding VARCHAR)"
captured = (
    f"read_json('{source}/captured/**/*.jsonl', format = 'newline_delimited', columns = {{"
    f"captureData: 'STRUCT(endpointInput {part}, endpointOutput {part})', "
    "eventMetadata: 'STRUCT(eventId VARCHAR, inferenceId VARCHAR, inferenceTime VARCHAR)', "
    "eventVersion: 'VARCHAR'})"
)
labels = (
    f"read_json('{source}/labels/**/*.jsonl', format = 'newline_delimited', columns = {{"
    "groundTruthData: 'STRUCT(data VARCHAR, encoding VARCHAR)', "
    "eventMetadata: 'STRUCT(eventId VARCHAR)'})"
)
with tempfile.TemporaryDirectory(dir=source.parent) as folder:
    file = Path(folder, "merged.jsonl")
    duckdb.execute(
        f"COPY (SELECT c.*, l.groundTruthData FROM {captured} c JOIN {labels} l "
        f"ON c.eventMetadata.inferenceId = l.eventMetadata.eventId) TO '{file}' (FORMAT json)"
    )
    print(answer_of(sum(1 for _ in file.open("rb")), [file]))
