"""What no recorded run of AWS shows: the rule that the code follows, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One behaviour that rests on documentation, on published code, or on inference."""

    subject: str
    rule: str
    source: str


_METRICS = "docs.aws.amazon.com, Model quality metrics"

RULES: tuple[Rule, ...] = (
    Rule(
        "Model quality: multiclass metrics",
        "metrics weighted by class; the documented counts give the documented values to 1e-15",
        f"{_METRICS}; scikit-learn",
    ),
    Rule(
        "Model quality: regression metrics",
        "mae, mse, rmse, r2; the documented example gives the documented values, within 1e-15",
        f"{_METRICS}; scikit-learn",
    ),
    Rule(
        "Model quality: order of violations of several classes",
        "that of a hash map of Scala 2.12, which gives the recorded order of the binary ones",
        "inference from the recorded reports",
    ),
    Rule(
        "Model quality: ROC and precision-recall curves",
        "Spark's: one point a distinct score, (0, 0) before, (1, 1) after; recall 0 has the first precision",
        "Apache Spark MLlib, BinaryClassificationMetrics; scikit-learn",
    ),
)
