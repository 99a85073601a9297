"""What the emulator takes before anybody asks: its start, its memory, and its CPU while it waits."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.emulator.servers import Running, cpu_seconds, footprint

STARTS, WAITED = 5, 60.0


@dataclass(frozen=True)
class Rest:
    """Seconds until the first answer (median), MiB then, CPU seconds of the start and per hour of waiting."""

    start: float
    start_cpu: float
    memory: float
    idle_cpu: float
    threads: int


def rest(serve: Callable[[Path], AbstractContextManager[Running]], folder: Path) -> Rest:
    """Start a server several times and let the last one wait."""
    starts, cpus = [], []
    for number in range(STARTS):
        began = time.perf_counter()
        with serve(folder / f"rest-{number}") as server:
            starts.append(time.perf_counter() - began)
            cpus.append(cpu_seconds(server.pid))
            if number == STARTS - 1:
                memory, threads = footprint(server.pid).memory, footprint(server.pid).threads
                before = cpu_seconds(server.pid)
                time.sleep(WAITED)
                idle = (cpu_seconds(server.pid) - before) / WAITED * 3600
    return Rest(statistics.median(starts), statistics.median(cpus), memory, idle, threads)
