"""Whether there are enough rows to tell anything, and for which facets.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from typing import Iterator, Sequence

from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.scored import Scored
from sagemaker_monitor.analysis.decision.spec import Facet, MinimumRows


def too_few_in_total(rows: int, minimum: MinimumRows, what: str) -> str | None:
    """Return why *rows* of *what* (the batch, the baseline) are too few; None where they are enough."""
    if rows >= minimum.total:
        return None
    return f"the {what} has {rows} labelled rows; {minimum.total} are needed to tell anything"


def _sides(sample: Sample, facet: int, name: str) -> Iterator[tuple[str, int, int, int]]:
    inside, inside_good, outside, outside_good = sample.counts(facet)
    yield f"inside {name}", inside, inside_good, inside - inside_good
    yield f"outside {name}", outside, outside_good, outside - outside_good


def too_few_in_facet(sample: Sample, facet: int, name: str, minimum: MinimumRows, what: str) -> str | None:
    """Return why *sample* has too few rows on a side of the facet, or of a label there; None where enough."""
    for side, rows, favourable, unfavourable in _sides(sample, facet, name):
        if rows < minimum.per_facet:
            return f"the {what} has {several_rows(rows)} {side}; {minimum.per_facet} are needed"
        for label, count in (("favourable", favourable), ("unfavourable", unfavourable)):
            if count < minimum.per_facet_and_label:
                return (
                    f"the {what} has {several_rows(count)} {side} with a label that is {label}; "
                    f"{minimum.per_facet_and_label} are needed"
                )
    return None


def too_few_of_a_label(scored: Scored, minimum: MinimumRows, what: str) -> str | None:
    """Return why *scored* has too few rows of an observed label to tell how good the model is at it.

    What a side of a facet needs of each label, the whole needs as well. Other problem types need no
    number of each: a class counts by its rows, and whatever rests on few of them scatters so in every split.
    """
    counts = (("1", int(scored.positive.sum())), ("0", int((~scored.positive).sum())))
    least = max(1, minimum.per_facet_and_label)
    few = next(((label, count) for label, count in counts if count < least), None)
    if few is None:
        return None
    return f"the {what} has {several_rows(few[1])} with the label {few[0]}; {least} are needed"


def several_rows(count: int) -> str:
    """Return *count* rows, in the right number."""
    return "1 row" if count == 1 else f"{count} rows"


def total_shortages(samples: Sequence[tuple[str, Sample]], minimum: MinimumRows) -> tuple[str, ...]:
    """Return why *samples* have too few rows to tell anything."""
    totals = (too_few_in_total(sample.rows, minimum, what) for what, sample in samples)
    return tuple(why for why in totals if why)


def facet_shortages(
    samples: Sequence[tuple[str, Sample]], facets: Sequence[Facet], minimum: MinimumRows
) -> dict[str, str]:
    """Return why there are too few rows for each facet that has too few, by its name."""
    problems: dict[str, str] = {}
    for place, facet in enumerate(facets):
        for what, sample in samples:
            why = too_few_in_facet(sample, place, facet.name, minimum, what)
            if why and facet.name not in problems:
                problems[facet.name] = why
    return problems
