"""Time the notebooks' loop against the emulator: `python -m benchmarks.loop [--size large] [-o PAGE]`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.loop.loops import LOOPS, run
from benchmarks.loop.page import described
from benchmarks.page import machine, renew, today

ROUNDS = {"small": 1, "large": 5}
INTRODUCTION = """\
# The loop of the notebooks, timed

<!-- Written by `make bench-loop SIZE={size}`. -->

Public notebooks that monitor a model on AWS say that they take about an hour: transform, baseline, schedule,
merge, monitor, report. Measured on {day} with `make bench-loop SIZE={size}`: {machine}. Each round
starts from nothing, an emulator included, and types the commands one after the other, each of them a process
that polls; every exit code is checked. Making the data is not counted. Of the wall a busy machine takes its
share, of CPU hardly any.

What a job's parts took is noted by the benchmark (`benchmarks/loop/clock.py`), in the process itself: the
time from the request to the first line of Python (*start*), modules, and functions that read, ask, or write;
*computing* is what is left. Steps run side by side, so their walls add up to more than the loop's. Where data
is read while it is profiled, as the analyzer does, both are computing.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run each loop, print its section, and write the page when asked; 2 where the data is not given."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loop", description=__doc__)
    parser.add_argument("--size", choices=("small", "large"), default="small")
    parser.add_argument("--only", choices=[each.name for each in LOOPS], action="append")
    parser.add_argument("-o", "--output", type=Path, help="renew the sections of this page")
    options = parser.parse_args(arguments)
    recorded = os.environ.get("RECORDED_DATA")
    introduction = INTRODUCTION.format(size=options.size, day=today(), machine=machine())
    for loop in LOOPS:
        if options.only and loop.name not in options.only:
            continue
        if loop.needs_recorded and not recorded:
            print(f"{loop.name}: RECORDED_DATA is not set: it names the folder of its data", file=sys.stderr)
            if options.output:
                return 2
            continue
        section = described(loop, [run(loop, recorded) for _ in range(ROUNDS[options.size])])
        print(section, flush=True)
        if options.output:
            renew(options.output, introduction, section)
    return 0


if __name__ == "__main__":
    sys.exit(main())
