"""The loops: which commands, in which order, with which exit codes, on which data."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.emulator.servers import client
from benchmarks.loop.measured import CLOCK, REGION, serving

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
BUCKET = "sagemaker-monitor-local"


class LoopError(Exception):
    """A command ended otherwise than it should."""


@dataclass(frozen=True)
class Loop:
    """Commands of sagemaker-monitor and their exit codes, in a folder with *conf* and *prepare*'s data."""

    name: str
    conf: Path
    prepare: tuple[str, ...]
    commands: tuple[tuple[int, str], ...]
    words: str
    needs_recorded: bool = False


@dataclass
class Lap:
    """One command: what it was, and what it and its process took."""

    command: str
    wall: float
    process: dict[str, Any] = field(default_factory=dict)


@dataclass
class Lapped:
    """One run of a loop from a clean state: seconds, commands, jobs, and the processes of jobs."""

    wall: float
    cpu: float
    """Of all processes together."""
    laps: list[Lap]
    jobs: list[dict[str, Any]]
    processes: list[dict[str, Any]]


LOOPS = (
    Loop(
        "mortgage",
        ROOT / "conf",
        ("mortgage/prepare.py", "--output", "data"),
        (
            (0, "upsert --model mortgage"),
            (0, "run register --model mortgage --mode bootstrap --artifact data/model.tar.gz"
                " --baseline-data data/validation.csv"),
            (0, "gate mortgage --version 1 --apply"),
            (0, "run monitor-batch --model mortgage --input data/batch-late.csv"),
            (0, "ground-truth put data/labels-late.csv --model mortgage --key application_id"),
            (10, "run monitor-ground-truth --model mortgage"),
            (0, "report mortgage --format html -o report.html"),
        ),
        "750 applications of baseline, a batch of 600 whose labels come late; data quality, model quality, "
        "attributions, and bias of four groups with calibrated limits.",
    ),
    Loop(
        "churn",
        EXAMPLES / "churn" / "conf",
        ("churn/prepare.py", "--output", "data", "--recorded", "{recorded}"),
        (
            (0, "upsert"),
            (0, "run register --model churn --mode bootstrap --artifact data/model.tar.gz"
                " --baseline-data data/validation.csv"),
            (0, "gate churn --version 1 --apply"),
            (0, "upsert"),
            (10, "run monitor-batch --model churn --input data/batch.csv"),
            (0, "ground-truth put data/labels.csv --model churn --key customer"),
            (10, "local fire churn-bias-local"),
            (0, "report churn --format html -o report.html"),
        ),
        "The public notebook's data, model and monitor, recorded on AWS: 666 customers of baseline, a batch "
        "of 334; bias of one facet, by SageMaker's own monitoring schedule: its merge and its monitor.",
        needs_recorded=True,
    ),
)  # fmt: skip


def run(loop: Loop, recorded: str | None) -> Lapped:
    """Run *loop* once from a clean state and return what it took. Raises LoopError."""
    with tempfile.TemporaryDirectory(prefix="loop-") as name:
        folder = Path(name)
        port = _free_port()
        _configure(loop, folder, port)
        script, *arguments = (word.format(recorded=recorded) for word in loop.prepare)
        _prepare(folder, str(EXAMPLES / script), arguments)
        notes, before, began = folder / "jobs", _computed(), time.monotonic()
        with serving(folder / "state", port, notes) as server:
            laps = [_up(port, server, began)]
            _make_bucket(port)
            laps += [_command(folder, code, words) for code, words in loop.commands]
            wall = time.monotonic() - began
        cpu = _computed() - before
        return Lapped(wall, cpu, laps, _lines(notes), _lines(notes.with_suffix(".processes")))


def _configure(loop: Loop, folder: Path, port: int) -> None:
    shutil.copytree(loop.conf, folder / "conf")
    environment = folder / "conf" / "environments" / "local.yaml"
    text = environment.read_text(encoding="utf-8")
    environment.write_text(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", text), encoding="utf-8")


def _prepare(folder: Path, script: str, arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, script, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise LoopError(f"{script} ended with {done.returncode}: {done.stderr[-500:]}")


def _up(port: int, server: subprocess.Popen[bytes], began: float) -> Lap:
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sagemaker-monitor/health", timeout=5):
                return Lap("emulator", time.monotonic() - began)
        except OSError as error:
            if server.poll() is not None or time.monotonic() > began + 60:
                raise LoopError("the emulator does not answer") from error
        time.sleep(0.01)


def _make_bucket(port: int) -> None:
    """Make the bucket of `local`, as `local up` does."""
    s3 = client(f"http://127.0.0.1:{port}", "s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


def _command(folder: Path, code: int, words: str) -> Lap:
    notes, began = folder / "client", time.monotonic()
    command = [sys.executable, CLOCK, str(notes), repr(began)]
    command += ["-m", "sagemaker_monitor.cli.main", *words.split()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    wall = time.monotonic() - began
    if done.returncode != code:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise LoopError(f"{words!r} ended with {done.returncode} in place of {code}:\n{said}")
    return Lap(words, wall, _lines(notes)[-1])


def _lines(notes: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]


def _computed() -> float:
    ended = os.times()
    return ended.children_user + ended.children_system


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
