"""Whether the page of metrics is what the code says."""

from __future__ import annotations

from sagemaker_monitor.reports.metrics_reference import markdown
from sagemaker_monitor.settings.rules import BIAS_METRICS, MODEL_QUALITY_METRICS


def test_every_metric_that_a_rule_may_name_has_its_line() -> None:
    """No metric of bias or model quality is left out, whatever the problem type."""
    page = markdown()

    for name in (*BIAS_METRICS, *{each for names in MODEL_QUALITY_METRICS.values() for each in names}):
        assert f"| `{name}` |" in page, name
