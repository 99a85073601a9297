"""Whether there are enough rows to tell anything, for which facets, and how many rows would do.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, Sequence, Tuple

from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.scored import Scored
from sagemaker_monitor.analysis.decision.spec import Facet, MinimumRows

NINE_OF_TEN = 1.2816
"""Standard normal quantile of 90 %."""


@dataclass(frozen=True)
class Few:
    """Which rows are too few: *sample* is the batch or the baseline, *rows* how many it would take.

    Nine of ten samples of so many rows have enough of each kind; None where nobody knows how rare it is.
    """

    why: str
    sample: str
    rows: int | None


@dataclass(frozen=True)
class _Kind:
    """Rows of one kind: how many a sample has, how many are needed, and how many of all known rows are so."""

    told: str
    count: int
    least: int
    known: int
    of: int
    doubt: str = ""
    """What to ask where no row at all is of this kind."""

    def few(self, what: str) -> Few | None:
        """Return why *what* has too few of them; None where it has enough."""
        if self.count >= self.least:
            return None
        rows = rows_for(self.least, self.known, self.of)
        none = f"; of {self.of} rows none is of that kind{self.doubt}"
        would = f", which about {rows} rows would have" if rows else none
        return Few(
            f"the {what} has {several_rows(self.count)} {self.told}; {self.least} are needed{would}",
            what,
            rows,
        )


def rows_for(least: int, known: int, of: int) -> int | None:
    """Return how many rows have *least* of a kind nine times in ten, *known* of *of* rows being of it.

    None where none is. The number of them is nearly normal; two digits are told.
    """
    if known == 0:
        return None
    share = known / of
    scatter = NINE_OF_TEN * math.sqrt(share * (1 - share))
    root = (scatter + math.sqrt(scatter**2 + 4 * share * (least - 0.5))) / (2 * share)
    return rounded_up(max(least, math.ceil(root**2)))


def rounded_up(rows: int) -> int:
    """Return *rows* rounded up to two digits: 1,234 becomes 1,300."""
    unit = int(10 ** max(0, len(str(rows)) - 2))
    return math.ceil(rows / unit) * unit


def few_in_total(rows: int, least: int, what: str, kind: str = "rows") -> Few | None:
    """Return why *rows* of *what* (the batch, the baseline) are too few; None where they are enough."""
    if rows >= least:
        return None
    return Few(f"the {what} has {rows} {kind}; {least} are needed to tell anything", what, least)


def _kinds(
    sample: Sample, known: Sequence[Sample], place: int, facet: Facet, minimum: MinimumRows
) -> Iterator[_Kind]:
    """Yield the sides of a facet, then each label there; *known* tells how frequent they are."""
    which = "value" if facet.threshold is None else "threshold"
    doubt = f": is its {which}, {facet.group}, as the data have it?"
    of = sum(each.rows for each in known)
    counts = [each.counts(place) for each in known]
    inside, inside_good, outside, outside_good = (sum(each[at] for each in counts) for at in range(4))
    here = sample.counts(place)
    sides = (("inside", here[0], here[1], inside, inside_good), ("outside", *here[2:], outside, outside_good))
    for side, rows, good, every, every_good in sides:
        told = f"{side} {facet.name}"
        yield _Kind(told, rows, minimum.per_facet, every, of, doubt)
        labels = (("favourable", good, every_good), ("unfavourable", rows - good, every - every_good))
        for label, count, all_of_it in labels:
            least = minimum.per_facet_and_label
            yield _Kind(f"{told} with a label that is {label}", count, least, all_of_it, of)


def few_of_a_label(scored: Scored, minimum: MinimumRows, what: str) -> Few | None:
    """Return why *scored* has too few rows of an observed label to tell how good the model is at it.

    What a side of a facet needs of each label, the whole needs as well. Other problem types need no
    number of each: a class counts by its rows, and whatever rests on few of them scatters so in every split.
    """
    ones = int(scored.positive.sum())
    least = max(1, minimum.per_facet_and_label)
    kinds = (
        _Kind(f"with the label {label}", count, least, count, scored.rows)
        for label, count in (("1", ones), ("0", scored.rows - ones))
    )
    return next((few for few in (kind.few(what) for kind in kinds) if few), None)


def several_rows(count: int) -> str:
    """Return *count* rows, in the right number."""
    return "1 row" if count == 1 else f"{count} rows"


def total_shortages(samples: Sequence[Tuple[str, Sample]], minimum: MinimumRows) -> Tuple[Few, ...]:
    """Return why *samples* have too few rows to tell anything."""
    totals = (few_in_total(sample.rows, minimum.total, what, "labelled rows") for what, sample in samples)
    return tuple(few for few in totals if few)


def facet_shortages(
    samples: Sequence[Tuple[str, Sample]], facets: Sequence[Facet], minimum: MinimumRows
) -> dict[str, Few]:
    """Return why there are too few rows for each facet that has too few, by its name.

    What is said is the first that lacks; the rows are enough for all that lacks in that sample.
    """
    problems: dict[str, Few] = {}
    known = [sample for _, sample in samples]
    for place, facet in enumerate(facets):
        for what, sample in samples:
            kinds = _kinds(sample, known, place, facet, minimum)
            few = [each for each in (kind.few(what) for kind in kinds) if each]
            if few and facet.name not in problems:
                problems[facet.name] = _together(few)
    return problems


def _together(few: Sequence[Few]) -> Few:
    rows = [each.rows for each in few if each.rows is not None]
    first = few[0]
    most = max(rows) if len(rows) == len(few) else None
    if most is None or most == first.rows:
        return Few(first.why, first.sample, most)
    return Few(f"{first.why}, and about {most} all that lacks for it", first.sample, most)
