"""What each metric says in plain words; of bias metrics, which way hurts the group."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.analysis.bias.meanings import MEANINGS
from sagemaker_monitor.analysis.documents.verdict import Finding

__all__ = ["DRIFT", "MEANINGS", "QUALITY", "QualityMeaning", "direction"]


@dataclass(frozen=True)
class QualityMeaning:
    """A check of inputs in words: the *title* of what fails it, and what its *measure* is called."""

    title: str
    name: str
    words: str
    measure: str = "share met"


@dataclass(frozen=True)
class ModelMeaning:
    """A metric of the model in words, and the direction that is worse: lower or higher."""

    name: str
    words: str
    worse: str = "lower"


NDCG = "ndcg"
MODEL: dict[str, ModelMeaning] = {
    # In the order in which they tell most.
    "auc": ModelMeaning(
        "Area under the ROC curve",
        "how often a row observed as 1 has a higher score than one observed as 0; 0.5 is chance, 1 is always",
    ),
    "accuracy": ModelMeaning("Accuracy", "share of the rows that are predicted as they were observed"),
    "recall": ModelMeaning("Recall", "share of the rows observed as 1 that the model predicts as 1"),
    "precision": ModelMeaning("Precision", "share of the rows predicted as 1 that were observed as 1"),
    "f0_5": ModelMeaning("F0.5", "recall and precision in one number, precision counting twice as much"),
    "f1": ModelMeaning("F1", "recall and precision in one number, both counting alike"),
    "f2": ModelMeaning("F2", "recall and precision in one number, recall counting twice as much"),
    "true_positive_rate": ModelMeaning("True positive rate", "the same as recall"),
    "true_negative_rate": ModelMeaning(
        "True negative rate", "share of the rows observed as 0 that the model predicts as 0"
    ),
    "false_positive_rate": ModelMeaning(
        "False positive rate", "share of the rows observed as 0 that the model predicts as 1", "higher"
    ),
    "false_negative_rate": ModelMeaning(
        "False negative rate", "share of the rows observed as 1 that the model predicts as 0", "higher"
    ),
    "weighted_recall": ModelMeaning(
        "Weighted recall", "recall of each class, each counting by its rows; the same as accuracy"
    ),
    "weighted_precision": ModelMeaning(
        "Weighted precision",
        "share of the rows predicted as a class that were observed as it, each class counting by its rows",
    ),
    "weighted_f1": ModelMeaning("Weighted F1", "F1 of each class, each counting by its rows"),
    "weighted_f0_5": ModelMeaning("Weighted F0.5", "F0.5 of each class, each counting by its rows"),
    "weighted_f2": ModelMeaning("Weighted F2", "F2 of each class, each counting by its rows"),
    "mae": ModelMeaning(
        "Mean absolute error",
        "how far predictions are from the labels on average, in the label's unit; 0 is always right",
        "higher",
    ),
    "rmse": ModelMeaning(
        "Root mean squared error",
        "how far predictions are from the labels, in the label's unit, large errors counting more",
        "higher",
    ),
    "mse": ModelMeaning(
        "Mean squared error", "the square of the root mean squared error; 0 is always right", "higher"
    ),
    "r2": ModelMeaning(
        "Coefficient of determination",
        "share of the labels' variance that predictions explain; 1 is all, 0 no more than their mean does",
    ),
    NDCG: ModelMeaning(
        "Agreement of two rankings of the features",
        "the features in the order of their attributions now, each gaining what the baseline attributes to"
        " it, the first most; 1 is the baseline's order. It says that the model decides otherwise, not that"
        " it decides worse",
    ),
}
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


def worsened(finding: Finding) -> str:
    """Return in words how a metric of the model moved from its baseline; empty where nothing can be said."""
    known = MODEL.get(finding.metric)
    worse = finding.worse or (known.worse if known else None)
    if finding.value is None or finding.baseline is None or worse is None:
        return ""
    if finding.value == finding.baseline:
        return "as in the baseline"
    lower = finding.value < finding.baseline
    return "worse than in the baseline" if lower == (worse == "lower") else "better than in the baseline"


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
