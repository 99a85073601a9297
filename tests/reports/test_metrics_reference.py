"""Whether the page of metrics is what the code says."""

from __future__ import annotations

from pathlib import Path

from sagemaker_monitor.reports.metrics_reference import PAGE, markdown, write
from sagemaker_monitor.settings.rules import BIAS_METRICS, MODEL_QUALITY_METRICS

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date(tmp_path: Path) -> None:
    """What is committed is what the generator writes."""
    write(tmp_path)

    assert (tmp_path / PAGE).read_text(encoding="utf-8") == markdown()
    assert (ROOT / "docs" / PAGE).read_text(encoding="utf-8") == markdown()


def test_every_metric_that_a_rule_may_name_has_its_line() -> None:
    """No metric of bias or model quality is left out, whatever the problem type."""
    page = markdown()

    for name in (*BIAS_METRICS, *{each for names in MODEL_QUALITY_METRICS.values() for each in names}):
        assert f"| `{name}` |" in page, name
