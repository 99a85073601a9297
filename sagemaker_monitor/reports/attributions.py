"""How much each feature contributes to the model's answers, now and in the baseline, and its places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Attribution
from sagemaker_monitor.reports.wording import count, number, text

MOST_FEATURES = 40
WIDTH = 160
FEWEST_DIGITS, MOST_DIGITS = 4, 9


@dataclass(frozen=True)
class AttributionLine:
    """One feature; *bar* and *tick* are how far its attributions reach, now and then, of WIDTH."""

    feature: str
    baseline: str
    value: str
    then: str
    now: str
    moved: bool
    bar: float
    tick: float | None


@dataclass(frozen=True)
class Ranking:
    """The features from the baseline's first place down, or from this batch's where there is no baseline."""

    lines: tuple[AttributionLine, ...] = ()
    left_out: int = 0
    compared: bool = False


def ranking(attributions: Sequence[Attribution] | None) -> Ranking:
    """Return the features that rank first now or in the baseline; MOST_FEATURES of them."""
    if not attributions:
        return Ranking()
    compared = all(each.baseline is not None for each in attributions)
    now = places([each.value for each in attributions])
    then = places([each.baseline or 0.0 for each in attributions]) if compared else now
    order = sorted(range(len(attributions)), key=lambda at: (min(now[at], then[at]), then[at]))
    shown = sorted(order[:MOST_FEATURES], key=lambda at: then[at])
    largest = max(max(abs(each.value), abs(each.baseline or 0.0)) for each in attributions) or 1.0
    decimals = _decimals([attributions[at] for at in shown])
    return Ranking(
        tuple(_line(attributions[at], then[at], now[at], largest, decimals) for at in shown),
        len(attributions) - len(shown),
        compared,
    )


def places(values: Sequence[float]) -> list[int]:
    """Return each value's place from the largest magnitude down, 1 first; equals keep their order."""
    found = [0] * len(values)
    for place, at in enumerate(sorted(range(len(values)), key=lambda at: -abs(values[at])), 1):
        found[at] = place
    return found


def _line(each: Attribution, then: int, now: int, largest: float, decimals: int) -> AttributionLine:
    return AttributionLine(
        feature=text(each.feature, 120),
        baseline=number(each.baseline, decimals),
        value=number(each.value, decimals),
        then=count(then) if each.baseline is not None else "",
        now=count(now),
        moved=each.baseline is not None and then != now,
        bar=round(WIDTH * abs(each.value) / largest, 1),
        tick=None if each.baseline is None else round(WIDTH * abs(each.baseline) / largest, 1),
    )


def _decimals(shown: Sequence[Attribution]) -> int:
    """Return how many decimals leave the smallest attribution two digits; 4 to 9."""
    sizes = [abs(side) for each in shown for side in (each.value, each.baseline or 0.0) if side]
    smallest = min(sizes, default=1.0)
    enough = (digits for digits in range(FEWEST_DIGITS, MOST_DIGITS) if smallest * 10**digits >= 10)
    return next(enough, MOST_DIGITS)
