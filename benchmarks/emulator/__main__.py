"""Measure what the emulator costs: `python -m benchmarks.emulator [--size large] [-o PAGE]` (Linux)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.emulator.pieces import PIECES
from benchmarks.page import machine, renew, today

INTRODUCTION = """\
# What the emulator costs

<!-- Written by `make bench-emulator SIZE=large`. -->

Measured on {day} with `make bench-emulator SIZE=large`: {machine}, boto3 {boto3}, beside the
server of moto {moto} in the same run. Machines differ and this one was shared: ratios mean more than seconds,
and CPU more than wall. Every answer is checked, too; a wrong one ends the run.
"""


def main(arguments: list[str] | None = None) -> int:
    """Measure each piece, print its section, and write the page when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("small", "large"), default="small")
    parser.add_argument("--only", choices=tuple(PIECES), action="append")
    parser.add_argument("-o", "--output", type=Path, help="renew the sections of this page")
    options = parser.parse_args(arguments)
    for name, measure in PIECES.items():
        if options.only and name not in options.only:
            continue
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            section = measure(options.size, Path(folder))
        print(section, flush=True)
        if options.output:
            renew(options.output, _introduction(), section)
    return 0


def _introduction() -> str:
    return INTRODUCTION.format(day=today(), machine=machine(), boto3=version("boto3"), moto=version("moto"))


if __name__ == "__main__":
    sys.exit(main())
