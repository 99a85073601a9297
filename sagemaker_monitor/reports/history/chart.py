"""Where a metric's values, limits and baselines lie in a small drawing over the runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sagemaker_monitor.reports import findings
from sagemaker_monitor.reports.history.runs import GAPS, Run
from sagemaker_monitor.reports.history.series import CANDIDATES, Point, Series
from sagemaker_monitor.reports.wording import count, counted, number

WIDTH, HEIGHT = 480, 132
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 8, 16
ROOM = 0.12
"""Share of the range of values that is left free above and below."""
LARGEST = 1.7e308
CROWDED = 60
"""With more runs, values that mean nothing bad have no mark of their own: the line has them."""
SHAPES = {"refuses": "diamond", "warns": "triangle", "waived": "square"}
"""How outcomes are marked apart from colour; a circle is a value that means nothing bad."""
MARKS = {
    "diamond": "M0-6L6 0L0 6L-6 0Z",
    "triangle": "M0-6L6 5L-6 5Z",
    "square": "M-5-5L5-5L5 5L-5 5Z",
    "circle": "M-4 0A4 4 0 1 1 4 0A4 4 0 1 1-4 0Z",
}
LEGEND = (
    ("within", "value", MARKS["circle"]),
    ("within candidate", "value of a candidate, in register", MARKS["circle"]),
    ("warns", "beyond a limit, warns", MARKS["triangle"]),
    ("refuses", "beyond a limit, refuses", MARKS["diamond"]),
)
"""How marks are explained: their class, words and shape."""


@dataclass(frozen=True)
class Mark:
    """One value's place and shape; *tone* is its outcome, a candidate's is hollow."""

    x: float
    y: float
    path: str
    tone: str
    candidate: bool


@dataclass(frozen=True)
class Row:
    """One line of the table behind a drawing."""

    run: str
    value: str
    baseline: str
    allowed: str
    outcome: str


@dataclass(frozen=True)
class Chart:
    """One metric over the runs; *band*, *limits*, *baseline* and *line* are paths, empty where nothing is."""

    title: str
    name: str
    words: str
    band: str
    limits: str
    baseline: str
    line: str
    marks: tuple[Mark, ...]
    gaps: tuple[float, ...]
    changes: tuple[tuple[float, str], ...]
    ends: tuple[str, str]
    rows: tuple[Row, ...]


def draw(series: Series, runs: Sequence[Run], *, name: str, title: str) -> Chart:
    """Return the drawing of *series*, which has at least one finite value with a limit."""
    frame = _Frame(len(runs), *_range(series.points))
    shown = [point for point in series.points if _finite(point.finding.value) is not None]
    monitored = [point for point in shown if not point.candidate]
    # A candidate that broke leaves no gap in what is known of the version in use.
    gaps = frozenset(
        place for place, run in enumerate(runs) if run.line.kind in GAPS and run.line.pipeline != CANDIDATES
    )
    return Chart(
        title=title,
        name=name,
        words=_words(series),
        band="".join(_bands(series.points, frame)),
        limits="".join(_limits(series.points, frame)),
        baseline="".join(
            frame.level(point.place, base)
            for point in series.points
            if (base := _finite(point.finding.baseline)) is not None
        ),
        line=_line(monitored, gaps, frame),
        marks=tuple(
            _mark(point, frame)
            for point in shown
            if len(runs) <= CROWDED or point.candidate or point.outcome in SHAPES
        ),
        gaps=tuple(map(frame.x, sorted(gaps))),
        changes=tuple(_changes(runs, frame)),
        ends=(number(frame.low, series.decimals), number(frame.high, series.decimals)),
        rows=tuple(_row(point, runs, series.decimals) for point in series.points),
    )


@dataclass(frozen=True)
class _Frame:
    """Runs across, values from *low* at the bottom to *high*."""

    runs: int
    low: float
    high: float

    @property
    def step(self) -> float:
        return (WIDTH - LEFT - RIGHT) / max(1, self.runs)

    def x(self, place: int) -> float:
        return round(LEFT + self.step * (place + 0.5), 1)

    def y(self, value: float) -> float:
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(1.0, max(0.0, share)), 1)

    def level(self, place: int, value: float) -> str:
        """Return the path of a short level line at *value*, as wide as a run."""
        left = LEFT + self.step * place
        return f"M{left:.1f} {self.y(value)}h{self.step:.1f}"


def _range(points: Iterable[Point]) -> tuple[float, float]:
    values = [
        value
        for point in points
        for each in (point.finding.value, point.finding.baseline, *point.limits)
        if (value := _finite(each)) is not None
    ]
    low, high = min(values), max(values)
    # Halved, because the difference of two huge values is no number.
    room = (high / 2 - low / 2) * 2 * ROOM or abs(high) * ROOM or 1.0
    bottom = max(-LARGEST, low - room)
    # What is never negative is drawn from 0 where that is near.
    return 0.0 if low >= 0 > bottom else bottom, min(LARGEST, high + room)


def _bands(points: Iterable[Point], frame: _Frame) -> Iterator[str]:
    """Yield a rectangle of allowed values for each run; an open side reaches the edge."""
    for point in points:
        low, high = (_finite(limit) for limit in point.limits)
        if low is None and high is None:
            continue
        top = TOP if high is None else frame.y(high)
        bottom = HEIGHT - BOTTOM if low is None else frame.y(low)
        left = LEFT + frame.step * point.place
        yield f"M{left:.1f} {top}h{frame.step:.1f}V{bottom}h-{frame.step:.1f}Z"


def _limits(points: Iterable[Point], frame: _Frame) -> Iterator[str]:
    for point in points:
        yield from (
            frame.level(point.place, limit) for each in point.limits if (limit := _finite(each)) is not None
        )


def _line(points: Sequence[Point], gaps: frozenset[int], frame: _Frame) -> str:
    """Return the line through the values of monitoring runs; a run that left no conclusion breaks it."""
    path, last = "", None
    for point in points:
        broken = last is None or any(last < gap < point.place for gap in gaps)
        place = f"{frame.x(point.place)} {frame.y(point.finding.value or 0.0)}"
        # A line of no length has round ends, so that a value between gaps is seen.
        path += f"M{place}h0" if broken else f"L{place}"
        last = point.place
    return path


def _mark(point: Point, frame: _Frame) -> Mark:
    shape = SHAPES.get(point.outcome, "circle")
    return Mark(
        frame.x(point.place),
        frame.y(point.finding.value or 0.0),
        MARKS[shape],
        point.outcome if point.outcome in SHAPES else "within",
        point.candidate,
    )


def _changes(runs: Sequence[Run], frame: _Frame) -> Iterator[tuple[float, str]]:
    """Yield where the baseline's version changes between runs, and to which."""
    last = ""
    for place, run in enumerate(runs):
        version = run.line.baseline
        if version and last and version != last:
            yield round(LEFT + frame.step * place, 1), version
        last = version or last


def _row(point: Point, runs: Sequence[Run], decimals: int) -> Row:
    finding = point.finding
    decimals = max(decimals, findings.decimals_of(finding))
    return Row(
        count(runs[point.place].line.number),
        number(finding.value, decimals),
        number(finding.baseline, decimals),
        findings.allowed(finding, decimals),
        point.outcome,
    )


def _words(series: Series) -> str:
    """Return what the drawing shows, for who does not see it: the last value, its limits, its crossings."""
    last = series.last.finding
    told = f"Last {number(last.value, series.decimals)}, allowed {findings.allowed(last, series.decimals)}"
    named = (("refused", series.counted("refuses")), ("warned", series.counted("warns")))
    beyond = " and ".join(f"{word} in {count(times)}" for word, times in named if times)
    runs = counted(len(series.points), "run")
    return f"{told}; {beyond} of {runs}." if beyond else f"{told}; never beyond its limit in {runs}."


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
