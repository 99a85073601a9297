"""Following on a real terminal: what is drawn there, and what Ctrl-C does."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.endless import ARN, JOB, Endless

ROOT = Path(__file__).parents[2]
# The terminal becomes the process's own, so that a Ctrl-C typed there is a signal.
ON_A_TERMINAL = (
    "import os, sys; os.login_tty(0); "
    "from sagemaker_monitor.cli.main import main; sys.exit(main(sys.argv[1:]))"
)
CTRL_C = b"\x03"
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*3[0-7]m")


class Terminal:
    """A command on a pseudo-terminal of so many columns and lines."""

    def __init__(self, *arguments: str, columns: int, lines: int, **variables: str) -> None:
        self.screen, inside = os.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environ = {"TERM": "xterm", "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_A_TERMINAL, *arguments],
            cwd=ROOT,
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env={**environ, **variables},
        )
        os.close(inside)
        self.text = ""

    def wait_for(self, text: str, seconds: float = 60.0) -> None:
        """Read until *text* was printed since the last thing that was waited for."""
        until, found = time.monotonic() + seconds, len(self.text)
        while text not in self.text[found:]:
            ready, _, _ = select.select([self.screen], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"{text!r} was not printed: {self.text!r}"
            self.text += os.read(self.screen, 65536).decode()

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.screen, keys)

    def end(self) -> int:
        """Return the exit code."""
        code = self.process.wait(30)
        os.close(self.screen)
        return code


@pytest.fixture
def ended() -> Iterator[list[Terminal]]:
    """Terminals whose commands are killed if a test did not end them."""
    found: list[Terminal] = []
    yield found
    for terminal in found:
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.end()


def test_a_live_table_is_drawn_in_place_until_one_leaves(endless: Endless, ended: list[Terminal]) -> None:
    """The table is redrawn over itself within the columns; Ctrl-C and Enter leave the execution alone."""
    terminal = Terminal("follow", ARN, "--conf-dir", str(endless.conf), columns=80, lines=24, NO_COLOR="1")
    ended.append(terminal)
    terminal.wait_for("ScoreBaseline")
    terminal.wait_for("\x1b[1A")  # the cursor goes up to draw again
    terminal.type(CTRL_C)
    terminal.wait_for("Enter leaves at once")
    drawn = terminal.text.partition("no longer following")[0]
    terminal.type(b"\r")

    assert terminal.end() == 130
    assert endless.stopped == []
    assert COLOUR.search(terminal.text) is None
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.replace("^C", ""))  # the keys are echoed
    rows = re.split(r"[\r\n]+", plain)
    assert max(map(len, rows)) <= 80
    assert any(row.split()[:2] == ["ScoreBaseline", "Executing"] for row in rows)
    assert "\x1b[?25h" in terminal.text.rpartition("\x1b[?25l")[2], "the cursor is shown again"


def test_a_second_ctrl_c_asks_whether_to_stop(endless: Endless, ended: list[Terminal]) -> None:
    """Only who says yes stops the execution itself; on a wide terminal the job has its own column."""
    terminal = Terminal("follow", ARN, "--conf-dir", str(endless.conf), columns=140, lines=24)
    ended.append(terminal)
    terminal.wait_for(JOB)
    terminal.type(CTRL_C)
    terminal.wait_for("press Ctrl-C again")
    terminal.type(CTRL_C)
    terminal.wait_for("stop the execution? [y/N]")
    assert endless.stopped == []
    terminal.type(b"y\r")
    terminal.wait_for("was asked to stop it")

    assert terminal.end() == 130
    assert endless.stopped == [ARN]
    assert COLOUR.search(terminal.text)


@pytest.mark.slow
@pytest.mark.parametrize("answer", [b"\r", b"no\r", CTRL_C])
def test_anything_but_yes_is_no(endless: Endless, ended: list[Terminal], answer: bytes) -> None:
    """Whoever hesitates does not stop an execution."""
    terminal = Terminal("follow", ARN, "--conf-dir", str(endless.conf), columns=100, lines=24)
    ended.append(terminal)
    terminal.wait_for("ScoreBaseline")
    terminal.type(CTRL_C)
    terminal.wait_for("press Ctrl-C again")
    terminal.type(CTRL_C)
    terminal.wait_for("[y/N]")
    terminal.type(answer)
    terminal.wait_for("not stopped")

    assert terminal.end() == 130
    assert endless.stopped == []
