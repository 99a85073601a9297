"""The steps of an execution on screens of any size, and in logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from sagemaker_monitor.cli.render.progress import progress
from sagemaker_monitor.cli.render.steps import fitting, length, live_table
from sagemaker_monitor.operations.follow import Snapshot, Step

ARN = "arn:aws:sagemaker:eu-west-1:444455556666:pipeline/mortgage-monitor-batch-prod/execution/k3q9c2d8"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def step(number: int, status: str = "Succeeded", **changes: str) -> Step:
    """Return one of many steps; those that ended took a minute and a half."""
    ended = None if status == "Executing" else NOON + timedelta(seconds=90)
    name = changes.pop("name", f"Step{number:03d}")
    return Step(name, "ProcessingJob", status, NOON, ended, changes.pop("reason", ""), **changes)


def snapshot(*steps: Step, status: str = "Executing") -> Snapshot:
    """Return an execution with these steps."""
    return Snapshot(
        ARN, status, "", NOON, steps, NOON + timedelta(minutes=2) if status != "Executing" else None
    )


MANY = [step(n, "Failed" if n == 7 else "Executing" if n in (11, 290) else "Succeeded") for n in range(300)]


@pytest.mark.parametrize("width", [24, 40, 60, 80, 110, 120, 200])
def test_no_row_is_wider_or_higher_than_the_screen(width: int) -> None:
    """However narrow it is, a step is one line; however many there are, the screen holds the table."""
    long = step(1, "Failed", name="A" * 80, reason="why " * 100, job_arn="arn:x:processing-job/" + "j" * 63)
    console = Console(width=width, height=24, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(live_table(snapshot(long, *MANY), width=width, height=24, note="throttled"))
    rows = captured.get().rstrip("\n").split("\n")

    assert max(map(len, rows)) <= width
    assert len(rows) <= 24
    assert "Failed" in captured.get()


def test_what_failed_and_runs_is_shown_before_what_is_done() -> None:
    """Among hundreds of steps these are the ones that somebody looks for; the newest fill the rest."""
    shown, left_out = fitting(MANY, 6)

    assert [each.name for each in shown] == ["Step007", "Step011", "Step290", "Step297", "Step298", "Step299"]
    assert len(left_out) == 294


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.26, "0.3 s"), (61, "1 min 1 s"), (7322, "2 h 2 min"), (-5, "0.0 s")]
)
def test_lengths_are_told_as_people_say_them(seconds: float, told: str) -> None:
    """Clocks that disagree make no negative times."""
    assert length(NOON, NOON + timedelta(seconds=seconds)) == told
    assert length(None, None) == ""


def test_a_log_has_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal every change is a line with its own time in UTC, and nothing steers the terminal."""
    job = "arn:aws:sagemaker:r:0:processing-job/pipelines-k3q9c2d8-Join-x"
    with progress(quiet=False) as shown:
        running = snapshot(step(0, "Executing", name="Join", job_arn=job))
        shown.show(running)
        shown.note("throttled\x1b[2J")
        shown.show(running)
        shown.show(snapshot(step(0, "Failed", name="Join", reason="no column\nincome"), status="Failed"))
    lines = capsys.readouterr().err.splitlines()

    assert lines[0] == f"2026-03-01T12:00:00Z  {'Join':<24} Executing  job pipelines-k3q9c2d8-Join-x"
    assert "execution k3q9c2d8 Executing" in lines[1]
    assert "throttled�[2J" in lines[2]
    assert "still Executing: Join " in lines[3]
    assert lines[4].endswith(f"{'Join':<24} Failed after 1 min 30 s  no column income")
    assert lines[5] == "2026-03-01T12:02:00Z  execution k3q9c2d8 Failed"


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """With --quiet neither steps nor notes are told."""
    with progress(quiet=True) as shown:
        shown.show(snapshot(step(0)))
        shown.note("throttled")

    assert capsys.readouterr() == ("", "")
