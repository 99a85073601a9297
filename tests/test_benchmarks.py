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
