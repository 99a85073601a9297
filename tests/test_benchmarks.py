"""The programs that write pages of figures: what they time, and what they leave of a page."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.loop.measured import CLOCK, clocked
from benchmarks.page import renew
from benchmarks.speed.aims import FLOOR, Aim
from benchmarks.speed.harness import Contestant, Runs, Usage

PROGRAM = """
import decimal, os, sys, time
assert sys.argv[1:] == ["--answer", "42"], sys.argv
time.sleep(0.05)
{end}
"""


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "os._exit(3)"])
def test_the_clock_notes_where_a_program_s_time_went(tmp_path: Path, end: str) -> None:
    """However the program ends: its phases add up to all that it took, and its exit code is its own."""
    program, notes = tmp_path / "program.py", tmp_path / "notes"
    program.write_text(PROGRAM.format(end=end))
    command = clocked([sys.executable, str(program), "--answer", "42"], notes)

    code = subprocess.run(command, check=False).returncode

    (line,) = (json.loads(each) for each in notes.read_text().splitlines())
    phases = line["phases"]
    assert code == (3 if end else 0)
    assert phases["waiting"][0] >= 0.05
    assert phases["imports"][1] > 0
    assert sum(each[0] for each in phases.values()) == pytest.approx(line["wall"])


def test_guards_are_not_timed_and_what_they_start_is(tmp_path: Path) -> None:
    """The clock stands before the last Python of a command, and before none that a guard isolates."""
    guarded = [sys.executable, "-I", "-S", "guard.py", sys.executable, "-m", "module", "word"]

    found = clocked(guarded, tmp_path)

    assert found[:5] == guarded[:5]
    assert found[5:7] == [CLOCK, str(tmp_path)]
    assert float(found[7]) <= time.monotonic()
    assert found[8:] == guarded[5:]
    for plain in (guarded[:4], ["sh", "-c", "true"], "true"):
        assert clocked(plain, tmp_path) == plain


def test_a_page_s_sections_are_renewed_one_by_one(tmp_path: Path) -> None:
    """One that is there keeps its place, a new one comes last, the introduction is always new."""
    page = tmp_path / "page.md"
    for introduction, section in (
        ("# A\n", "## One\n\n1\n"),
        ("# B\n", "## Two\n\n2\n"),
        ("# C\n", "## One\n\n3\n"),
    ):
        renew(page, introduction, section)

    assert page.read_text() == "# C\n\n## One\n\n3\n\n## Two\n\n2\n"


def _runs(cpu: float, start: float) -> Runs:
    return Runs(Contestant("", ()), [Usage(cpu, cpu, 1.0)], [Usage(start, start, 1.0)])


@pytest.mark.parametrize(
    ("aim", "ours", "peer", "floor", "ratios", "verdict"),
    [
        (Aim(1 / 4, "peer"), (2, 1), (10, 1), (1, 0.5), ("5.00", "9.00", "10", "18"), "met"),
        (Aim(1 / 8, "peer"), (2, 1), (10, 1), (1, 0.5), ("5.00", "9.00", "10", "18"), "met after start"),
        (Aim(1 / 15, "peer"), (2, 1), (10, 1), (1, 0.5), ("5.00", "9.00", "10", "18"), "missed"),
        (Aim(1 / 20, "peer"), (2, 1), (10, 1), (1, 0.5), ("5.00", "9.00", "10", "18"), "out of reach"),
        (Aim(2.5, FLOOR), (2, 1), (1, 0.5), (1, 0.5), ("2.00", "2.00", "", ""), "met"),
        (Aim(1.5, FLOOR), (2, 1), (1, 0.5), (1, 0.5), ("2.00", "2.00", "", ""), "missed"),
    ],
)
def test_an_aim_is_held_against_the_whole_process_and_its_work(
    aim: Aim,
    ours: tuple[float, float],
    peer: tuple[float, float],
    floor: tuple[float, float],
    ratios: tuple[str, ...],
    verdict: str,
) -> None:
    """It is out of reach where not even the floor, as a whole or after its start, would meet it."""
    row = aim.row("work", *(_runs(*each) for each in (ours, peer, floor)))

    assert row == ("work", aim.words, *ratios, verdict)
