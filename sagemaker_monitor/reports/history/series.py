"""One metric over a model's executions: values, baselines and limits, and which are worth a drawing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Finding
from sagemaker_monitor.reports import findings
from sagemaker_monitor.reports.history.runs import Run
from sagemaker_monitor.reports.meanings import DRIFT

CANDIDATES = "register"
"""The pipeline whose runs measure a candidate, and not the version that scores batches."""
QUIET = 12
MONITORS = ("data_quality", "model_quality", "explainability", "bias")


@dataclass(frozen=True)
class Point:
    """One value, in the run at *place* (0 first)."""

    place: int
    finding: Finding
    outcome: str
    candidate: bool

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """Return the lowest and highest values that pass here."""
        return findings.limits_of(self.finding)


@dataclass(frozen=True)
class Series:
    """One metric of one group, feature or model over the runs that measured it, oldest first."""

    monitor: str
    metric: str
    about: str
    points: tuple[Point, ...]

    @property
    def last(self) -> Point:
        """Return the newest value of the version in use; a candidate's where there is no other."""
        return next((each for each in reversed(self.points) if not each.candidate), self.points[-1])

    def counted(self, outcome: str) -> int:
        """Return in how many runs the outcome was this one."""
        return sum(point.outcome == outcome for point in self.points)

    @property
    def decimals(self) -> int:
        """Return how many decimals keep the numbers of the last run apart on paper, 6 at most."""
        return min(6, findings.decimals_of(self.last.finding))

    @property
    def pressure(self) -> float:
        """Return how far towards its limit the metric came at most: 1 is the limit, 0 the baseline."""
        return max((_pressure(point) for point in self.points), default=0.0)


def collect(runs: Sequence[Run]) -> tuple[Series, ...]:
    """Return every metric that any of *runs* measured, in the order in which verdicts list them."""
    found: dict[tuple[str | None, ...], list[Point]] = {}
    for place, run in enumerate(runs):
        for finding in run.verdict.findings if run.verdict else ():
            key = (finding.monitor, finding.metric, finding.facet, finding.facet_value, finding.feature)
            point = Point(place, finding, findings.outcome(finding), run.line.pipeline == CANDIDATES)
            found.setdefault(key, []).append(point)
    return tuple(_series(points) for points in found.values())


def most_telling(series: Iterable[Series], limit: int) -> tuple[Series, ...]:
    """Return at most *limit* series worth a drawing: what refused, then warned, then came closest to it.

    What never was beyond a limit only fills up to QUIET, so that what was is not lost among it.

    Only series with a limit and a number are drawn; they come back in the order of MONITORS, and within
    a monitor from the most refusals down.
    """
    drawable = [each for each in series if any(_is_drawn(point) for point in each.points)]
    ranked = sorted(drawable, key=_rank)
    beyond = sum(each.counted("refuses") > 0 for each in ranked)
    ranked = ranked[: min(limit, max(beyond, QUIET))]
    return tuple(sorted(ranked, key=lambda each: (_monitor_place(each), *_rank(each))))


def _series(points: list[Point]) -> Series:
    first = points[0].finding
    return Series(first.monitor, first.metric, findings.about(first), tuple(points))


def _rank(each: Series) -> tuple[float, ...]:
    fails = each.last.finding.action == "fail"
    drift = each.metric == DRIFT
    return (-each.counted("refuses"), not fails, -each.counted("warns"), not drift, -each.pressure)


def _monitor_place(each: Series) -> int:
    return MONITORS.index(each.monitor) if each.monitor in MONITORS else len(MONITORS)


def _is_drawn(point: Point) -> bool:
    value = point.finding.value
    limited = any(limit is not None and math.isfinite(limit) for limit in point.limits)
    return limited and value is not None and math.isfinite(value)


def _pressure(point: Point) -> float:
    value, base = point.finding.value, point.finding.baseline or 0.0
    if value is None or not math.isfinite(value) or not math.isfinite(base):
        return 0.0
    moved = value - base
    for limit in point.limits:
        room = None if limit is None else limit - base
        if room and math.isfinite(room) and moved / room > 0:
            return moved / room
    return 0.0
