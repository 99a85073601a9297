"""The emulator, noting what each job's parts took: `python -m benchmarks.loop.measured NOTES OPTIONS…`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator import __main__ as emulator
from sagemaker_monitor.emulator.jobs import child, processing, transform
from sagemaker_monitor.emulator.jobs.runner import LocalJobRunner
from sagemaker_monitor.emulator.jobs.work import Work
from sagemaker_monitor.emulator.models.pool import ModelServers

REGION = "eu-west-1"
CLOCK = str(Path(__file__).with_name("clock.py"))
PARTS: tuple[tuple[Any, str, str], ...] = (
    (Work, "prepare", "S3 copies in"),
    (processing, "_stage", "S3 copies in"),
    (transform, "copy_to", "S3 copies in"),
    (Work, "finish", "S3 copies out"),
    (processing, "collect", "S3 copies out"),
    (ModelServers, "_start", "model server"),
    (child, "run", "process"),
)
"""Functions that a job's thread calls, and which part of the job each is."""
_here = threading.local()


def main(notes: Path, options: list[str]) -> int:
    """Serve until the process is told to end."""
    for owner, name, part in PARTS:
        setattr(owner, name, _timed(getattr(owner, name), part))
    _note_jobs(notes)
    _start_with_clock(notes.with_suffix(".processes"))
    return emulator.main(options)


def _timed(function: Callable[..., Any], part: str) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        began = time.monotonic()
        try:
            return function(*arguments, **options)
        finally:
            took = getattr(_here, "took", {})
            took[part] = took.get(part, 0.0) + time.monotonic() - began

    return call


def _note_jobs(notes: Path) -> None:
    """Have each job, as its thread ends, add a line with its name and what its parts took."""
    supervise: Any = LocalJobRunner._supervise  # what a job's thread does from its start to its end

    def supervised(self: Any, context: Any, kind: str, name: str, job: Any) -> None:
        _here.took, began = {}, time.monotonic()
        supervise(self, context, kind, name, job)
        line = {"job": name, "kind": kind, "wall": time.monotonic() - began, "parts": _here.took}
        with notes.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    LocalJobRunner._supervise = supervised  # type: ignore[method-assign]


def _start_with_clock(notes: Path) -> None:
    """Have every Python program that the emulator starts run under the clock; its guards stay as they are."""
    plain: Any = subprocess.Popen

    class Popen(plain):  # type: ignore[misc]
        def __init__(self, command: Any, *arguments: Any, **options: Any) -> None:
            super().__init__(clocked(command, notes), *arguments, **options)

    subprocess.Popen = Popen  # type: ignore[misc]


def clocked(command: Any, notes: Path) -> Any:
    """Return *command* with the clock before the last Python program in it."""
    if not isinstance(command, list) or sys.executable not in command:
        return command
    place = len(command) - 1 - command[::-1].index(sys.executable)
    program = command[place + 1 :]
    if not program or program[0] in ("-I", "-c"):
        return command
    return [*command[: place + 1], CLOCK, str(notes), repr(time.monotonic()), *program]


@contextlib.contextmanager
def serving(state: Path, port: int, notes: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run this module as a process of its own until the block ends."""
    command = [sys.executable, "-m", "benchmarks.loop.measured", str(notes)]
    command += ["--state-dir", str(state), "--port", str(port), "--region", REGION]
    with state.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
