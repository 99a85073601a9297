"""The page of results: ratios of one run, medians, and the floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.page import machine, table, today
from benchmarks.speed import aims
from benchmarks.speed.aims import FLOOR
from benchmarks.speed.harness import Runs
from benchmarks.speed.pieces import OURS, Piece

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
another parser can go below it.
"""
HEAD = (
    "",
    "wall, s",
    "CPU, s",
    "CPU of start, s",
    "peak memory, MiB",
    "CPU: times ours",
    "after start",
    "wall: times ours",
    "values compared",
)


def section(
    piece: Piece, size: str, runs: Sequence[Runs], absent: Mapping[str, str], compared: Mapping[str, int]
) -> str:
    """Return one piece of work as a table in Markdown."""
    by_name = {each.contestant.name: each for each in runs}
    ours, floor = by_name[OURS], by_name[FLOOR]
    lines = [_line(each, ours, compared) for each in runs]
    lines += [(name, why, *[""] * (len(HEAD) - 2)) for name, why in absent.items()]
    over, beyond = ours.median("cpu") / floor.median("cpu"), aims.ratio(ours.work, floor.work)
    words = f"{piece.rows[size]:,} rows; start is what {piece.few:,} cost. {piece.words}"
    ends = f"{over:.2f} times the floor's CPU, {beyond:.2f} times after start."
    return f"## {piece.title}\n\n{words}\n\n{table(HEAD, lines)}\n\n{ends}\n"


def _line(runs: Runs, ours: Runs, compared: Mapping[str, int]) -> tuple[str, ...]:
    name, wall, cpu = runs.contestant.name, runs.median("wall"), runs.median("cpu")
    more = ">" if runs.stopped else ""
    words = f", stopped after {wall:.0f} s" if runs.stopped else ""
    words = f" (once{words})" if runs.contestant.once else ""
    ratios = (cpu / ours.median("cpu"), aims.ratio(runs.work, ours.work), wall / ours.median("wall"))
    return (
        name + words,
        *(f"{each:.2f}" for each in (wall, cpu, runs.start)),
        f"{runs.median('memory'):.0f}",
        *(f"{more}{each:.2f}" for each in ratios),
        str(compared.get(name, "")),
    )


def aimed(piece: Piece, runs: Sequence[Runs]) -> list[tuple[str, ...]]:
    """Return a row for each aim of the piece of which there was a contestant."""
    by_name = {each.contestant.name: each for each in runs}
    return [
        aim.row(piece.title, by_name[OURS], by_name[aim.of], by_name[FLOOR])
        for aim in piece.aims
        if aim.of in by_name
    ]


def page(sections: Sequence[str], rows: Sequence[Sequence[str]], rounds: int) -> str:
    """Return the whole page: sections, after the rows of aims."""
    introduction = INTRODUCTION.format(rounds=rounds, day=today(), machine=machine())
    return "\n".join([introduction, aims.section(rows), *sections])
