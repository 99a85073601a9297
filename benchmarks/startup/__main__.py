"""Measure what commands cost by themselves: `python -m benchmarks.startup [--size large] [-o PAGE]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version

from benchmarks.page import machine, measured, today
from benchmarks.startup.pieces import PIECES

INTRODUCTION = """\
# What commands cost by themselves

<!-- Written by `make bench-startup SIZE={size}`. -->

Measured on {day} with `make bench-startup SIZE={size}`: {machine}, boto3 {boto3}, SageMaker SDK {sdk}. Whole
processes, from their start to their end, with compiled files, against an emulator on loopback. CPU is that
of the process and of all that it starts; of the wall a busy machine takes its share, so ratios of CPU count.
What is spared, and what is not: [decision 36](decisions/0036-what-commands-and-jobs-do-not-pay-for.md).
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each piece, print its section, and write the page when asked."""
    return measured(arguments, __doc__, PIECES, _introduction)


def _introduction(size: str) -> str:
    return INTRODUCTION.format(
        size=size, day=today(), machine=machine(), boto3=version("boto3"), sdk=version("sagemaker")
    )


if __name__ == "__main__":
    sys.exit(main())
