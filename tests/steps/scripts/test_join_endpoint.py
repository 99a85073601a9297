"""Joining what an endpoint was asked with its labels: facet columns come along, and ids may repeat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steps.scripts import join
from tests.steps.scripts.test_join import SPEC, bucket, put

__all__ = ["bucket"]

ROWS = """\
A,1,2,,0.7,i1,2026-03-01T09:00:00Z
A,1,2,,0.6,i1,2026-03-01T09:00:01Z
B,3,4,,0.2,i2,2026-03-01T09:10:00Z
"""
HOUR = "truth/2026/03/01/09/labels.jsonl"


class Job:
    """A join job over what was collected of an endpoint in one hour."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.message = root, root / "message"
        monkeypatch.setenv("OUTPUT_MESSAGE_PATH", str(self.message))
        (root / "transform").mkdir()
        window = {"start": "2026-03-01T09:00:00Z", "end": "2026-03-01T10:00:00Z"}
        (root / "collect.json").write_text(json.dumps({"window": window}))

    def run(self, rows: str = ROWS, **spec: Any) -> int:
        """Join *rows* with the labels of the collected window."""
        endpoint = {"needs_answers": spec.pop("needs_answers", True)}
        (self.root / "spec.json").write_text(json.dumps({**SPEC, "endpoint": endpoint, **spec}))
        (self.root / "transform" / "part-00000.csv").write_text(rows)
        given = {
            "spec": "spec.json",
            "transform": "transform",
            "collected": "collect.json",
            "output": "output",
        }
        options = [part for name, file in given.items() for part in (f"--{name}", str(self.root / file))]
        return join.main([*options, "--labels-uri=s3://data/truth/"])

    def text(self, folder: str) -> str:
        """Return what was written for one kind of check."""
        return (self.root / "output" / folder / "data.csv").read_text()

    @property
    def labels(self) -> dict[str, Any]:
        """Return labels.json."""
        return dict(json.loads((self.root / "output" / "summary" / "labels.json").read_text()))


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A join job."""
    return Job(tmp_path, monkeypatch)


def truth(event_id: str, data: dict[str, Any] | str) -> str:
    """A ground truth record."""
    encoding = "CSV" if isinstance(data, str) else "JSON"
    text = data if isinstance(data, str) else json.dumps(data)
    return json.dumps(
        {
            "groundTruthData": {"data": text, "encoding": encoding},
            "eventMetadata": {"eventId": event_id},
            "eventVersion": "0",
        }
    )


def test_labels_bring_the_facet_columns_of_an_endpoint(job: Job, bucket: Any) -> None:
    """No endpoint is sent them; a request that was sent twice has one label, as in AWS's merge."""
    put(
        bucket,
        HOUR,
        "\n".join([truth("i1", {"approve": 1, "black": 1.0}), truth("i2", {"black": 0, "approve": 0})]),
    )

    assert job.run() == 0
    assert job.text("labelled") == "1,2,1.0,1\n1,2,1.0,1\n3,4,0,0\n"
    assert job.text("scored") == "prediction,label\n0.7,1\n0.6,1\n0.2,0\n"
    assert (job.labels["status"], job.labels["labelled"]) == ("labels-complete", 3)


def test_labels_by_record_key_have_the_facet_columns_between(job: Job, bucket: Any) -> None:
    """Key, facet columns, label; records without a label are left out where labels are needed."""
    put(bucket, "truth/labels.csv", "id,black,approve\nA,1,0\n")

    assert job.run() == 0
    assert job.text("labelled") == "1,2,1,0\n1,2,1,0\n"
    assert job.text("features").count("\n") == 4
    assert job.labels["status"] == "labels-partial"


def test_only_labels_of_the_collected_window_are_read(job: Job, bucket: Any) -> None:
    """The window is that of the summary, where a scheduled time has made it."""
    put(bucket, "truth/2026/03/01/10/labels.jsonl", truth("i1", {"approve": 1, "black": 1}))

    assert job.run() == 0
    assert job.labels["status"] == "labels-missing"


@pytest.mark.parametrize("label", ["1", {"approve": 1}])
def test_labels_without_facet_columns_are_refused_where_bias_is_watched(
    job: Job, bucket: Any, label: Any
) -> None:
    """Otherwise nobody could say of whom they are; without bias they will do."""
    put(bucket, HOUR, truth("i1", label))

    assert job.run() == 1
    assert "2 of 3 records have a label without the facet columns black" in job.message.read_text()
    assert job.run(monitors=["model_quality"]) == 0


def test_without_need_of_answers_none_is_missed(job: Job, bucket: Any) -> None:
    """An endpoint that captures inputs alone has no predictions."""
    rows = "A,1,2,,,i1,2026-03-01T09:00:00Z\n"

    assert job.run(rows) == 1
    assert "the model's answer is no number" in job.message.read_text()
    assert job.run(rows, needs_answers=False, monitors=["data_quality"]) == 0
