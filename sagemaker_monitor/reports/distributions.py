"""Where a feature's values lie in baseline and batch, for the small drawing of a feature that drifted."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sagemaker_monitor.analysis.documents.statistics import FeatureStatistics, Sketch, Statistics
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.reports.wording import counted, figure, percent, text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

BASELINE, BATCH = "baseline", "batch"
WIDTH, HEIGHT = 640, 120
MOST_BARS = 12
TAIL = 0.05
"""Share of the rows at either end that the outermost bars gather, so that a few huge values leave room."""
GAP = 0.14
"""Share of a bar's room that is left empty at either side."""


@dataclass(frozen=True)
class Bar:
    """One bucket of values, *name*: its share of the baseline's and of the batch's values.

    *label* stands below the bar; it is empty where the axis has ends instead.
    """

    name: str
    label: str
    baseline: float
    batch: float
    x: float
    width: float
    baseline_height: float
    batch_height: float


@dataclass(frozen=True)
class Drawing:
    """Two distributions on one axis; *ends* are its first and last place unless each bar has a label."""

    bars: tuple[Bar, ...]
    ends: tuple[str, str] | None
    words: tuple[str, ...]


@dataclass(frozen=True)
class Distributions:
    """The features' statistics of baseline and batch, and which documents could not be read."""

    baseline: Statistics | None
    batch: Statistics | None
    unreadable: tuple[tuple[str, str], ...] = ()

    def drawing(self, feature: str) -> Drawing | None:
        """Return the drawing of *feature*; None where either side has no distribution of it."""
        sides = [each and each.feature(feature) for each in (self.baseline, self.batch)]
        return draw(sides[0], sides[1]) if sides[0] and sides[1] else None


NOT_DRAWN = Distributions(None, None)


def read_distributions(
    documents: Mapping[str, Mapping[str, Any] | None], features: Iterable[str]
) -> Distributions:
    """Return what statistics.json of baseline and batch say of *features*; one that is none is named."""
    wanted = frozenset(features)
    found: dict[str, Statistics] = {}
    unreadable = []
    for side in (BASELINE, BATCH):
        document = documents.get(side)
        if document is None or not wanted:
            continue
        try:
            found[side] = Statistics.from_json(json.dumps(_only(document, wanted)))
        except (DocumentError, TypeError, ValueError) as error:
            unreadable.append((f"statistics.json of the {side}", text(f"cannot be read: {error}", 200)))
    return Distributions(found.get(BASELINE), found.get(BATCH), tuple(unreadable))


def _only(document: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, Any]:
    """Return *document* with no feature but those *wanted*: of thousands, few are drawn."""
    features = document.get("features")
    if not isinstance(features, list):
        return dict(document)
    kept = [each for each in features if isinstance(each, dict) and each.get("name") in wanted]
    return {**document, "features": kept}


def draw(baseline: FeatureStatistics, batch: FeatureStatistics) -> Drawing | None:
    """Return the drawing of a feature that both documents know; None where there is nothing to compare."""
    missing = _missing(baseline, batch)
    if baseline.texts and batch.texts and baseline.texts.counts and batch.texts.counts:
        return _categories(baseline.texts.counts, batch.texts.counts, missing)
    sketches = [
        each.numbers.distribution.sketch
        for each in (baseline, batch)
        if each.numbers is not None and each.numbers.distribution is not None
    ]
    return _numbers(sketches[0], sketches[1], missing) if len(sketches) == 2 else None


def _missing(baseline: FeatureStatistics, batch: FeatureStatistics) -> str:
    if not baseline.num_missing and not batch.num_missing:
        return ""
    shares = [
        percent(each.num_missing / max(1, each.num_missing + each.num_present)) for each in (baseline, batch)
    ]
    return f"Missing: {shares[0]} of the baseline's rows, {shares[1]} of this batch's."


def _categories(baseline: Mapping[str, int], batch: Mapping[str, int], missing: str) -> Drawing | None:
    totals = [sum(baseline.values()), sum(batch.values())]
    if not all(totals):
        return None
    names = sorted({*baseline, *batch}, key=lambda name: (-baseline.get(name, 0) - batch.get(name, 0), name))
    shares = {name: (baseline.get(name, 0) / totals[0], batch.get(name, 0) / totals[1]) for name in names}
    farthest = max(names, key=lambda name: abs(shares[name][0] - shares[name][1]))
    shown = names if len(names) <= MOST_BARS else names[: MOST_BARS - 1]
    parts = [(text(name, 24) or "(empty)", *shares[name]) for name in shown]
    if len(shown) < len(names):
        rest = [sum(shares[name][side] for name in names[len(shown) :]) for side in (0, 1)]
        others = counted(len(names) - len(shown), "other")
        parts.append((others, rest[0], rest[1]))
    before, now = (percent(share) for share in shares[farthest])
    words = (
        f"Farthest apart at {text(farthest, 60)}: {before} of the baseline's values, {now} of this batch's."
    )
    return Drawing(_bars(parts), None, tuple(filter(None, (words, missing))))


def _numbers(baseline: Sketch, batch: Sketch, missing: str) -> Drawing | None:
    both = [_finite(*sketch.cumulative()) for sketch in (baseline, batch)]
    if not all(len(items) for items, _ in both):
        return None
    at = np.union1d(both[0][0], both[1][0])
    low, high = (_spread(both, share) for share in (TAIL, 1 - TAIL))
    if len(at) <= MOST_BARS:
        shares = [np.diff(_share(each, at), prepend=0.0).tolist() for each in both]
        bars = _bars(list(zip(map(figure, at.tolist()), shares[0], shares[1], strict=True)))
        return Drawing(bars, None, _words(both, at, missing))
    if not 0 < high / 2 - low / 2 < math.inf:
        low, high = float(at[0]), float(at[-1])
    if not math.isfinite(high - low):
        return None
    edges = np.linspace(low, high, MOST_BARS + 1)
    # The outermost bars gather everything beyond them.
    shares = [np.diff(_share(each, edges[1:-1]), prepend=0.0, append=1.0).tolist() for each in both]
    bars = _bars([("", before, now) for before, now in zip(shares[0], shares[1], strict=True)])
    ends = (
        figure(low) if low <= at[0] else f"≤ {figure(low)}",
        figure(high) if high >= at[-1] else f"≥ {figure(high)}",
    )
    named = tuple(replace(bar, name=name) for bar, name in zip(bars, _ranges(edges), strict=True))
    return Drawing(named, ends, _words(both, at, missing))


def _ranges(edges: Values) -> list[str]:
    """Return what each bucket is called: the outermost ones reach as far as the values do."""
    inner = [figure(edge) for edge in edges.tolist()[1:-1]]
    between = [f"{low} to {high}" for low, high in pairwise(inner)]
    return [f"up to {inner[0]}", *between, f"above {inner[-1]}"]


def _finite(items: Values, ranks: Values) -> tuple[Values, Values]:
    """Return the finite items, ascending, and the share of finite values up to each."""
    keep = np.isfinite(items)
    weights = np.diff(ranks, prepend=0)[keep]
    total = weights.sum()
    return items[keep], np.cumsum(weights) / total if total else np.zeros(int(keep.sum()))


def _share(side: tuple[Values, Values], at: Values) -> Values:
    """Return the share of values up to each place, that place included."""
    items, shares = side
    reached: Values = np.append(0.0, shares)[np.searchsorted(items, at, side="right")]
    return reached


def _quantile(side: tuple[Values, Values], share: float) -> float:
    items, shares = side
    return float(items[min(int(np.searchsorted(shares, share)), len(items) - 1)])


def _spread(both: Sequence[tuple[Values, Values]], share: float) -> float:
    """Return a quantile of whichever side reaches farther."""
    ends = [_quantile(each, share) for each in both]
    return min(ends) if share < 0.5 else max(ends)


def _words(both: Sequence[tuple[Values, Values]], at: Values, missing: str) -> tuple[str, ...]:
    before, now = (_share(each, at) for each in both)
    place = int(np.abs(before - now).argmax())
    middles = [figure(_quantile(each, 0.5)) for each in both]
    lines = (
        f"Median {middles[0]} in the baseline, {middles[1]} in this batch. Farthest apart at"
        f" {figure(float(at[place]))}: {percent(before[place])} of the baseline's values are at most that,"
        f" {percent(now[place])} of this batch's.",
        missing,
    )
    return tuple(filter(None, lines))


def _bars(parts: Sequence[tuple[str, float, float]]) -> tuple[Bar, ...]:
    tallest = max(max(before, now) for _, before, now in parts) or 1.0
    room = WIDTH / len(parts)
    width = room * (1 - 2 * GAP) / 2
    return tuple(
        Bar(
            name=label,
            label=label,
            baseline=round(before, 6),
            batch=round(now, 6),
            x=round(room * (place + GAP), 1),
            width=round(width, 1),
            baseline_height=round(HEIGHT * before / tallest, 1),
            batch_height=round(HEIGHT * now / tallest, 1),
        )
        for place, (label, before, now) in enumerate(parts)
    )
