"""The steps of an execution as a table that fits the screen, however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rich.box import SIMPLE_HEAD
from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.cli.render.text import clean
from sagemaker_monitor.operations.follow import RUNNING, Snapshot, Step

AROUND = 8
"""Lines of the screen that are not steps: title, headings, rules, what is left out, a note."""
FEWEST = 3
WIDE, MEDIUM, NARROW = 110, 60, 44
"""Columns from which there is room for a step's job, for what there is to say of it, and for its time."""
_BETWEEN = 3
"""Columns that the table puts between two of its own."""
STYLES = {
    "Succeeded": "green",
    "Failed": "red",
    "Stopped": "yellow",
    "Stopping": "yellow",
    "Executing": "cyan",
    "Starting": "cyan",
}


def live_table(snapshot: Snapshot, *, width: int, height: int, note: str = "") -> RenderableType:
    """Return the steps for a screen of this size, a line each, with the clock of now."""
    shown, left_out = fitting(snapshot.steps, max(FEWEST, height - AROUND))
    parts: list[RenderableType] = [_line(_title(snapshot)), _table(shown, width)]
    if left_out:
        counts = ", ".join(
            f"{count} {status}" for status, count in Counter(s.status for s in left_out).items()
        )
        parts.append(_line(Text(f" and {len(left_out)} more steps: {counts}", style="dim")))
    if note:
        parts.append(_line(Text(f" {clean(note)}", style="yellow")))
    return Group(*parts)


def fitting(steps: Sequence[Step], most: int) -> tuple[list[Step], list[Step]]:
    """Return the steps to show, in their order, and the rest: what failed and runs first, then the newest."""
    if len(steps) <= most:
        return list(steps), []

    def rank(place: int) -> tuple[int, int]:
        status = steps[place].status
        return (0 if status in ("Failed", "Stopped") else 1 if status in RUNNING else 2, -place)

    chosen = set(sorted(range(len(steps)), key=rank)[:most])
    return (
        [step for place, step in enumerate(steps) if place in chosen],
        [step for place, step in enumerate(steps) if place not in chosen],
    )


def took(step: Step) -> str:
    """Return how long a step has run, in seconds or minutes; empty before it started."""
    return length(step.started, step.ended)


def length(started: datetime | None, ended: datetime | None) -> str:
    """Return the time from *started* to *ended*, or to now."""
    if started is None:
        return ""
    seconds = max(timedelta(), (ended or datetime.now(UTC)) - started).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def _title(snapshot: Snapshot) -> Text:
    """Return how the execution is, before its name: a narrow screen cuts what comes last."""
    title = Text(f" {snapshot.status}", style=f"bold {STYLES.get(snapshot.status, '')}".strip())
    title.append(f"  {length(snapshot.started, snapshot.ended)}  ", style="not bold default")
    return title.append(
        f"{clean(snapshot.pipeline_name)} {clean(snapshot.execution_id)}", style="not bold default"
    )


def _table(steps: Sequence[Step], width: int) -> Table:
    """Return a row a step. Nothing wraps: a row that became two would move all others at every redraw."""
    names = min(max((len(clean(step.name)) for step in steps), default=4), max(12, width // 3))
    widths = {"step": names, "status": len("Succeeded"), "took": len("59 min 59 s")}
    if width < NARROW:
        widths = {"step": max(4, width - len("Succeeded") - 2 * _BETWEEN - 1), "status": len("Succeeded")}
    # The name of a job is there to be copied: where there is room, it has as much as it needs.
    job = max((len(clean(step.job)) for step in steps), default=0) if width >= WIDE else 0
    room = width - sum(widths.values()) - _BETWEEN * (len(widths) + (2 if job else 1)) - 1
    if job:
        widths["job"] = min(job, room - room // 3)
    if width >= MEDIUM:
        widths["detail"] = room - widths.get("job", 0)
    table = Table(box=SIMPLE_HEAD)
    for name, columns in widths.items():
        right = name == "took"
        justify: JustifyMethod = "right" if right else "left"
        table.add_column(name, no_wrap=True, overflow="ellipsis", width=columns, justify=justify)
    for step in steps:
        table.add_row(*(_cell(step, name, wide=width >= WIDE) for name in widths))
    return table


def _cell(step: Step, column: str, *, wide: bool) -> Text:
    match column:
        case "step":
            return Text(clean(step.name))
        case "status":
            return Text(step.status, style=STYLES.get(step.status, ""))
        case "took":
            return Text(took(step))
        case "job":
            return Text(clean(step.job))
        case _:
            return Text(clean(step.reason or step.detail or ("" if wide else step.job), 300))


def _line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
