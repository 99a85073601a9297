"""What alarms may say, how a mistake in them is answered, and which metric of CloudWatch each one watches."""

from __future__ import annotations

import pytest

from sagemaker_monitor.analysis.container.metrics import Monitor, of_bias
from sagemaker_monitor.analysis.documents.analysis import Analysis, BiasSection, FacetResult, MetricResult
from sagemaker_monitor.operations.resources.watched_metrics import metric_of
from sagemaker_monitor.settings import load_environment, load_model

from .conftest import BASE, DEV, MODEL, Project

WATCHED = (
    MODEL.replace(
        "monitors:\n",
        "  ground_truth: {uri: labels/}\nendpoint: {}\nmonitors:\n  data_quality: {}\n  model_quality: {}\n"
        "  explainability: {baseline: [[1, 2]]}\n",
    )
    + """monitoring_schedules:
  inputs: {monitor: data_quality, of: batches, expression: "cron(0 6 ? * * *)"}
  quality: {monitor: model_quality, of: endpoint, expression: "cron(0 6 ? * * *)"}
  fairness: {monitor: bias, of: batches, expression: "cron(0 6 ? * * *)"}
  silent:
    monitor: model_quality
    of: batches
    expression: "cron(0 6 ? * * *)"
    publish_cloudwatch_metrics: false
"""
)
LINE = len(WATCHED.splitlines()) + 1


@pytest.fixture
def files(project: Project) -> Project:
    """A folder with the environment dev."""
    project.write("environments/base.yaml", BASE)
    project.write("environments/dev.yaml", f"{DEV}schedules: enabled\n")
    return project


def problems(files: Project, said: str) -> list[str]:
    """Return what is wrong with the alarm that says this, without the file and the line."""
    files.write("models/loans.yaml", f"{WATCHED}alarms: {{one: {{{said}}}}}\n")
    begins = f"models/loans.yaml:{LINE}: alarms.one"
    return [each.removeprefix(begins) for each in files.problems("model", "loans")]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("match: model_quality/recall, below: 0.8", ": needs one of schedule and pipeline, and has neither"),
        (
            "match: model_quality/recall, below: 0.8, above: 0.9, pipeline: monitor-batch",
            ": needs one of above and below, and has both",
        ),
        (
            "match: model_quality/*, below: 0.8, pipeline: monitor-batch",
            ".match: 'model_quality/*' is nothing to watch: an alarm is about one metric",
        ),
        (
            "match: model_quality/recal, below: 0.8, pipeline: monitor-batch",
            ".match: 'model_quality/recal' is nothing to watch: no metric is called 'recal'",
        ),
        (
            "match: bias/CDDL/black, above: 0.1, pipeline: monitor-batch",
            ".match: 'bias/CDDL/black': CDDL and CDDPL need monitors.bias.group_variable",
        ),
        (
            "match: model_quality/recall, below: 0.8, schedule: qualities",
            ".schedule: is none of monitoring_schedules: 'qualities'",
        ),
        (
            "match: model_quality/recall, below: 0.8, schedule: inputs",
            ".match: is of model_quality, and the schedule inputs runs data_quality",
        ),
        (
            "match: model_quality/recall, below: 0.8, schedule: silent",
            ".schedule: silent has publish_cloudwatch_metrics: false, so there is no metric",
        ),
        (
            "match: data_quality/completeness_check/income, below: 0.8, schedule: inputs",
            ".match: a schedule publishes distances, of baseline_drift_check, and no shares",
        ),
        (
            "match: explainability/ndcg, below: 0.9, pipeline: monitor-ground-truth",
            ".pipeline: is monitor-ground-truth, which judges labels alone, and not explainability",
        ),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(files: Project, said: str, answer: str) -> None:
    """Each one names its key, and what is allowed."""
    (found,) = problems(files, said)

    assert found.startswith(answer)


def watched(files: Project, said: str) -> tuple[str, str, dict[str, str]]:
    """Return namespace, name and dimensions of the metric that an alarm watches in dev."""
    files.write("models/loans.yaml", f"{WATCHED}alarms: {{one: {{{said}}}}}\n")
    model, environment = load_model("loans", files.conf), load_environment("dev", files.conf)
    found = metric_of(model.alarms["one"], model, environment)
    assert found is not None
    return found.namespace, found.name, dict(found.dimensions)


def test_a_verdicts_metric_is_called_as_its_rule_names_it(files: Project) -> None:
    """With the dimensions that decide gives it."""
    assert watched(files, "match: model_quality/recall, below: 0.8, pipeline: monitor-batch") == (
        "sagemaker-monitor",
        "model_quality/recall",
        {"Environment": "dev", "Model": "loans", "Pipeline": "monitor-batch"},
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "match: data_quality/baseline_drift_check/income, above: 0.2, schedule: inputs",
            (
                "aws/sagemaker/ModelMonitoring/data-metrics",
                "feature_baseline_drift_income",
                {"MonitoringSchedule": "loans-inputs-dev"},
            ),
        ),
        (
            "match: model_quality/recall, below: 0.8, schedule: quality",
            (
                "aws/sagemaker/Endpoints/model-metrics",
                "recall",
                {"Endpoint": "loans-dev", "MonitoringSchedule": "loans-quality-dev"},
            ),
        ),
    ],
)
def test_a_schedules_metric_is_called_as_sagemaker_documents(
    files: Project, said: str, expected: tuple[str, str, dict[str, str]]
) -> None:
    """An alarm needs every dimension that the metric is published with."""
    assert watched(files, said) == expected


@pytest.mark.parametrize("match", ["bias/DPPL/black", "model_bias/DPPL/black/1"])
def test_an_alarm_on_bias_has_the_dimensions_that_a_schedule_publishes(files: Project, match: str) -> None:
    """Stage, label, facet and their values, by the code that leaves a monitoring job's metrics."""
    namespace, name, dimensions = watched(files, f'match: "{match}", above: 0.2, schedule: fairness')
    monitor = Monitor(None, "loans-fairness-dev", "2026-03-01T13:00:00Z")
    found = FacetResult("1", (MetricResult("DPPL", "", 0.3),))
    section = BiasSection("approve", {"black": (found,)}, "1")
    (published,) = of_bias(monitor, Analysis(post_training=section))

    assert namespace == "aws/sagemaker/ModelMonitoring/bias-metrics"
    assert (name, dimensions) == (published.name, dict(published.dimensions))


@pytest.mark.parametrize(
    ("window", "seconds"),
    [("", 86400), ("window: {start: -PT3H}", 10800), ("window: {start: -P3D}", 86400)],
)
def test_an_alarm_waits_as_long_as_a_schedule_dates_its_metrics_back(
    files: Project, window: str, seconds: int
) -> None:
    """To the beginning of its window, an hour at least, a day at most; by default since the run before."""
    told = 'inputs: {monitor: data_quality, of: batches, expression: "cron(0 6 ? * * *)"'
    alarm = "alarms: {one: {match: data_quality/baseline_drift_check/income, above: 0.2, schedule: inputs}}"
    written = f"{WATCHED}{alarm}\n".replace(told, f"{told}, {window}" if window else told)
    files.write("models/loans.yaml", written)
    model, environment = load_model("loans", files.conf), load_environment("dev", files.conf)
    found = metric_of(model.alarms["one"], model, environment)

    assert found is not None
    assert found.period == seconds
