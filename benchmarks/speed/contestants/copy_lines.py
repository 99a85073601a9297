"""The floor of a merge: polars parses captures and labels by their schema, and the captures are written."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import polars as pl

source = Path(sys.argv[1])
part = pl.Struct(dict.fromkeys(("data", "encoding", "mode", "observedContentType"), pl.String))
captured = {
    "captureData": pl.Struct({"endpointInput": part, "endpointOutput": part}),
    "eventMetadata": pl.Struct(dict.fromkeys(("eventId", "inferenceId", "inferenceTime"), pl.String)),
}
labels = {
    "groundTruthData": pl.Struct({"data": pl.String, "encoding": pl.String}),
    "eventMetadata": pl.Struct({"eventId": pl.String}),
}
for name, schema in (("captured", captured), ("labels", labels)):
    for file in sorted((source / name).rglob("*.jsonl")):
        content = file.read_bytes()
        pl.read_ndjson(content, schema=schema)
        if name == "captured":
            with tempfile.NamedTemporaryFile(dir=source.parent) as target:
                target.write(content)
