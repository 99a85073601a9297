"""From a captured transform to joined rows: collect, ground-truth put and join, each as it really runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.operations.ground_truth import put_ground_truth
from sagemaker_monitor.operations.windows import Window
from sagemaker_monitor.settings import Model
from steps.spec import script_spec
from tests.operations.captured import KEYS, Captured, captured, fresh

pytestmark = pytest.mark.long

__all__ = ["captured"]

SCRIPTS = Path(__file__).parents[3] / "steps" / "scripts"


class Jobs:
    """The jobs of one window, run in processes of their own against the emulator."""

    def __init__(self, captured: Captured, root: Path) -> None:
        self.captured, self.root = captured, root
        self.hour = captured.started.replace(minute=0, second=0, microsecond=0)
        self.model: Model = captured.model(fresh(), self.hour.strftime("%Y/%m/%d/%H"))
        (root / "spec.json").write_text(json.dumps(script_spec(self.model, "local", "monitor-ground-truth")))

    def run(self, script: str, *arguments: str, hours: int = 0) -> None:
        """Run a script for the window of one hour, *hours* later than the capture."""
        start = self.hour + timedelta(hours=hours)
        window = (f"--window-start={stamp(start)}", f"--window-end={stamp(start + timedelta(hours=1))}")
        spec = ("--spec", str(self.root / "spec.json"))
        done = subprocess.run(
            [sys.executable, str(SCRIPTS / script), *spec, *arguments, *window, "--output", str(self.root)],
            env={
                "PATH": os.environ["PATH"],
                "AWS_ENDPOINT_URL": self.captured.url,
                "AWS_REGION": self.captured.aws.environment.region,
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "OUTPUT_MESSAGE_PATH": str(self.root / "message"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def collect(self, *, hours: int = 0) -> dict[str, Any]:
        """Collect the window and return collect.json."""
        root = f"{self.captured.aws.environment.storage.root}/{self.model.model}/capture"
        self.run("collect.py", f"--capture-uri={root}", hours=hours)
        return self.summary("collect.json")

    def join(self) -> dict[str, Any]:
        """Join what was collected with the model's labels and return labels.json."""
        uri = f"{self.captured.aws.environment.storage.root}/labels/{self.model.model}/"
        self.run("join.py", "--transform", str(self.root / "transform"), f"--labels-uri={uri}")
        return self.summary("labels.json")

    def summary(self, name: str) -> dict[str, Any]:
        """Return one of the summaries."""
        return dict(json.loads((self.root / "summary" / name).read_text()))

    def put(self, **labels: str) -> None:
        """Put labels by record key."""
        path = self.root / "labels.csv"
        path.write_text(
            "application_id,approve\n" + "".join(f"{key},{value}\n" for key, value in labels.items())
        )
        put_ground_truth(
            self.captured.aws,
            self.model,
            path,
            key="application_id",
            label="approve",
            key_is="record-key",
            window=Window(None, None),
        )


@pytest.fixture
def jobs(captured: Captured, tmp_path: Path) -> Jobs:
    """The jobs for a model whose one batch was captured."""
    return Jobs(captured, tmp_path)


def test_late_labels_find_their_predictions(jobs: Jobs) -> None:
    """Captured, put and joined, every row has its own label; the rows are the transform's, byte for byte."""
    assert jobs.collect()["rows"] == 8
    assert jobs.join()["status"] == "labels-missing"
    labels = {key: str(number % 2) for number, key in enumerate(KEYS)}
    jobs.put(**labels, nobody="1")

    summary = jobs.join()

    collected = (jobs.root / "transform" / "part-00000.csv").read_text()
    assert [line.split(",")[0] for line in collected.splitlines()] == list(KEYS)
    assert (summary["status"], summary["labelled"], summary["unmatched_labels"]) == ("labels-complete", 8, 0)
    scored = (jobs.root / "scored" / "data.csv").read_text().splitlines()
    assert [line.split(",")[1] for line in scored[1:]] == list(labels.values())
    assert (jobs.root / "features" / "data.csv").read_text().splitlines()[0] == ",".join(
        jobs.model.data_schema.features
    )


def test_labels_of_some_are_partial(jobs: Jobs) -> None:
    """Below the minimum overlap the status says so, and the share is that of the window's rows."""
    jobs.collect()
    jobs.put(**dict.fromkeys(KEYS[:6], "1"))
    summary = jobs.join()

    assert (summary["status"], summary["overlap"], summary["minimum_overlap"]) == (
        "labels-partial",
        0.75,
        0.9,
    )


def test_another_hour_is_empty(jobs: Jobs) -> None:
    """A window without captures is a status, with no file for the join."""
    assert jobs.collect(hours=1)["status"] == "window-empty"
    assert list((jobs.root / "transform").iterdir()) == []
