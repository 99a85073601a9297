"""Race this project against its peers: `python -m benchmarks.speed [--size large] [-o PAGE]`.

Each piece's table is kept in `.bench/results/`, so that a run can be continued (`--resume`) or one piece be
raced again (`--only`); the page is made of all tables of its size.
"""

from __future__ import annotations

import argparse
import compileall
import json
import sys
from pathlib import Path

from benchmarks.speed.curves import CURVES
from benchmarks.speed.environments import HOME
from benchmarks.speed.harness import ContestantError, compare, race
from benchmarks.speed.page import aimed, page, section
from benchmarks.speed.pieces import PIECES, Piece

NAMES = [each.name for each in (*PIECES, *CURVES)]


def main(arguments: list[str] | None = None) -> int:
    """Compare answers, race, print a section each, and write the page when asked and all is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("small", "large"), default="small")
    parser.add_argument("--only", choices=NAMES, action="append")
    parser.add_argument("--resume", action="store_true", help="leave out pieces that have a table already")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds for one run")
    parser.add_argument("-o", "--output", type=Path, help="write the page here")
    options = parser.parse_args(arguments)
    tables, code = HOME / "results" / options.size, 0
    tables.mkdir(parents=True, exist_ok=True)
    # Peers are compiled as they are installed; so is this project, which an editable install does not do.
    for package in ("sagemaker_monitor", "benchmarks"):
        compileall.compile_dir(package, quiet=1)
    for piece in (*PIECES, *CURVES):
        table = tables / f"{piece.name}.json"
        if (options.only and piece.name not in options.only) or (options.resume and table.exists()):
            continue
        rows: list[tuple[str, ...]] = []
        try:
            if isinstance(piece, Piece):
                text, rows = _raced(piece, options.size, options.rounds, options.timeout)
            else:
                text = piece.section(options.size)
        except ContestantError as error:
            print(f"{piece.name}: {error.args[0]}", file=sys.stderr)
            code = 1
            continue
        table.write_text(json.dumps({"section": text, "aims": rows}), encoding="utf-8")
        print(text, flush=True)
    missing = [name for name in NAMES if not (tables / f"{name}.json").exists()]
    if options.output and missing:
        print(f"{options.output} is not written: no table yet of {', '.join(missing)}", file=sys.stderr)
        return 1
    if options.output and not code:
        kept = [json.loads((tables / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES]
        rows = [row for each in kept for row in each["aims"]]
        sections = [each["section"] for each in kept]
        options.output.write_text(page(sections, rows, options.rounds), encoding="utf-8")
    return code


def _raced(piece: Piece, size: str, rounds: int, timeout: float) -> tuple[str, list[tuple[str, ...]]]:
    contestants, absent = piece.contestants(size)
    ours, compared = compare(contestants, tolerance=piece.tolerance, timeout=timeout)
    runs, late = race(contestants, rounds=rounds, timeout=timeout, ours=ours, tolerance=piece.tolerance)
    return section(piece, size, runs, absent, compared | late), aimed(piece, runs)


if __name__ == "__main__":
    sys.exit(main())
