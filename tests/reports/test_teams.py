"""Findings of monitors that teams brought: nothing is said of them that only the team knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sagemaker_monitor.analysis.documents.verdict import Check, Finding, Limit
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.reports import findings
from sagemaker_monitor.reports.crossings import crossing
from sagemaker_monitor.reports.distributions import NOT_DRAWN
from sagemaker_monitor.reports.history import HistoryInput, PastRun
from sagemaker_monitor.reports.history.content import history
from tests.operations.emulated import make_verdict
from tests.pipelines.conftest import environment

METRIC = Finding(
    check="CustomTextDrift",
    monitor="custom/text_drift",
    metric="words",
    facet=None,
    facet_value=None,
    value=0.3,
    baseline=0.1,
    limit=Limit("maximum", None, 0.2),
    rule="custom/*",
    action="fail",
    crossed=True,
    aws_violation=False,
    message="text_drift: words is 0.30, at most 0.20 is allowed (baseline 0.10)",
)


@pytest.mark.parametrize("metric", ["DI", "recall", "baseline_drift_check"])
def test_what_a_metric_is_called_gives_it_no_meaning(metric: str) -> None:
    """Only the team knows what it measures, and in which direction it is worse."""
    told = crossing(replace(METRIC, metric=metric), NOT_DRAWN)

    assert (told.name, told.words, told.moved, told.neutral, told.drawing) == ("", "", "", "", None)


def test_an_error_rate_says_that_it_leaves_them_out() -> None:
    """Where a team's monitor was compared; not where its first baseline was made."""
    check = Check("CustomTextDrift", "CUSTOM:text_drift", "compared", None, None, None, 0)
    verdict = make_verdict(environment(), "arn", checks=(check,))

    assert findings.has_custom(verdict)
    assert not findings.has_custom(replace(verdict, checks=(replace(check, status="established"),)))
    assert not findings.has_custom(make_verdict(environment(), "arn"))


@pytest.mark.parametrize("metric", ["DI", "recall", "baseline_drift_check"])
def test_over_time_it_has_no_meaning_either(metric: str) -> None:
    """Its drawing is headed by its own name, below the monitor's."""
    arn = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/mortgage-register-local/execution/e1"
    verdict = make_verdict(environment(), arn, "refused", findings=(replace(METRIC, metric=metric),))
    run = PastRun("monitor-batch", arn, "Failed", datetime(2026, 3, 2, tzinfo=UTC), to_json(verdict))

    report = history(HistoryInput("mortgage", "local", (run,), (), datetime(2026, 3, 3, tzinfo=UTC)))
    (chapter,) = report.chapters
    assert chapter.title == "Custom monitor text_drift"
    assert [(chart.title, chart.name) for chart in chapter.charts] == [(f"{metric}, text_drift", "")]
    assert report.glossary == ()
