"""What one batch transform does to each file: a value that the job writes and its child process reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MEBIBYTE = 1024**2
CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
DEFAULT_TIMEOUT, DEFAULT_RETRIES = 600, 3


@dataclass(frozen=True)
class FilePlan:
    """One input file, its output file, and the name that messages give it."""

    source: str
    target: str
    name: str


@dataclass(frozen=True)
class TransformPlan:
    """Everything the child process needs.

    A model of several containers has as many `endpoints`, in the order in which they are asked. `accept` is
    empty for what the model answers by itself, `inference_time` None without inference ids, `timeout` in
    seconds.
    """

    endpoints: tuple[str, ...]
    content_type: str
    accept: str
    files: tuple[FilePlan, ...]
    split: bool
    single_record: bool
    most_bytes: int
    assemble_lines: bool
    input_filter: str
    output_filter: str
    join: bool
    inference_time: str | None
    gzip: bool
    concurrent: int
    timeout: float
    retries: int

    @property
    def per_record(self) -> bool:
        """Whether answers have to be matched with records."""
        return self.join or self.inference_time is not None or self.output_filter not in ("", "$")

    def write(self, path: Path) -> None:
        """Write the plan as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> TransformPlan:
        """Read a plan that `write` wrote."""
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(FilePlan(**file) for file in document.pop("files"))
        endpoints = tuple(document.pop("endpoints"))
        return cls(files=files, endpoints=endpoints, **document)
