"""The monitor of texts of the example, run as a container runs it: a process and folders."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sagemaker_monitor.analysis.documents.custom import CustomStatistics, read_violations
from sagemaker_monitor.settings import load_all

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "reviews"
MONITOR = EXAMPLE / "monitor" / "monitor.py"
KNOWN = ["a fine lamp", "the lamp is fine", "a lamp, fine and bright"] * 20


@dataclass
class Container:
    """The folders of one job below a root that stands for /opt/ml."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    def rows(self, texts: list[str], column: str = "text") -> None:
        """Write the dataset."""
        folder = self.root / "processing/input/data"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "data.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([[column, "stars"], *([text, 3] for text in texts)])

    def run(self) -> tuple[int, str]:
        """Run the monitor; return its exit code and the message that it left."""
        baseline = self.root / "processing/baseline"
        environment = {
            "PATH": os.environ["PATH"],
            "dataset_source": str(self.root / "processing/input/data"),
            "output_path": str(self.root / "processing/output"),
            "baseline_statistics": str(baseline / "statistics/statistics.json"),
            "baseline_constraints": str(baseline / "constraints/constraints.json"),
            "OUTPUT_MESSAGE_PATH": str(self.root / "output/message"),
            **self.variables,
        }
        done = subprocess.run([sys.executable, str(MONITOR)], env=environment, capture_output=True, text=True)
        assert not done.stderr
        return done.returncode, (self.root / "output/message").read_text()

    def written(self) -> dict[str, str]:
        """Return the documents by name."""
        return {path.name: path.read_text() for path in (self.root / "processing/output").iterdir()}

    def compare_with(self, documents: dict[str, str]) -> None:
        """Put a baseline where the next job finds it."""
        for name in ("statistics.json", "constraints.json"):
            folder = self.root / "processing/baseline" / name.partition(".")[0]
            folder.mkdir(parents=True)
            (folder / name).write_text(documents[name])


@pytest.fixture
def baseline(tmp_path: Path) -> dict[str, str]:
    """What a first run over known texts writes."""
    job = Container(tmp_path / "first", {"skip_check": "True"})
    job.rows(KNOWN)
    assert job.run() == (0, "Completed: Job completed successfully with no violations.")
    return job.written()


def test_a_first_run_writes_what_later_ones_compare_with(baseline: dict[str, str]) -> None:
    """Both documents and nothing else; they are read as decide reads them."""
    assert sorted(baseline) == ["constraints.json", "statistics.json"]
    statistics = CustomStatistics.from_json(baseline["statistics.json"])

    assert statistics.item_count == 60
    assert statistics.metrics == {"empty_texts": 0.0, "long_texts": 0.0, "unknown_words": 0.0}
    assert json.loads(baseline["constraints.json"])["words"] == [
        *("a", "and", "bright", "fine", "is", "lamp", "the")
    ]


@pytest.mark.parametrize(
    ("texts", "violated"),
    [
        (KNOWN, []),
        (["eine lampe, sehr hell"] * 60, ["unknown_words"]),
        ([*KNOWN[:50], *[""] * 10], ["empty_texts"]),
        ([*KNOWN[:50], *["lamp " * 200] * 10], ["long_texts"]),
    ],
)
def test_texts_are_held_against_the_baseline(
    tmp_path: Path, baseline: dict[str, str], texts: list[str], violated: list[str]
) -> None:
    """Unknown words, empty and long texts are violations, told in the message; without any no file is."""
    job = Container(tmp_path / "next", {"skip_check": "False"})
    job.rows(texts)
    job.compare_with(baseline)

    code, message = job.run()
    found = job.written().get("constraint_violations.json")

    assert code == 0
    assert message.startswith("CompletedWithViolations: " if violated else "Completed: ")
    assert [each.subject for each in read_violations(found)] == violated if found else not violated


@pytest.mark.parametrize(
    ("column", "given", "words"),
    [
        ("review", "{}", "ValueError: the data has no column 'text'"),
        ("text", '{"baseline": null}', "ValueError: there is no baseline to compare with"),
        ("text", "{}", "KeyError: 'words'"),
    ],
)
def test_what_cannot_be_checked_fails_in_words(tmp_path: Path, column: str, given: str, words: str) -> None:
    """No column, no baseline, another image's baseline: code 1, a message, and no documents."""
    job = Container(tmp_path)
    job.rows(KNOWN, column)
    job.compare_with({"statistics.json": given, "constraints.json": given})

    code, message = job.run()

    assert code == 1
    assert message.startswith("the texts could not be checked: ")
    assert words in message
    assert not (tmp_path / "processing/output").exists()


def test_the_examples_configuration_is_valid() -> None:
    """Its model, its environment and the image that one names of the other."""
    (model,) = load_all(EXAMPLE / "conf").models.values()

    assert model.monitors.configured == ("model_quality", "custom/text_drift")
