"""The page of results: ratios of one run, medians, and the floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.page import machine, today
from benchmarks.speed.harness import Runs
from benchmarks.speed.pieces import FLOOR, OURS, Piece

INTRODUCTION = """\
# Speed

Written by `make bench SIZE=large` (`python -m benchmarks.speed`) on {day}: {machine}. Each row is a whole
process: start, imports, reading the file, computing, writing. All contestants of a table read the same file,
each in an environment of its own with pinned versions (`benchmarks/speed/environments.py`). Answers were
compared with this project's before anything was timed; then they ran in turn, {rounds} rounds, and figures
are medians. "Once" marks those that take too long for that: they ran once, within a time limit, and were
compared as they ran. Machines differ and are noisy: only the ratios of one table mean something. Peak memory
is that of the largest process.

The floor, named with each table, is what nobody can avoid who parses as this project does, with polars;
another parser can go below it, as DuckDB's of JSON does.
"""


def section(
    piece: Piece, size: str, runs: Sequence[Runs], absent: Mapping[str, str], compared: Mapping[str, int]
) -> str:
    """Return one piece of work as a table in Markdown."""
    by_name = {each.contestant.name: each for each in runs}
    lines = [
        f"## {piece.title}",
        "",
        f"{piece.rows[size]:,} rows. {piece.words}",
        "",
        "| | wall, s | CPU, s | peak memory, MiB | CPU: times ours | wall: times ours | values compared |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for each in runs:
        name, figures = each.contestant.name, [each.median(figure) for figure in ("wall", "cpu", "memory")]
        ours = [by_name[OURS].median(figure) for figure in ("cpu", "wall")]
        more = ">" if each.stopped else ""
        words = f", stopped after {figures[0]:.0f} s" if each.stopped else ""
        words = f" (once{words})" if each.contestant.once else ""
        ratios = [
            f"{more}{theirs / mine:.2f}" for theirs, mine in zip((figures[1], figures[0]), ours, strict=True)
        ]
        cells = [f"{figures[0]:.2f}", f"{figures[1]:.2f}", f"{figures[2]:.0f}", *ratios]
        lines.append(f"| {name}{words} | {' | '.join(cells)} | {compared.get(name, '')} |")
    lines += [f"| {name} | {why} | | | | | |" for name, why in absent.items()]
    over = by_name[OURS].median("cpu") / by_name[FLOOR].median("cpu")
    return "\n".join([*lines, "", f"{over:.2f} times the floor's CPU.", ""])


def page(sections: Sequence[str], rounds: int) -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION.format(rounds=rounds, day=today(), machine=machine()), *sections])
