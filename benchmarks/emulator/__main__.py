"""Measure what the emulator costs: `python -m benchmarks.emulator [--size large] [-o PAGE]` (Linux)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version

from benchmarks.emulator.pieces import PIECES
from benchmarks.page import machine, measured, today

INTRODUCTION = """\
# What the emulator costs

<!-- Written by `make bench-emulator SIZE={size}`. -->

Measured on {day} with `make bench-emulator SIZE={size}`: {machine}, boto3 {boto3}, beside the
server of moto {moto} in the same run. Machines differ and this one was shared: ratios mean more than seconds,
and CPU more than wall. Every answer is checked, too; a wrong one ends the run.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each piece, print its section, and write the page when asked."""
    return measured(arguments, __doc__, PIECES, _introduction)


def _introduction(size: str) -> str:
    return INTRODUCTION.format(
        size=size, day=today(), machine=machine(), boto3=version("boto3"), moto=version("moto")
    )


if __name__ == "__main__":
    sys.exit(main())
