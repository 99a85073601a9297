"""The words for metrics agree with the metrics themselves."""

from __future__ import annotations

import pytest

from sagemaker_monitor.analysis.bias.metrics import METRICS
from sagemaker_monitor.reports.meanings import MEANINGS, direction


def test_every_metric_of_clarify_has_words() -> None:
    """The 20 metrics that follow from counts and the flip test are explained, and nothing else."""
    assert set(MEANINGS) == {*METRICS, "FT"}


def test_neutral_values_are_the_metrics_own() -> None:
    """A metric's neutral value here is the one it is judged by."""
    assert {name: MEANINGS[name].neutral for name in METRICS} == {n: m.neutral for n, m in METRICS.items()}


@pytest.mark.parametrize(
    ("metric", "value", "baseline", "words"),
    [
        ("DPL", 0.4, 0.2, "further against the group"),
        ("DPL", 0.1, 0.2, "against the group, less than in the baseline"),
        ("DPL", 0.1, -0.2, "against the group now, which it was not in the baseline"),
        ("DPL", 0.1, 0.0, "against the group now, which it was not in the baseline"),
        ("DPL", -0.1, 0.2, "no longer against the group"),
        ("DPL", 0.0, 0.2, "no longer against the group"),
        ("DPL", -0.3, -0.2, "further in the group's favour"),
        ("DPL", -0.1, -0.2, "closer to equal"),
        ("DI", 0.6, 0.8, "further against the group"),
        ("DI", 1.2, 0.8, "no longer against the group"),
        ("TE", float("inf"), 0.2, "further against the group"),
        ("KL", 0.3, 0.2, "larger than in the baseline"),
        ("KL", 0.1, 0.2, "smaller than in the baseline"),
        ("DPL", 0.2, 0.2, ""),
        ("DPL", None, 0.2, ""),
        ("DPL", 0.2, None, ""),
        ("NEW", 0.4, 0.2, ""),
    ],
)
def test_direction_is_told_from_the_groups_side(
    metric: str, value: float | None, baseline: float | None, words: str
) -> None:
    """How a metric moved is told for the people in the group, and not at all where it cannot be."""
    assert direction(metric, value, baseline) == words
