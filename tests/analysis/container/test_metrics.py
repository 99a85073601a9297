"""The CloudWatch metrics that monitoring containers leave: which, of what, and when none."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.container.metrics import Monitor, leave, of_bias, of_model_quality
from sagemaker_monitor.analysis.container.paths import Paths
from sagemaker_monitor.analysis.documents.analysis import Analysis, BiasSection, FacetResult, MetricResult
from sagemaker_monitor.analysis.documents.cloudwatch import MetricRecord
from sagemaker_monitor.analysis.documents.model_statistics import Metric, ModelStatistics
from sagemaker_monitor.analysis.errors import AnalysisError

from .conftest import Container
from .test_clarify import CSV, config

TIME = "2026-03-01T13:00:00Z"
MONITOR = {
    "publish_cloudwatch_metrics": "Enabled",
    "sagemaker_endpoint_name": "churn",
    "sagemaker_monitoring_schedule_name": "daily",
    "metric_time": TIME,
}
BATCH = Monitor(None, "daily", TIME)
COMMON = (("Endpoint", "churn"), ("MonitoringSchedule", "daily"))


def left(container: Container) -> list[MetricRecord]:
    """Return the records of a container's metric file, none without one."""
    file = container.root / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl"
    return [MetricRecord.from_json(line) for line in file.read_text().splitlines()] if file.exists() else []


def analysis(*metrics: MetricResult, group: str = "1") -> Analysis:
    """Return an analysis of one facet after training."""
    return Analysis(post_training=BiasSection("approve", {"sex": (FacetResult(group, metrics),)}, "1"))


# --- whether, and of what ----------------------------------------------------------------------


@pytest.mark.parametrize("switch", [{}, {"publish_cloudwatch_metrics": "Disabled"}])
def test_without_the_switch_there_are_no_metrics(container: Container, switch: dict[str, str]) -> None:
    """As in every baseline job and every check of a pipeline: no file."""
    done = container.add("d.csv", CSV).run(
        config(), variables={**MONITOR, "publish_cloudwatch_metrics": "", **switch}
    )

    assert done.code == 0, done.log
    assert left(container) == []


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"publish_cloudwatch_metrics": "yes"}, "'yes'; it must be one of Enabled, Disabled"),
        ({"metric_time": "now"}, "metric_time is 'now'; it must be a time such as 2026-03-01T13:00:00Z"),
    ],
)
def test_variables_that_say_something_else_are_refused(
    container: Container, variables: dict[str, str], problem: str
) -> None:
    """The job fails before it computes, and names the variable."""
    done = container.add("d.csv", CSV).run(config(), variables={**MONITOR, **variables})

    assert done.code == 1
    assert problem in done.message
    assert (done.files, left(container)) == ([], [])


def test_a_job_that_no_schedule_started_has_neither_dimension_and_the_present_time() -> None:
    """There is nothing to name, and the file contract requires a time."""
    monitor = Monitor.of({"publish_cloudwatch_metrics": "Enabled"})

    assert monitor is not None
    (record,) = monitor.record("auc", 0.5)
    assert record.dimensions == ()
    assert record.problem is None
    assert record.moment.tzinfo is not None


def test_a_batch_has_no_endpoint() -> None:
    """Only the schedule is named."""
    (record,) = BATCH.record("auc", 0.5, Label="x")

    assert record.dimensions == (("MonitoringSchedule", "daily"), ("Label", "x"))


# --- bias --------------------------------------------------------------------------------------


def test_every_bias_metric_of_a_job_is_left_with_its_facet(container: Container) -> None:
    """Seven of eight pre-training metrics have a value; the one with an error is not published."""
    done = container.add("d.csv", CSV).run(config(), variables=MONITOR)

    document = done.document("analysis.json")["pre_training_bias_metrics"]["facets"]["sex"][0]["metrics"]
    records = left(container)
    assert [each["name"] for each in document if "error" in each] == ["CDDL"]
    assert {each.name: each.value for each in records} == {
        f"bias_metric_{each['name']}": each["value"] for each in document if "error" not in each
    }
    assert {(each.timestamp, each.dimensions) for each in records} == {
        (
            TIME,
            (
                *COMMON,
                ("BiasStage", "Pre-training"),
                ("Label", "approve"),
                ("LabelValue", "1"),
                ("Facet", "sex"),
                ("FacetValue", "1"),
            ),
        )
    }


def test_infinity_is_published_as_a_number_and_null_not_at_all() -> None:
    """As Clarify's documentation says."""
    records = of_bias(
        BATCH,
        analysis(
            MetricResult("DI", "", math.inf),
            MetricResult("TE", "", -math.inf),
            MetricResult("FT", "", None, "why"),
            MetricResult("RD", "", math.nan),
        ),
    )

    assert [(each.name, each.value) for each in records] == [
        ("bias_metric_DI", 2.348543e108),
        ("bias_metric_TE", -2.348543e108),
    ]


def test_stages_are_spelled_as_clarify_spells_them() -> None:
    """Pre-training, but Post-Training."""
    section = BiasSection("y", {"sex": (FacetResult("1", (MetricResult("X", "", 1.0),)),)}, "1")
    records = of_bias(BATCH, Analysis(post_training=section, pre_training=section))

    assert [dict(each.dimensions)["BiasStage"] for each in records] == ["Pre-training", "Post-Training"]


# --- model quality -----------------------------------------------------------------------------


def test_every_metric_of_model_quality_has_its_name_in_the_statistics() -> None:
    """Numbers that are not there are left out; deviations are not published."""
    metrics = {"auc": Metric(0.9, 0.01), "precision": Metric(math.nan), "r2": Metric(-math.inf)}
    records = of_model_quality(BATCH, ModelStatistics("Regression", 3, metrics))

    assert [(each.name, each.value, each.dimensions) for each in records] == [
        ("auc", 0.9, (("MonitoringSchedule", "daily"),)),
        ("r2", -2.348543e108, (("MonitoringSchedule", "daily"),)),
    ]


# --- the file ----------------------------------------------------------------------------------


def test_what_cloudwatch_does_not_take_is_printed_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A group beyond ASCII cannot be a dimension: one warning for all of its metrics, the others are left."""
    metrics = MetricResult("DI", "", 1.0), MetricResult("RD", "", 0.1)
    paths = Paths(tmp_path)
    leave(paths, [*of_bias(BATCH, analysis(*metrics, group="Männer")), *BATCH.record("auc", 0.5)])

    text = (paths.metrics / "cloudwatch_metrics.jsonl").read_text()
    lines: list[Any] = [json.loads(each) for each in text.splitlines()]
    assert [each["MetricName"] for each in lines] == ["auc"]
    printed = capsys.readouterr().out
    assert "warning: 2 metrics are not published: dimension FacetValue must be ASCII" in printed
    assert [each.name for each in paths.metrics.parent.iterdir()] == ["cloudwatch"]


def test_without_metrics_there_is_no_file(tmp_path: Path) -> None:
    """An empty directory would say that something was measured."""
    leave(Paths(tmp_path), [])

    assert list(tmp_path.iterdir()) == []


def test_a_schedule_that_cannot_be_named_is_no_error_of_the_job() -> None:
    """The environment is SageMaker's: whatever it says, a problem with it is one of the metrics."""
    (record,) = Monitor(None, "tägl", TIME).record("auc", 0.5)

    assert record.problem is not None
    with pytest.raises(AnalysisError):
        Monitor.of({**MONITOR, "metric_time": "13 o'clock"})
