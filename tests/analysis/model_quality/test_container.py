"""The analyzer measures model quality: which variables it needs, what it leaves, and how it refuses."""

from __future__ import annotations

import json

import pytest

from tests.analysis.quality.conftest import Analyzer, Finished

BINARY = {
    "analysis_type": "MODEL_QUALITY",
    "problem_type": "BinaryClassification",
    "probability_attribute": "score",
    "ground_truth_attribute": "label",
}
REGRESSION = {
    "analysis_type": "MODEL_QUALITY",
    "problem_type": "Regression",
    "inference_attribute": "score",
    "ground_truth_attribute": "label",
}
GOOD = "score,label\n0.9,1\n0.2,0\n0.8,1\n0.4,0\n"
BAD = "score,label\n0.1,1\n0.2,0\n0.8,1\n0.9,0\n"
NOTHING = "Completed: Job completed successfully with no violations."


def texts(done: Finished) -> dict[str, str]:
    """Return the descriptions of the violations by metric."""
    found = done.document("constraint_violations.json")["violations"]
    return {each["metric_name"]: each["description"] for each in found}


def test_a_baseline_is_statistics_and_constraints(analyzer: Analyzer) -> None:
    """Without a baseline to compare with there is no third document."""
    done = analyzer.run(GOOD, **BINARY, own_process=True)

    assert (done.code, done.message) == (0, NOTHING)
    assert done.files == ["constraints.json", "statistics.json"]
    assert done.document("statistics.json")["dataset"] == {"item_count": 4}
    assert done.document("constraints.json")["binary_classification_constraints"]["auc"] == {
        "threshold": 1.0,
        "comparison_operator": "LessThanThreshold",
    }


def test_the_same_data_violates_nothing(analyzer: Analyzer) -> None:
    """A baseline meets its own constraints, and no empty document is left."""
    baseline = analyzer.run(GOOD, **BINARY)

    done = analyzer.run(GOOD, baseline=baseline, **BINARY)

    assert (done.message, done.files) == (NOTHING, ["constraints.json", "statistics.json"])


def test_a_worse_model_violates(analyzer: Analyzer) -> None:
    """Constraints alone decide: no statistics of the baseline are needed."""
    baseline = analyzer.run(GOOD, **BINARY)

    done = analyzer.run(BAD, constraints=baseline.text("constraints.json"), **BINARY)

    assert done.message == "CompletedWithViolations: Job completed successfully with 10 violations."
    found = texts(done)
    assert found["auc"] == "Metric auc with 0.25 was LessThanThreshold '1.0'"
    assert found["falsePositiveRate"] == "Metric falsePositiveRate with 0.5 was GreaterThanThreshold '0.0'"
    assert "f0_5" not in found


@pytest.mark.parametrize(("threshold", "recall"), [("0.500000", 1.0), ("0.8", 0.5), ("", 1.0)])
def test_the_threshold_is_a_text_of_a_number(analyzer: Analyzer, threshold: str, recall: float) -> None:
    """As schedules write it, with six decimals; one half where there is none."""
    done = analyzer.run(GOOD, **BINARY, probability_threshold_attribute=threshold)

    metrics = done.document("statistics.json")["binary_classification_metrics"]
    assert metrics["recall"]["value"] == recall


def test_columns_without_a_header_are_found_by_index_or_name(analyzer: Analyzer) -> None:
    """An index counts all columns of the row from 0; _c1 is what Spark calls the second one."""
    rows = "x,0.9,1\nx,0.2,0\n"
    given = BINARY | {"dataset_format": '{"csv": {"header": false}}', "probability_attribute": "1"}

    by_index = analyzer.run(rows, **given | {"ground_truth_attribute": "2"})
    by_name = analyzer.run(rows, **given | {"probability_attribute": "_c1", "ground_truth_attribute": "_c2"})

    assert by_index.code == 0, by_index.message
    assert by_index.text("statistics.json") == by_name.text("statistics.json")


def test_json_lines_are_measured_as_csv_is(analyzer: Analyzer) -> None:
    """Attributes are paths into each record."""
    lines = "".join(
        json.dumps({"answer": {"score": score}, "label": label}) + "\n"
        for score, label in ((0.9, 1), (0.2, 0), (0.8, 1), (0.4, 0))
    )
    given = BINARY | {"dataset_format": '{"json": {"lines": true}}', "probability_attribute": "answer.score"}

    done = analyzer.run(lines, **given)

    assert done.code == 0, done.message
    assert done.text("statistics.json") == analyzer.run(GOOD, **BINARY).text("statistics.json")


CONTENT = {"encoding": "CSV", "mode": "OUTPUT", "observedContentType": "text/csv; charset=utf-8"}


def merged(part: str, data: str, truth: str) -> str:
    """Return a record that a merge job wrote: what was captured, and the label that arrived later."""
    record = {
        "eventVersion": "0",
        "groundTruthData": {"data": truth, "encoding": "CSV"},
        "captureData": {part: {"data": data, **CONTENT}},
        "eventMetadata": {"eventId": "1", "inferenceTime": "2026-01-01T00:00:00Z"},
    }
    return json.dumps(record) + "\n"


def schedule(part: str, index: str) -> dict[str, str]:
    """Return the variables of a schedule's execution: an index counts the columns of *part*."""
    format = {"sagemakerMergeJson": {"captureIndexNames": [part], "originalDatasetFormat": None}}
    given = BINARY | {"dataset_format": json.dumps(format), "probability_attribute": index}
    del given["ground_truth_attribute"]
    return given


@pytest.mark.parametrize(
    ("part", "index", "row"),
    [("endpointOutput", "0", "{}\n"), ("batchTransformOutput", "2", "5,x,{},id-1,2026-01-01T00:00:00Z")],
)
def test_merged_records_have_the_truth_in_them(analyzer: Analyzer, part: str, index: str, row: str) -> None:
    """No attribute leads to it; an answer's index counts all columns of the output, joined inputs too."""
    answers = ((0.9, 1), (0.2, 0), (0.8, 1), (0.4, 0))
    lines = "".join(merged(part, row.format(score), str(truth)) for score, truth in answers)

    done = analyzer.run(lines, **schedule(part, index))

    assert done.code == 0, done.message
    assert done.text("statistics.json") == analyzer.run(GOOD, **BINARY).text("statistics.json")


def test_a_schedule_leaves_metrics_for_cloudwatch(analyzer: Analyzer) -> None:
    """Every metric under its own name, with the endpoint and the schedule; curves are none."""
    variables = {
        "publish_cloudwatch_metrics": "Enabled",
        "sagemaker_endpoint_name": "churn",
        "sagemaker_monitoring_schedule_name": "hourly",
        "metric_time": "2026-01-01T00:00:00Z",
    }

    done = analyzer.run(GOOD, **BINARY, **variables)

    file = done.output.parents[1] / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl"
    records = {each["MetricName"]: each for each in map(json.loads, file.read_text().splitlines())}
    statistics = done.document("statistics.json")["binary_classification_metrics"]
    assert set(records) == {name for name, each in statistics.items() if "value" in each}
    assert records["auc"] == {
        "MetricName": "auc",
        "Timestamp": "2026-01-01T00:00:00Z",
        "Dimensions": [
            {"Name": "Endpoint", "Value": "churn"},
            {"Name": "MonitoringSchedule", "Value": "hourly"},
        ],
        "Value": 1.0,
    }


def test_regression_compares_numbers(analyzer: Analyzer) -> None:
    """A greater error and a smaller r2 violate, in the order of the constraints."""
    baseline = analyzer.run("score,label\n1,1\n2,2\n3,4\n", **REGRESSION)

    done = analyzer.run("score,label\n1,1\n2,2\n3,6\n", baseline=baseline, **REGRESSION)

    assert list(texts(done)) == ["mae", "mse", "rmse", "r2"]
    assert texts(done)["mae"] == "Metric mae with 1.0 was GreaterThanThreshold '0.3333333333333333'"


def test_several_classes_are_weighted(analyzer: Analyzer) -> None:
    """Violations have the names in camel case; a class that the baseline has not is told in the log."""
    given = REGRESSION | {"problem_type": "MulticlassClassification"}
    baseline = analyzer.run("score,label\na,a\nb,b\n", **given)

    done = analyzer.run("score,label\na,a\nb,c\n", baseline=baseline, **given)

    assert list(texts(done)) == [
        "weightedF2",
        "weightedF0_5",
        "accuracy",
        "weightedRecall",
        "weightedPrecision",
        "weightedF1",
    ]
    assert "warning: the data has the classes 'c', which the baseline has not: its are 'a', 'b'" in done.log


DATA_QUALITY = {"version": 0.0, "features": [], "monitoring_config": {}}
OTHER_TYPE = {"regression_constraints": {"mae": {"threshold": 1, "comparison_operator": "LessThanThreshold"}}}
UNKNOWN = {"gini": {"threshold": 1, "comparison_operator": "LessThanThreshold"}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"problem_type": ""}, "problem_type is not set; it must be one of Regression, BinaryClassification"),
        ({"problem_type": "Ranking"}, "problem_type is 'Ranking'; it must be one of Regression"),
        ({"ground_truth_attribute": ""}, "ground_truth_attribute is not set; name the column"),
        ({"ground_truth_attribute": "truth"}, "'truth' is no column of the dataset"),
        ({"probability_attribute": ""}, "neither inference_attribute nor probability_attribute is set"),
        ({"problem_type": "Regression"}, "inference_attribute is not set; Regression needs"),
        ({"probability_threshold_attribute": "half"}, "'half'; it must be a number from 0 to 1"),
        ({"probability_threshold_attribute": "1.5"}, "'1.5'; it must be a number from 0 to 1"),
        ({"probability_threshold_attribute": "nan"}, "'nan'; it must be a number from 0 to 1"),
    ],
)
def test_variables_that_ask_for_nothing_are_refused(
    analyzer: Analyzer, change: dict[str, str], reason: str
) -> None:
    """The variable is named, with what it may be; nothing is written."""
    done = analyzer.run(GOOD, **BINARY | change)

    assert (done.code, done.files) == (1, [])
    assert reason in done.message


@pytest.mark.parametrize(
    ("constraints", "reason"),
    [
        (DATA_QUALITY, "these are the constraints of a data quality baseline; give those of a model quality"),
        (OTHER_TYPE, "constraints are those of Regression, problem_type is BinaryClassification"),
        (
            {"binary_classification_constraints": UNKNOWN},
            "'gini', which is no metric of Binary",
        ),
        ("{", "the baseline cannot be read: constraints.json is not JSON"),
    ],
)
def test_a_baseline_of_something_else_is_refused(
    analyzer: Analyzer, constraints: dict[str, object] | str, reason: str
) -> None:
    """The other monitor's, another problem type's, and a damaged document are told apart."""
    done = analyzer.run(GOOD, constraints=constraints, **BINARY)

    assert (done.code, done.files) == (1, [])
    assert reason in done.message


def test_classes_that_the_baseline_has_not_are_refused(analyzer: Analyzer) -> None:
    """Two classes under other names cannot be compared: which one is positive might have changed."""
    baseline = analyzer.run(GOOD, **BINARY)

    done = analyzer.run("score,label\n0.9,yes\n0.2,no\n", baseline=baseline, **BINARY)

    assert done.code == 1
    assert "the classes 'no', 'yes', which the baseline has not: its are '0', '1'" in done.message


def test_the_model_quality_baseline_is_none_for_data_quality(analyzer: Analyzer) -> None:
    """The other way round, the data quality monitor asks for its own."""
    baseline = analyzer.run(GOOD, **BINARY)

    done = analyzer.run(GOOD, constraints=baseline.text("constraints.json"))

    assert "give the constraints of a data quality baseline" in done.message


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("score,label\n", "Job inputs had no data"),
        ("score,label\n0.9,1\n0.2,1\n", "all 2 rows have the class '1'"),
        ("score,label\n0.9,1\n0.2,\n", "ground_truth_attribute 'label': 1 of 2 rows have no value"),
        ("score,label\n1.9,1\n0.2,0\n", "row 1 has '1.9', which is no probability"),
    ],
)
def test_data_that_cannot_be_measured_ends_the_job(analyzer: Analyzer, rows: str, reason: str) -> None:
    """The reason is the container's message, and nothing is half written."""
    done = analyzer.run(rows, **BINARY)

    assert (done.code, done.files) == (1, [])
    assert reason in done.message
