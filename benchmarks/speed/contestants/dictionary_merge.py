"""The standard library: labels in a dictionary, captures line by line, as in a script of one's own."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from merged_answer import answer_of

source = Path(sys.argv[1])
truths = {}
for file in sorted((source / "labels").rglob("*.jsonl")):
    with file.open("rb") as lines:
        for line in lines:
            record = json.loads(line)
            truths.setdefault(record["eventMetadata"]["eventId"], record["groundTruthData"])
merged = 0
with tempfile.TemporaryDirectory(dir=source.parent) as folder:
    target = Path(folder, "merged.jsonl")
    with target.open("w") as written:
        for file in sorted((source / "captured").rglob("*.jsonl")):
            with file.open("rb") as lines:
                for line in lines:
                    record = json.loads(line)
                    truth = truths.get(record["eventMetadata"]["inferenceId"])
                    if truth is not None:
                        record["groundTruthData"] = truth
                        written.write(json.dumps(record, separators=(",", ":")) + "\n")
                        merged += 1
    print(answer_of(merged, [target]))
