"""Which features the model rested on over its runs: places of attributions, then and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Attribution
from sagemaker_monitor.reports.attributions import places
from sagemaker_monitor.reports.history.runs import Run
from sagemaker_monitor.reports.history.series import CANDIDATES
from sagemaker_monitor.reports.wording import count, number, text

MOST_FEATURES = 12


@dataclass(frozen=True)
class RankLine:
    """One feature: its place in the last run, in that run's baseline, and over all runs."""

    feature: str
    baseline: str
    now: str
    reach: str
    value: str
    moved: bool


def rank_lines(runs: Sequence[Run]) -> tuple[RankLine, ...]:
    """Return the features that rank first in the last monitoring run that measured attributions.

    Candidates are left out: they are other models.
    """
    measured = [
        run.verdict.attributions
        for run in runs
        if run.verdict and run.verdict.attributions and run.line.pipeline != CANDIDATES
    ]
    if not measured:
        return ()
    last = measured[-1]
    over_time: dict[str, list[int]] = {}
    for attributions in measured:
        for each, place in zip(attributions, places([a.value for a in attributions]), strict=True):
            over_time.setdefault(each.feature, []).append(place)
    then = (
        places([each.baseline or 0.0 for each in last]) if all(e.baseline is not None for e in last) else None
    )
    order = sorted(range(len(last)), key=lambda at: over_time[last[at].feature][-1])[:MOST_FEATURES]
    return tuple(_line(last[at], over_time[last[at].feature], then[at] if then else None) for at in order)


def _line(each: Attribution, over_time: Sequence[int], then: int | None) -> RankLine:
    low, high = min(over_time), max(over_time)
    return RankLine(
        feature=text(each.feature, 120),
        baseline="–" if then is None else count(then),
        now=count(over_time[-1]),
        reach=count(low) if low == high else f"{count(low)} to {count(high)}",
        value=number(each.value, 4),
        moved=then is not None and then != over_time[-1],
    )
