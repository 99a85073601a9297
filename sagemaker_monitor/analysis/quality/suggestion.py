"""The constraints that a baseline suggests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.constraints import Constraints, FeatureConstraints

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.documents.statistics import Statistics, Texts

MOST_UNIQUE = 0.1
"""Values are a domain while at most this share of the distinct ones occurs only once."""


def suggest(statistics: Statistics) -> Constraints:
    """Return the constraints that the dataset behind *statistics* meets, but for mixed types.

    As with the analyzer, a Fractional column with some whole numbers written without a fraction does not
    meet its own: types are required of every value.
    """
    return Constraints(
        tuple(
            FeatureConstraints(
                each.name,
                each.inferred_type,
                completeness=each.num_present / (each.num_present + each.num_missing),
                is_non_negative=None if each.numbers is None else each.numbers.min >= 0,
                domains=None if each.texts is None else _domains(each.texts),
            )
            for each in statistics.features
        )
    )


def _domains(texts: Texts) -> tuple[str, ...] | None:
    """Return the values by falling frequency when they look like categories (Deequ's rule)."""
    if texts.counts is None:
        return None
    unique = sum(count == 1 for count in texts.counts.values())
    return tuple(texts.counts) if unique / len(texts.counts) <= MOST_UNIQUE else None
