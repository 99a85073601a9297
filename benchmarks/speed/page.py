"""The page of results: ratios of one run, medians, and the floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.speed.harness import Runs
from benchmarks.speed.pieces import OURS, Piece

INTRODUCTION = """\
# Speed

Written by `python -m benchmarks.speed --size {size} -o docs/performance.md`. Each row is a whole process:
start, imports, reading the file, computing, writing. All contestants read the same file, their answers were
compared before anything was timed, and they ran in turn, {rounds} rounds; figures are medians. Machines
differ and are noisy: only the ratios of one run mean something.

The floor is a process that parses the columns that are needed and does nothing with them.
"""


def section(piece: Piece, size: str, runs: Sequence[Runs], absent: Mapping[str, str]) -> str:
    """Return one piece of work as a table in Markdown."""
    ours = next(each for each in runs if each.contestant.name == OURS)
    lines = [
        f"## {piece.title}",
        "",
        f"{piece.rows[size]:,} rows.",
        "",
        "| | wall, s | CPU, s | peak memory, MiB | CPU: times ours |",
        "|---|---:|---:|---:|---:|",
    ]
    for each in runs:
        wall, cpu, memory = (each.median(figure) for figure in ("wall", "cpu", "memory"))
        ratio = cpu / ours.median("cpu")
        lines.append(f"| {each.contestant.name} | {wall:.2f} | {cpu:.2f} | {memory:.0f} | {ratio:.2f} |")
    lines += [f"| {name} | {why} | | | |" for name, why in absent.items()]
    return "\n".join(lines) + "\n"


def page(sections: Sequence[str], size: str, rounds: int) -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION.format(size=size, rounds=rounds), *sections])
