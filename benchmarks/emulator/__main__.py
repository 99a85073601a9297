"""Measure what the emulator costs: `python -m benchmarks.emulator [--size large] [-o PAGE]` (Linux)."""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.emulator.pieces import PIECES
from benchmarks.emulator.servers import processors

INTRODUCTION = """\
# What the emulator costs

<!-- Written by `make bench-emulator SIZE=large`. -->

Measured on {day} with `make bench-emulator SIZE=large`: {machine}, Python {python}, boto3 {boto3}, beside the
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
            _renew(options.output, section)
    return 0


def _renew(page: Path, section: str) -> None:
    """Write the page anew with *section* in the place of the one with the same title, or as the last."""
    before = page.read_text(encoding="utf-8").split("\n## ")[1:] if page.exists() else []
    sections = {each.partition("\n")[0]: f"## {each.rstrip()}\n" for each in before}
    sections[section.partition("\n")[0].removeprefix("## ")] = section
    page.write_text("\n".join([_introduction(), *sections.values()]), encoding="utf-8")


def _introduction() -> str:
    machine = f"{processors()} processors ({platform.machine()}), {_memory()} GiB of memory"
    return INTRODUCTION.format(
        day=datetime.now(UTC).strftime("%Y-%m-%d"),
        machine=machine,
        python=platform.python_version(),
        boto3=version("boto3"),
        moto=version("moto"),
    )


def _memory() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    kibibytes = next(int(line.split()[1]) for line in lines if line.startswith("MemTotal"))
    return round(kibibytes / (1 << 20))


if __name__ == "__main__":
    sys.exit(main())
