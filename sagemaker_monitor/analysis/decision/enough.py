"""Whether there are enough rows to tell anything, and for which facets.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from typing import Iterator, Sequence

from sagemaker_monitor.analysis.decision.sample import Sample
from sagemaker_monitor.analysis.decision.spec import Facet, MinimumRows
from sagemaker_monitor.analysis.documents.verdict import NotChecked


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


def several_rows(count: int) -> str:
    """Return *count* rows, in the right number."""
    return "1 row" if count == 1 else f"{count} rows"


def shortages(
    samples: Sequence[tuple[str, Sample]], facets: Sequence[Facet], minimum: MinimumRows
) -> tuple[tuple[NotChecked, ...], dict[str, str]]:
    """Return what is too few in total, and why for each facet that has too few, by its name."""
    totals = (too_few_in_total(sample.rows, minimum, what) for what, sample in samples)
    total = tuple(NotChecked("bias/*", why) for why in totals if why)
    facet_problems: dict[str, str] = {}
    for place, facet in enumerate(facets):
        for what, sample in samples:
            why = too_few_in_facet(sample, place, facet.name, minimum, what)
            if why and facet.name not in facet_problems:
                facet_problems[facet.name] = why
    return total, facet_problems
