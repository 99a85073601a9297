"""The command that puts labels: exit codes, text, JSON, and what never appears in either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.cli.main import main
from tests.operations.captured import HOUR, KEYS, Captured, fresh


class Command:
    """`ground-truth put` for one model, with its output."""

    def __init__(self, captured: Captured, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.captured, self.name, self.capsys = captured, fresh(), capsys
        self.file = folder / "labels.csv"
        self.out = self.err = ""
        captured.model(self.name)

    def labels(self, *lines: str, header: str = "application_id,approve") -> None:
        """Write the file of labels."""
        self.file.write_text("\n".join([header, *lines]) + "\n")

    def __call__(self, *options: str) -> int:
        """Run it in `local` and return its exit code."""
        conf = ("--conf-dir", str(self.captured.conf))
        code = main(["ground-truth", "put", str(self.file), "--model", self.name, *conf, *options])
        self.out, self.err = self.capsys.readouterr()
        return code

    @property
    def json(self) -> dict[str, Any]:
        """What was printed, as JSON."""
        return dict(json.loads(self.out))


@pytest.fixture
def command(captured: Captured, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command for a model with one captured batch of eight."""
    return Command(captured, tmp_path, capsys)


def test_what_was_put_is_told(command: Command) -> None:
    """The hour, its overlap, what was left over on both sides and what was written are printed."""
    command.labels(*(f"{key},1" for key in KEYS[:6]), f"{KEYS[0]},1.0", "nobody,0")

    assert command() == 0
    assert "2026-03-01T09:00:00Z" in command.out
    assert "75.0%" in command.out
    assert "6 of 7 keys found among the captures, 1 not found" in command.out
    assert "1 label repeated on another line" in command.out
    assert "2 records of these hours without a label yet" in command.out
    assert "1 hour below the minimum overlap of 90%" in command.out
    assert (
        f"wrote s3://sagemaker-monitor-local/sagemaker-monitor/labels/{command.name}/{HOUR}/" in command.out
    )
    assert [key for key in (*KEYS, "nobody") if key in command.out + command.err] == []


def test_putting_again_says_so(command: Command) -> None:
    """The same file again writes nothing, says that it is unchanged, and exits 0."""
    command.labels(f"{KEYS[0]},1")
    command()

    assert command() == 0
    assert "unchanged: these records are there already" in command.out


def test_json_has_every_count(command: Command) -> None:
    """--format json prints one document with the counts, the window and each hour."""
    command.labels(*(f"{key},1" for key in KEYS))
    code = command("--format", "json", "--from", "2026-03-01", "--to", "2026-03-02")
    document = command.json
    uri = document["hours"][0].pop("uri")

    assert code == 0
    assert uri.endswith(".jsonl")
    assert document == {
        "status": "written",
        "file": str(command.file),
        "keys": 8,
        "duplicates": 0,
        "matched": 8,
        "unknown": 0,
        "window": {"start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z"},
        "captured": 8,
        "labelled": 8,
        "without_label": 0,
        "overlap": 1.0,
        "minimum_overlap": 0.9,
        "hours": [
            {
                "hour": "2026-03-01T09:00:00Z",
                "captured": 8,
                "records": 8,
                "labelled": 8,
                "overlap": 1.0,
                "done": "written",
            }
        ],
    }


def test_a_dry_run_says_what_it_would_write(command: Command) -> None:
    """--dry-run exits 0, names the objects, and none of them is there afterwards."""
    command.labels(f"{KEYS[0]},1")

    assert command("--dry-run") == 0
    assert "dry run, would write s3://" in command.out
    assert command.captured.labels(command.name) == {}


def test_hours_without_these_labels_are_counted(command: Command) -> None:
    """Captures of other hours are not listed one by one."""
    root = command.captured.aws.environment.storage.root
    command.captured.store(f"{root}/{command.name}/other.out", "x,1,0.5,other,2026-03-01T10:00:00Z\n")
    manifest = json.dumps([{"prefix": f"{root}/{command.name}/other.out"}, ""]).encode()
    command.captured.capture(command.name, "2026/03/01/10", manifest)
    command.labels(f"{KEYS[0]},1")

    assert command() == 0
    assert "none of these labels in 1 more hour with 1 record" in command.out
    assert "2026-03-01T10:00:00Z" not in command.out


def test_columns_may_have_other_names(command: Command) -> None:
    """--key, --key-is and --label say what the columns are."""
    command.labels(f"{command.captured.ids[KEYS[0]]},1", header="prediction,outcome")

    assert command("--key", "prediction", "--key-is", "inference-id", "--label", "outcome") == 0
    assert "1 of 1 keys found" in command.out


@pytest.mark.parametrize(
    ("lines", "options", "code", "reason"),
    [
        (["APP-00,1", "APP-00,0"], [], 2, "line 3: approve contradicts an earlier line"),
        (["APP-00,maybe"], [], 2, "line 2: approve is neither 0 nor 1"),
        (["nobody,1"], [], 2, "none of the 1 labels"),
        (["APP-00,1"], ["--key", "applicationid"], 2, "did you mean 'application_id'?"),
        (["APP-00,1"], ["--key-is", "inference-id"], 2, "needs --key"),
        (["APP-00,1"], ["--from", "2026-03-01T09:30"], 2, "give 2026-03-01T09:00:00Z"),
        (["APP-00,1"], ["--from", "2027-01-01"], 2, "nothing was captured from 2027-01-01T00:00:00Z"),
        (["APP-00,1"], ["--env", "dev"], 2, "is a placeholder"),
    ],
)
def test_what_is_refused_exits_two(
    command: Command, lines: list[str], options: list[str], code: int, reason: str
) -> None:
    """A request that cannot be meant so is told on standard error, shows no value, and writes nothing."""
    command.labels(*lines)

    assert command(*options) == code
    assert command.out == ""
    assert reason in command.err
    assert "APP-00" not in command.err
    assert command.captured.labels(command.name) == {}


def test_captures_that_cannot_be_read_exit_three(command: Command) -> None:
    """A manifest that names an absent object is no mistake of the caller."""
    manifest = b'[{"prefix": "s3://sagemaker-monitor-local/"}, "gone.out"]'
    command.captured.capture(command.name, "2026/03/01/10", manifest)
    command.labels(f"{KEYS[0]},1")

    assert command() == 3
    assert (
        "gone.out, which does not exist: leave out hour 2026-03-01T10:00:00Z with --from or --to"
        in command.err
    )
