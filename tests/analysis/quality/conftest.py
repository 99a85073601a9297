"""An analyzer's directory, and the process that works in it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.container.__main__ import main

REPOSITORY = Path(__file__).parents[3]
SOURCE = "/opt/ml/processing/input/baseline_dataset_input"
OUTPUT = "/opt/ml/processing/output"
HEADER = json.dumps({"csv": {"header": True, "output_columns_position": "START"}})


@dataclass(frozen=True)
class Finished:
    """An analyzer that has ended."""

    code: int
    message: str
    log: str
    output: Path

    @property
    def files(self) -> list[str]:
        """The names of all files of the output."""
        return sorted(each.name for each in self.output.iterdir()) if self.output.exists() else []

    def text(self, name: str) -> str:
        """The file called *name* in the output."""
        return (self.output / name).read_text()

    def document(self, name: str) -> Any:
        """The JSON document called *name* in the output."""
        return json.loads(self.text(name))

    @property
    def violations(self) -> list[tuple[str, str, str]]:
        """The violations: feature, check, description."""
        if "constraint_violations.json" not in self.files:
            return []
        return [tuple(each.values()) for each in self.document("constraint_violations.json")["violations"]]

    def feature(self, name: str) -> dict[str, Any]:
        """The statistics of one feature."""
        found: list[dict[str, Any]] = self.document("statistics.json")["features"]
        return next(each for each in found if each["name"] == name)


@dataclass
class Analyzer:
    """An analyzer's directory, laid out as /opt/ml."""

    root: Path
    runs: int = 0

    def run(
        self,
        *files: str | bytes | dict[str, str | bytes],
        baseline: Finished | None = None,
        constraints: dict[str, Any] | str | None = None,
        own_process: bool = False,
        scripts: Mapping[str, str] | None = None,
        **environment: str,
    ) -> Finished:
        """Run the analyzer on *files*, in this process, which is faster, or one of its own, as jobs do.

        A dictionary gives files their names; *scripts* have the names of their variables.

        *constraints* replace those of *baseline*.
        """
        self.runs += 1
        root = self.root / str(self.runs)
        source = root / SOURCE.removeprefix("/opt/ml/")
        source.mkdir(parents=True)
        named = files[0] if files and isinstance(files[0], dict) else None
        for name, content in (named or {f"{n}.csv": each for n, each in enumerate(files)}).items():
            file = source / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        given = {
            "SAGEMAKER_MONITOR_ROOT": str(root),
            "dataset_source": SOURCE,
            "dataset_format": HEADER,
            "output_path": OUTPUT,
            "publish_cloudwatch_metrics": "Disabled",
        }
        documents = {}
        if baseline is not None:
            documents = {name: baseline.text(f"{name}.json") for name in ("statistics", "constraints")}
        if constraints is not None:
            documents["constraints"] = (
                constraints if isinstance(constraints, str) else json.dumps(constraints)
            )
        for name, text in documents.items():
            place = root / "processing" / "baseline" / f"{name}.json"
            place.parent.mkdir(exist_ok=True)
            place.write_text(text)
            given[f"baseline_{name}"] = f"/opt/ml/processing/baseline/{name}.json"
        for variable, text in (scripts or {}).items():
            place = root / "processing" / "code" / f"{variable}.py"
            place.parent.mkdir(exist_ok=True)
            place.write_text(text)
            given[variable] = f"/opt/ml/processing/code/{place.name}"
        code, log = (_in_own_process if own_process else _in_this_process)(given | environment)
        message = (root / "output" / "message").read_text()
        return Finished(code, message, log, root / OUTPUT.removeprefix("/opt/ml/"))


def _in_this_process(environment: dict[str, str]) -> tuple[int, str]:
    with redirect_stdout(io.StringIO()) as log, redirect_stderr(log):
        code = main(["analyzer"], environment)
    return code, log.getvalue()


def _in_own_process(environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "sagemaker_monitor.analysis.container", "analyzer"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def analyzer(tmp_path: Path) -> Analyzer:
    """An analyzer that has not run yet."""
    return Analyzer(tmp_path)


def column(name: str, values: Any) -> str:
    """Return a CSV of one column."""
    return "\n".join([name, *map(str, values), ""])
