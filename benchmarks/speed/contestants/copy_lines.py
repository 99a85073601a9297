"""The floor of a merge: msgspec decodes captures and labels by their fields, and the captures are written."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import msgspec


class Part(msgspec.Struct, gc=False, rename="camel"):
    """What was asked, or answered."""

    data: str
    encoding: str
    mode: str
    observed_content_type: str


class Parts(msgspec.Struct, gc=False, rename="camel"):
    """Both."""

    endpoint_input: Part
    endpoint_output: Part


class About(msgspec.Struct, gc=False, rename="camel"):
    """By which ids."""

    event_id: str
    inference_id: str = ""
    inference_time: str = ""


class Captured(msgspec.Struct, gc=False, rename="camel"):
    """A captured line."""

    capture_data: Parts
    event_metadata: About


class Truth(msgspec.Struct, gc=False, rename="camel"):
    """What came true."""

    data: str
    encoding: str


class Label(msgspec.Struct, gc=False, rename="camel"):
    """A line of ground truth."""

    ground_truth_data: Truth
    event_metadata: About


source = Path(sys.argv[1])
for name, decoder in (("captured", msgspec.json.Decoder(Captured)), ("labels", msgspec.json.Decoder(Label))):
    for file in sorted((source / name).rglob("*.jsonl")):
        with file.open("rb") as lines, tempfile.NamedTemporaryFile(dir=source.parent) as target:
            while content := lines.read(1 << 20):
                content += lines.readline()
                decoder.decode_lines(content)
                if name == "captured":
                    target.write(content)
