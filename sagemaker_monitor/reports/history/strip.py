"""Where each run's outcome lies in the strip of all runs, a lane per pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sagemaker_monitor.reports.history.runs import (
    CLOSED,
    GAP,
    KIND_WORDS,
    ONGOING,
    OPEN_QUESTION,
    PASSED,
    RunLine,
)

WIDTH, LANE, STEP = 960, 30, 32
"""The widest strip, and the room for a pipeline and for a run where there are few, in pixels."""
PATHS = {
    PASSED: "M-6 0A6 6 0 1 1 6 0A6 6 0 1 1-6 0Z",
    CLOSED: "M0-8L8 0L0 8L-8 0Z",
    OPEN_QUESTION: "M0-7L8 6L-8 6Z",
    GAP: "M-5-5L5 5M5-5L-5 5",
    ONGOING: "M-5 0A5 5 0 1 1 5 0A5 5 0 1 1-5 0Z",
}
CROWDED_STEP = 14
CROWDED_PATHS = {PASSED: "M-1.5-4H1.5V4H-1.5Z"}
"""Where there is less room than CROWDED_STEP for a run, a pass is a thin bar."""
_ON_TOP = (PASSED, ONGOING, OPEN_QUESTION, GAP, CLOSED)


@dataclass(frozen=True)
class StripMark:
    """One run."""

    x: float
    kind: str
    path: str


@dataclass(frozen=True)
class Lane:
    """The runs of one pipeline."""

    name: str
    y: int
    marks: tuple[StripMark, ...]


@dataclass(frozen=True)
class Strip:
    """The drawing: *legend* has each kind there is with its words and shape."""

    width: int
    height: int
    lanes: tuple[Lane, ...]
    legend: tuple[tuple[str, str, str], ...]


def draw_strip(lines: Sequence[RunLine]) -> Strip:
    """Return the strip of runs, oldest first; lanes in the order in which pipelines first ran."""
    names = tuple(dict.fromkeys(line.pipeline for line in lines))
    width = min(WIDTH, STEP * max(1, len(lines)))
    step = width / max(1, len(lines))
    paths = PATHS if step >= CROWDED_STEP else PATHS | CROWDED_PATHS
    ordered = sorted(lines, key=lambda line: _ON_TOP.index(line.kind))
    lanes = tuple(
        Lane(
            name,
            LANE * row + LANE // 2,
            tuple(
                StripMark(round(step * (line.number - 0.5), 1), line.kind, paths[line.kind])
                for line in ordered
                if line.pipeline == name
            ),
        )
        for row, name in enumerate(names)
    )
    kinds = {line.kind for line in lines}
    legend = tuple((kind, words, paths[kind]) for kind, words in KIND_WORDS.items() if kind in kinds)
    return Strip(width, LANE * max(1, len(names)), lanes, legend)
