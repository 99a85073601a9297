"""Measure what commands cost by themselves: `python -m benchmarks.startup [--size large] [-o PAGE]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.page import machine, renew, today
from benchmarks.startup.pieces import PIECES

INTRODUCTION = """\
# What commands cost by themselves

<!-- Written by `make bench-startup SIZE={size}`. -->

Measured on {day} with `make bench-startup SIZE={size}`: {machine}, boto3 {boto3}, SageMaker SDK {sdk}. Whole
processes, from their start to their end, with compiled files, against an emulator on loopback. CPU is that
of the process and of all that it starts; of the wall a busy machine takes its share, so ratios of CPU count.
What is spared, and what is not: [decision 36](decisions/0036-what-commands-and-jobs-do-not-pay-for.md).
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
            renew(options.output, _introduction(options.size), section)
    return 0


def _introduction(size: str) -> str:
    return INTRODUCTION.format(
        size=size, day=today(), machine=machine(), boto3=version("boto3"), sdk=version("sagemaker")
    )


if __name__ == "__main__":
    sys.exit(main())
