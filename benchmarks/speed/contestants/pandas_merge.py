"""pandas: both read as JSON Lines, joined, written as JSON Lines."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas
from merged_answer import answer_of

source = Path(sys.argv[1])
captured = pandas.concat(
    pandas.read_json(file, lines=True) for file in sorted((source / "captured").rglob("*.jsonl"))
)
labels = pandas.concat(
    pandas.read_json(file, lines=True, dtype=False) for file in sorted((source / "labels").rglob("*.jsonl"))
)
captured["id"] = [each["inferenceId"] for each in captured["eventMetadata"]]
labels["id"] = [each["eventId"] for each in labels["eventMetadata"]]
merged = captured.merge(labels[["id", "groundTruthData"]].drop_duplicates("id"), on="id")
with tempfile.TemporaryDirectory(dir=source.parent) as folder:
    file = Path(folder, "merged.jsonl")
    merged.drop(columns="id").to_json(file, orient="records", lines=True)
    print(answer_of(len(merged), [file]))
