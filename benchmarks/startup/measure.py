"""Run commands as processes of their own, in turn, and take what the operating system says of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class CommandError(Exception):
    """A command ended otherwise than it should."""


@dataclass(frozen=True)
class Command:
    """A command, its exit code, and the folder that it runs in."""

    name: str
    words: tuple[str, ...]
    folder: Path
    code: int = 0
    after: Callable[[str], float] | None = None
    """Given what it printed: what has to be tidied up, and seconds of CPU that do not count."""


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU, the processes' that it started too, of the wall, and the peak of its memory in MiB."""

    cpu: float
    wall: float
    memory: float


@dataclass
class Costs:
    """The costs of one command, round by round."""

    taken: list[Cost] = field(default_factory=list)

    def median(self, figure: str) -> float:
        """Return the median of *figure*, a member of Cost."""
        return statistics.median(getattr(each, figure) for each in self.taken)


def in_turn(commands: Sequence[Command], rounds: int) -> dict[str, Costs]:
    """Run all commands once for nothing, so that files are read and compiled, then *rounds* times in turn."""
    found = {each.name: Costs() for each in commands}
    for number in range(rounds + 1):
        for each in commands:
            cost = once(each)
            if number:
                found[each.name].taken.append(cost)
    return found


def once(command: Command) -> Cost:
    """Run *command* and return what it cost. Raises CommandError."""
    # Compiled files are written: what is measured is not the compiler.
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command.words, cwd=command.folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
    if process.returncode != command.code:
        raise CommandError(f"{command.name} ended with {process.returncode}: {said[-800:]}")
    spared = command.after(said) if command.after else 0.0
    return Cost(usage.ru_utime + usage.ru_stime - spared, wall, usage.ru_maxrss / 1024)
