"""Race this project against its peers: `python -m benchmarks.speed [--size large] [-o PAGE]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.speed.environments import HOME
from benchmarks.speed.harness import ContestantError, compare, race
from benchmarks.speed.page import page, section
from benchmarks.speed.pieces import PIECES


def main(arguments: list[str] | None = None) -> int:
    """Compare answers, race, print a section each, and write the page when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("small", "large"), default="small")
    parser.add_argument("--only", choices=[piece.name for piece in PIECES], action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds for one run")
    parser.add_argument("-o", "--output", type=Path, help="write the page here")
    options = parser.parse_args(arguments)
    sections, code = [], 0
    for piece in PIECES:
        if options.only and piece.name not in options.only:
            continue
        contestants, absent = piece.contestants(HOME / "data", options.size)
        try:
            compare(contestants, tolerance=piece.tolerance, timeout=options.timeout)
            runs = race(contestants, rounds=options.rounds, timeout=options.timeout)
        except ContestantError as error:
            print(f"{piece.name}: {error}", file=sys.stderr)
            code = 1
            continue
        sections.append(section(piece, options.size, runs, absent))
        print(sections[-1], flush=True)
    if options.output and not code:
        options.output.write_text(page(sections, options.size, options.rounds), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
