"""Running contestants as processes of their own, in turn, and what the operating system says of them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SETTLED_THREADS = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


class ContestantError(Exception):
    """A contestant failed, or answered something else than the others."""


@dataclass(frozen=True)
class Contestant:
    """One way to do a piece of work: a command that prints its answer as one JSON line at its end."""

    name: str
    command: tuple[str, ...]
    is_floor: bool = False
    """Does only what nobody can avoid, such as parsing the file; has no answer."""


@dataclass(frozen=True)
class Usage:
    """What one process cost: seconds of wall clock and of CPU, and its peak memory in MiB."""

    wall: float
    cpu: float
    memory: float


@dataclass
class Runs:
    """Every counted run of one contestant."""

    contestant: Contestant
    usages: list[Usage] = field(default_factory=list)

    def median(self, figure: str) -> float:
        """Return the median of *figure*: wall, cpu or memory."""
        return statistics.median(getattr(usage, figure) for usage in self.usages)


def run_once(contestant: Contestant, timeout: float) -> tuple[Usage, Any]:
    """Run *contestant* and return what it cost and answered. Raises ContestantError."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            contestant.command, stdout=output, stderr=errors, env={**os.environ, **SETTLED_THREADS}
        )
        status, usage = _wait(process, started + timeout)
        wall = time.perf_counter() - started
        output.seek(0)
        errors.seek(0)
        if status != 0:
            said = errors.read().decode("utf-8", "replace").strip().splitlines()[-3:]
            raise ContestantError(f"{contestant.name} ended with {status}: {' | '.join(said)[:500]}")
        lines = output.read().decode().strip().splitlines()
    answer = None if contestant.is_floor else json.loads(lines[-1])
    cpu = usage.ru_utime + usage.ru_stime
    # Kilobytes on Linux, bytes on macOS.
    return Usage(wall, cpu, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)), answer


def _wait(process: subprocess.Popen[bytes], deadline: float) -> tuple[int, Any]:
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        if time.perf_counter() > deadline:
            process.kill()
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = -9
            return -9, usage
        time.sleep(0.002)


def compare(contestants: Sequence[Contestant], *, tolerance: float, timeout: float) -> dict[str, Any]:
    """Run each once and return the answers by name; the first one's is the measure of the others.

    Raises ContestantError when a value that two give differs by more than *tolerance*.
    """
    answers = {each.name: run_once(each, timeout)[1] for each in contestants}
    ours = answers[contestants[0].name]
    for name, answer in answers.items():
        for key, value in (answer or {}).items():
            if key in ours and not _same(value, ours[key], tolerance):
                raise ContestantError(f"{name} has {key} = {value!r}, {contestants[0].name} {ours[key]!r}")
    return answers


def _same(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return abs(one - other) <= tolerance * max(1.0, abs(one))
    return bool(one == other)


def race(contestants: Sequence[Contestant], *, rounds: int, timeout: float) -> list[Runs]:
    """Run all of them in turn, *rounds* times, so that a machine that slows down slows all."""
    runs = [Runs(each) for each in contestants]
    for _ in range(rounds):
        for each in runs:
            each.usages.append(run_once(each.contestant, timeout)[0])
    return runs


def script(name: str) -> str:
    """Return the path of a contestant's script."""
    return str(Path(__file__).parent / "contestants" / name)
