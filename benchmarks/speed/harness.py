"""Running contestants as processes of their own, in turn, and what the operating system says of them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

SETTLED_THREADS = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
CHECKING = {"BENCH_CHECK": "1"}
"""Asks contestants whose answer is a file to read it again and to print what stands in it."""


class ContestantError(Exception):
    """A contestant failed, or answered something else than the others."""


class StoppedError(ContestantError):
    """A contestant was not done in the time that it had."""


@dataclass(frozen=True)
class Contestant:
    """One way to do a piece of work: a command that prints its answer as one JSON line at its end."""

    name: str
    command: tuple[str, ...]
    is_floor: bool = False
    """Does only what nobody can avoid, such as parsing the file; has no answer."""
    once: bool = False
    """Takes so long that it runs once, bounded by *limit*; its answer is compared as it comes."""
    compared_apart: bool = False
    """Whether one that runs once is compared by a run of its own, as its answer has to be read from files."""
    limit: float | None = None
    """Seconds of wall clock after which it is stopped."""
    start: tuple[str, ...] = ()
    """The same on hardly any rows: what is paid before there is work."""


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
    starts: list[Usage] = field(default_factory=list)
    stopped: bool = False
    """Whether it was not done in its time; its usage is what it had cost by then."""

    def median(self, figure: str) -> float:
        """Return the median of *figure*: wall, cpu or memory."""
        return statistics.median(getattr(usage, figure) for usage in self.usages)

    @property
    def start(self) -> float:
        """Return the median CPU on hardly any rows."""
        return statistics.median(usage.cpu for usage in self.starts)

    @property
    def work(self) -> float:
        """Return the CPU beyond that of its start."""
        return self.median("cpu") - self.start


def run_once(
    contestant: Contestant, timeout: float, *, check: bool = False, start: bool = False
) -> tuple[Usage, Any]:
    """Run *contestant* and return what it cost and answered, or its *start* alone. Raises ContestantError."""
    limit = min(timeout, contestant.limit or timeout)
    command = contestant.start if start else contestant.command
    usage, status, output, errors = _process(command, limit, CHECKING if check else {})
    if status == -9 and usage.wall >= limit:
        raise StoppedError(f"{contestant.name} was stopped after {limit:.0f} s", usage)
    if status != 0:
        said = errors.decode("utf-8", "replace").strip().splitlines()[-3:]
        raise ContestantError(f"{contestant.name} ended with {status}: {' | '.join(said)[:500]}")
    lines = output.decode().strip().splitlines()
    return usage, None if contestant.is_floor else json.loads(lines[-1])


def _process(
    command: Sequence[str], limit: float, environment: Mapping[str, str]
) -> tuple[Usage, int, bytes, bytes]:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=errors,
            env={**os.environ, **SETTLED_THREADS, **environment},
        )
        status, usage = _wait(process, started + limit)
        wall = time.perf_counter() - started
        output.seek(0)
        errors.seek(0)
        cpu = usage.ru_utime + usage.ru_stime
        # Kilobytes on Linux, bytes on macOS.
        memory = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
        return Usage(wall, cpu, memory), status, output.read(), errors.read()


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


def compare(
    contestants: Sequence[Contestant], *, tolerance: float, timeout: float
) -> tuple[dict[str, Any], dict[str, int]]:
    """Run each once and return our answer, and by name how many values of each were compared with it.

    The first contestant is ours; those that run once are compared as they are timed. Raises ContestantError
    when a value that two give differs by more than *tolerance*, or when nothing could be compared.
    """
    before = [each for each in contestants if not each.once or each.compared_apart]
    answers = {each.name: run_once(each, timeout, check=True)[1] for each in before}
    ours = answers.pop(contestants[0].name)
    compared = {
        name: agree(contestants[0].name, ours, name, answer, tolerance)
        for name, answer in answers.items()
        if answer is not None
    }
    return ours, compared


def agree(one: str, ours: Mapping[str, Any], other: str, theirs: Mapping[str, Any], tolerance: float) -> int:
    """Return how many values both have; raises ContestantError when one differs, or there is none."""
    shared = [key for key in theirs if key in ours]
    if not shared:
        raise ContestantError(f"nothing that {other} answers can be compared with {one}")
    for key in shared:
        if not _same(theirs[key], ours[key], tolerance):
            raise ContestantError(f"{other} has {key} = {theirs[key]!r}, {one} {ours[key]!r}")
    return len(shared)


def _same(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return abs(one - other) <= tolerance * max(1.0, abs(one))
    return bool(one == other)


def race(
    contestants: Sequence[Contestant],
    *,
    rounds: int,
    timeout: float,
    ours: Mapping[str, Any],
    tolerance: float,
) -> tuple[list[Runs], dict[str, int]]:
    """Run all of them in turn, *rounds* times, so that a machine that slows down slows all.

    Those that run once do so in the first round, and are compared with *ours*; how many values were is
    returned by name. Raises ContestantError.
    """
    runs, compared = [Runs(each) for each in contestants], {}
    for number in range(rounds):
        for each in runs:
            contestant = each.contestant
            if contestant.once and number:
                continue
            each.starts.append(run_once(contestant, timeout, start=True)[0])
            try:
                compares = contestant.once and not contestant.compared_apart
                usage, answer = run_once(contestant, timeout, check=compares)
            except StoppedError as stopped:
                if not contestant.once:
                    raise
                each.stopped = True
                each.usages.append(stopped.args[1])
                continue
            each.usages.append(usage)
            if compares:
                compared[contestant.name] = agree(
                    contestants[0].name, ours, contestant.name, answer, tolerance
                )
    return runs, compared


def aside(make: Callable[..., Path], *arguments: Any) -> Path:
    """Return what *make* gives, from a process of its own.

    A process that grew by making data would hand its peak on to those that it starts, as theirs.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        return other.submit(make, *arguments).result()


def script(name: str) -> str:
    """Return the path of a contestant's script."""
    return str(Path(__file__).parent / "contestants" / name)
