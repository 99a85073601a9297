"""What each metric says in plain words; of bias metrics, which way hurts the group."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.analysis.bias.meanings import MEANINGS

__all__ = ["DRIFT", "MEANINGS", "QUALITY", "QualityMeaning", "direction"]


@dataclass(frozen=True)
class QualityMeaning:
    """A check of inputs in words: the *title* of what fails it, and what its *measure* is called."""

    title: str
    name: str
    words: str
    measure: str = "share met"


DRIFT = "baseline_drift_check"

QUALITY: dict[str, QualityMeaning] = {
    DRIFT: QualityMeaning(
        "drifted",
        "Distance between the distributions of baseline and batch",
        "the largest difference between the shares of values that are at most as large, or of one category;"
        " 0 is the same distribution, 1 has nothing in common",
        measure="distance",
    ),
    "data_type_check": QualityMeaning(
        "values of another type",
        "Type of the values",
        "share of the values that are of the type that the baseline has; 1 and 1.0 are different types",
    ),
    "completeness_check": QualityMeaning(
        "values are missing", "Completeness", "share of the rows that have a value"
    ),
    "categorical_values_check": QualityMeaning(
        "values that the baseline does not know",
        "Known categories",
        "share of the values that occur in the baseline",
    ),
    "missing_column_check": QualityMeaning(
        "Columns are missing",
        "Number of columns",
        "with another number of columns AWS compares nothing else, and no policy lets it pass",
    ),
    "extra_column_check": QualityMeaning(
        "There are columns too many",
        "Number of columns",
        "with another number of columns AWS compares nothing else, and no policy lets it pass",
    ),
}


def direction(metric: str, value: float | None, baseline: float | None) -> str:
    """Return in words how *metric* moved from *baseline*; empty where nothing can be said."""
    meaning = MEANINGS.get(metric)
    if meaning is None or value is None or baseline is None or value == baseline:
        return ""
    now, before = value - meaning.neutral, baseline - meaning.neutral
    if meaning.against == 0:
        return "larger than in the baseline" if abs(now) > abs(before) else "smaller than in the baseline"
    hurts, hurt = meaning.against * now, meaning.against * before
    if hurts > 0 >= hurt:
        return "against the group now, which it was not in the baseline"
    if hurts > 0:
        return "further against the group" if hurts > hurt else "against the group, less than in the baseline"
    if hurt > 0:
        return "no longer against the group"
    return "further in the group's favour" if hurts < hurt else "closer to equal"
