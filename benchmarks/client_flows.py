"""How long the flows of public notebooks take by each client, and where the time goes.

`python -m benchmarks.client_flows` runs the programs of tests/slow/clients one after the other, against an
emulator of its own, and prints a table in Markdown. RECORDED_DATA names the folder of data that they need.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sagemaker_monitor.emulator import lifecycle
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.lifecycle import Status
from tests.slow.clients import running
from tests.slow.clients.checks import BY_FLOW

HEADER = (
    "| flow | client | seconds | imports and starts | client sleeps | client computes | emulator computes |",
    "|---|---|---|---|---|---|---|",
)
_TICKS = os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each flow as it ends. Returns 0, or 2 where the data is not given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.client_flows", description=__doc__)
    parser.add_argument("--client", choices=sorted(running.CLIENTS), help="the flows of this client alone")
    client = parser.parse_args(arguments).client
    data = os.environ.get("RECORDED_DATA")
    if not data:
        print("RECORDED_DATA is not set: it names the folder of data that the flows need", file=sys.stderr)
        return 2
    programs = [path for path in running.programs() if client in (None, running.client_of(path))]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("\n".join(HEADER))
    for row in rows(programs, Path(data)):
        print(row, flush=True)
    return 0


def rows(programs: Sequence[Path], data: Path) -> Iterator[str]:
    """Run every flow, hold it to what AWS found, and yield its row."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        emulator = lifecycle.up(EmulatorConfig(state, port=0, fire_on_creation=True), timeout=60.0)
        try:
            for number, program in enumerate(programs):
                running.python_for(running.client_of(program))
                place = Path(folder) / str(number)
                place.mkdir()
                before = computed(emulator)
                ran = running.run(program, emulator, data, place)
                BY_FLOW[ran.flow](ran.found, data)
                yield described(ran, computed(emulator) - before)
        finally:
            lifecycle.down(state)


def described(ran: running.Ran, emulator: float) -> str:
    """Return a flow's row; *emulator* are the seconds that it and its jobs computed meanwhile."""
    laps = [f"{ran.laps[name]:.1f}" if name in ran.laps else "" for name in ("import", "asleep")]
    cells = (f"{ran.wall:.0f}", *laps, f"{ran.cpu:.1f}", f"{emulator:.1f}")
    return f"| {ran.flow.replace('_', ' ')} | {ran.client} | {' | '.join(cells)} |"


def computed(emulator: Status) -> float:
    """Return the seconds that an emulator and the processes below it have computed, as Linux counts them."""
    seconds, parents = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile, and is counted as what its parent waited for
            continue
        process = int(path.parent.name)
        parents[process], seconds[process] = int(fields[1]), sum(map(int, fields[11:15])) / _TICKS
    family = {emulator.pid}
    while more := {each for each, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(seconds.get(each, 0.0) for each in family if each is not None)


if __name__ == "__main__":
    raise SystemExit(main())
