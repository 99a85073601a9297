"""The CloudWatch metrics of data quality: AWS's names, the statistics' numbers, and the switches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.cloudwatch import MetricRecord, StatisticSet

from .conftest import Analyzer

DATA = "a,b,c\n" + "".join(f"{n},{'' if n % 4 == 0 else n / 2},{'xyz'[n % 3]}\n" for n in range(12))
MOVED = "a,b,c\n" + "".join(f"{n + 100},{n / 2},{'zzx'[n % 3]}\n" for n in range(12))
MONITOR = {
    "publish_cloudwatch_metrics": "Enabled",
    "sagemaker_endpoint_name": "churn",
    "sagemaker_monitoring_schedule_name": "daily",
    "metric_time": "2026-03-01T13:00:00Z",
}
COMMON = (("Endpoint", "churn"), ("MonitoringSchedule", "daily"))


def left(analyzer: Analyzer) -> list[MetricRecord]:
    """Return the records that the last run left, none without a file."""
    folder = analyzer.root / str(analyzer.runs) / "output" / "metrics" / "cloudwatch"
    lines = [line for file in folder.glob("*") for line in file.read_text().splitlines()]
    return [MetricRecord.from_json(line) for line in lines]


def values(records: list[MetricRecord], dimensions: Any) -> dict[str, Any]:
    """Return the values by name of the records with these *dimensions*."""
    return {each.name: each.value for each in records if each.dimensions == dimensions}


def edited(document: dict[str, Any], **config: Any) -> dict[str, Any]:
    """Return constraints with changes to their monitoring configuration."""
    return {**document, "monitoring_config": {**document["monitoring_config"], **config}}


def test_the_documented_metrics_have_the_numbers_of_the_statistics(analyzer: Analyzer) -> None:
    """Sets of numbers for numerical features, counts of values for all; no drift without a baseline."""
    done = analyzer.run(DATA, **MONITOR)

    assert done.code == 0, done.log
    records = left(analyzer)
    assert {each.timestamp for each in records} == {"2026-03-01T13:00:00Z"}
    assert values(records, COMMON) == {
        "feature_data_a": StatisticSet(12, 66, 0, 11),
        "feature_data_b": StatisticSet(9, 27, 0.5, 5.5),
        "feature_non_null_a": 12,
        "feature_non_null_b": 9,
        "feature_non_null_c": 12,
    }
    numbers = done.feature("b")["numerical_statistics"]
    assert (numbers["common"]["num_present"], numbers["sum"], numbers["min"], numbers["max"]) == (
        9,
        27,
        0.5,
        5.5,
    )


def test_the_newer_metrics_have_the_feature_as_a_dimension(analyzer: Analyzer) -> None:
    """Counts of types and nulls, completeness and distinct values of one feature are found by it."""
    analyzer.run(DATA, **MONITOR)

    assert values(left(analyzer), (*COMMON, ("Feature", "b"))) == {
        "feature_null_b": 3,
        "feature_completeness_b": 0.75,
        "feature_estimated_unique_values_b": 9,
        "feature_fractional_counts_b": 9,
        "feature_integral_counts_b": 0,
        "feature_string_counts_b": 0,
        "feature_boolean_counts_b": 0,
        "feature_unknown_counts_b": 3,
    }
    texts = values(left(analyzer), (*COMMON, ("Feature", "c")))
    assert texts["feature_estimated_unique_values_c"] == 3
    assert texts["feature_string_counts_c"] == 12


def test_distinct_numbers_beyond_what_a_sketch_holds_are_not_published(analyzer: Analyzer) -> None:
    """3,000 numbers are sampled by their sketch, which cannot tell how many there are."""
    analyzer.run("a\n" + "".join(f"{n}\n" for n in range(3000)), **MONITOR)

    names = {each.name for each in left(analyzer)}
    assert "feature_data_a" in names
    assert "feature_estimated_unique_values_a" not in names


def test_drift_is_published_whether_or_not_it_violates(analyzer: Analyzer) -> None:
    """The distance that the check compares: the robust one, corrected for the numbers of rows."""
    baseline = analyzer.run(DATA)
    constraints = baseline.document("constraints.json")
    constraints["monitoring_config"]["distribution_constraints"]["comparison_threshold"] = 0.2

    done = analyzer.run(MOVED, baseline=baseline, constraints=constraints, **MONITOR)

    drift = {name: value for name, value in values(left(analyzer), COMMON).items() if "drift" in name}
    corrected = 1.8 * (24 / 144) ** 0.5
    assert drift == pytest.approx(
        {
            "feature_baseline_drift_a": 1 - corrected,
            "feature_baseline_drift_b": 0.0,
            "feature_baseline_drift_c": 0.0,
        }
    )
    assert [(name, check) for name, check, _ in done.violations] == [("a", "baseline_drift_check")]
    assert (
        done.violations[0][2]
        == f"Baseline drift distance: {drift['feature_baseline_drift_a']} exceeds threshold: 0.2"
    )


def test_drift_is_published_beside_violations_that_hide_it(analyzer: Analyzer) -> None:
    """A column of another type has no distance; the others have, though the report is silent about them."""
    baseline = analyzer.run(DATA)

    done = analyzer.run(MOVED.replace("100,", "x,"), baseline=baseline, **MONITOR)

    assert {check for _, check, _ in done.violations} == {"data_type_check"}
    drift = {name for name in values(left(analyzer), COMMON) if "drift" in name}
    assert drift == {"feature_baseline_drift_b", "feature_baseline_drift_c"}


@pytest.mark.parametrize("method", ["LInfinity", "ChiSquared"])
def test_without_comparison_there_is_no_drift_metric(analyzer: Analyzer, method: str) -> None:
    """perform_comparison Disabled means that nothing is compared."""
    baseline = analyzer.run(DATA)
    document = baseline.document("constraints.json")
    distribution = document["monitoring_config"]["distribution_constraints"]
    distribution["perform_comparison"] = "Disabled"

    analyzer.run(MOVED, baseline=baseline, constraints=document, **MONITOR, categorical_drift_method=method)

    assert not [each for each in left(analyzer) if "drift" in each.name]


def test_emit_metrics_disabled_switches_all_of_it_off(analyzer: Analyzer) -> None:
    """The constraints decide, also over the job's environment."""
    baseline = analyzer.run(DATA)
    constraints = edited(baseline.document("constraints.json"), emit_metrics="Disabled")

    done = analyzer.run(DATA, baseline=baseline, constraints=constraints, **MONITOR)

    assert done.code == 0
    assert left(analyzer) == []


def test_emit_metrics_disabled_for_a_feature_leaves_the_others(analyzer: Analyzer) -> None:
    """An override of one feature is one of that feature."""
    baseline = analyzer.run(DATA)
    constraints = baseline.document("constraints.json")
    constraints["features"][1]["monitoringConfigOverrides"] = {"emit_metrics": "Disabled"}

    analyzer.run(DATA, baseline=baseline, constraints=constraints, **MONITOR)

    assert {each.name.rsplit("_", 1)[1] for each in left(analyzer)} == {"a", "c"}


def test_with_another_number_of_columns_nothing_is_published(analyzer: Analyzer) -> None:
    """The hosted analyzer ends with one violation and computes nothing."""
    baseline = analyzer.run(DATA)

    done = analyzer.run("a\n1\n", baseline=baseline, **MONITOR)

    assert [check for _, check, _ in done.violations] == ["missing_column_check"]
    assert left(analyzer) == []


def test_other_columns_that_are_not_checked_are_published_without_drift(analyzer: Analyzer) -> None:
    """With constraints switched off the columns' number may be any."""
    baseline = analyzer.run(DATA)
    constraints = edited(baseline.document("constraints.json"), evaluate_constraints="Disabled")

    done = analyzer.run("a\n1\n", baseline=baseline, constraints=constraints, **MONITOR)

    assert done.code == 0, done.log
    assert set(values(left(analyzer), COMMON)) == {"feature_data_a", "feature_non_null_a"}


def test_names_of_any_kind_are_told_apart(analyzer: Analyzer) -> None:
    """A name beyond ASCII is a metric's name, which CloudWatch takes, and no dimension, which it does not."""
    done = analyzer.run("größe,b c\n1,2\n", **MONITOR)

    names = {each.name for each in left(analyzer)}
    assert {"feature_data_größe", "feature_data_b c"} <= names
    assert not [each for each in left(analyzer) if ("Feature", "größe") in each.dimensions]
    assert "metrics are not published: dimension Feature must be ASCII for CloudWatch: 'größe'" in done.log


def test_model_quality_publishes_its_statistics(analyzer: Analyzer) -> None:
    """Every number of statistics.json under its own name, with the monitor's dimensions only."""
    data = "p,y\n" + "".join(f"0.{n % 9 + 1},{int(n % 3 > 0)}\n" for n in range(60))

    done = analyzer.run(
        data,
        **MONITOR,
        analysis_type="MODEL_QUALITY",
        problem_type="BinaryClassification",
        probability_attribute="p",
        ground_truth_attribute="y",
    )

    assert done.code == 0, done.log
    section = done.document("statistics.json")["binary_classification_metrics"]
    numbers = {name: each["value"] for name, each in section.items() if "value" in each}
    assert values(left(analyzer), COMMON) == {
        name: value for name, value in numbers.items() if not isinstance(value, str)
    }
    assert {"auc", "f0_5", "recall_best_constant_classifier"} <= numbers.keys()
    assert len(left(analyzer)) == len(values(left(analyzer), COMMON))


@pytest.mark.parametrize("analysis", [{}, {"analysis_type": "MODEL_QUALITY"}])
def test_a_switch_that_says_something_else_is_refused(analyzer: Analyzer, analysis: dict[str, str]) -> None:
    """The text names the variable and what it may be."""
    done = analyzer.run(DATA, **{**MONITOR, **analysis, "publish_cloudwatch_metrics": "on"})

    assert done.code == 1
    assert "publish_cloudwatch_metrics is 'on'; it must be one of Enabled, Disabled" in done.message
    assert json.dumps(done.files) == "[]"
