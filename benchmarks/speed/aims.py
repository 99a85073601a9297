"""What this project wants to be, beside what it is and what could be: one row for each aim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.page import table
from benchmarks.speed.harness import Runs

FLOOR = "floor"
HEAD = ("", "aim", "whole process", "after start", "floor, whole", "floor, after start", "")
WORDS = """\
How many times as fast as a peer, or how many times the floor, by CPU. *After start* is without what the same
program takes with hardly any rows: start, imports, and writing its files. The floor's columns say how many
times as fast as the peer a program would be that does nothing but parse, or call the model: where that is
less than the aim, nobody can reach it on this machine who reads as this project does. What stands in the way
of the others is told with their tables."""
LEAST = 0.01
"""Seconds of CPU that are told from none."""


@dataclass(frozen=True)
class Aim:
    """How much of whose CPU is wanted to be enough: a *share* of 0.1 is ten times as fast."""

    share: float
    of: str

    @property
    def words(self) -> str:
        """Return it as the page says it."""
        if self.of == FLOOR:
            return f"at most {self.share:g} times the floor"
        if self.share >= 1:
            return f"no slower than {self.of}"
        return f"{round(1 / self.share)} times as fast as {self.of}"

    def row(self, title: str, ours: Runs, peer: Runs, floor: Runs) -> tuple[str, ...]:
        """Return its row in the table of aims."""
        if self.of == FLOOR:
            ratios = [ratio(ours.median("cpu"), peer.median("cpu")), ratio(ours.work, peer.work)]
            reached = [each <= self.share for each in ratios]
            return title, self.words, *map(_said, ratios), "", "", _verdict(reached, possible=True)
        ratios, possible = (
            [ratio(peer.median("cpu"), each.median("cpu")), ratio(peer.work, each.work)]
            for each in (ours, floor)
        )
        reached, can_be = ([each >= 1 / self.share for each in found] for found in (ratios, possible))
        cells = map(_said, (*ratios, *possible))
        return title, self.words, *cells, _verdict(reached, possible=any(can_be))


def ratio(one: float, other: float) -> float:
    """Return how many times *other* goes into *one*, of either at least the least that can be told."""
    return max(one, LEAST) / max(other, LEAST)


def _said(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def _verdict(reached: Sequence[bool], *, possible: bool) -> str:
    whole, after = reached
    if whole:
        return "met"
    if after:
        return "met after start"
    return "missed" if possible else "out of reach"


def section(rows: Sequence[Sequence[str]]) -> str:
    """Return the table of all aims as a section in Markdown."""
    return f"## Aims\n\n{WORDS}\n\n{table(HEAD, rows)}\n"
