"""Lines of metric files: written as AWS documents them, read with CloudWatch's limits."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.analysis.documents.cloudwatch import (
    INFINITE,
    Dimensions,
    MetricRecord,
    StatisticSet,
    namespace,
    published,
)
from sagemaker_monitor.analysis.documents.strict import DocumentError

TIME = "2026-03-01T13:00:00Z"
LINE: dict[str, Any] = {
    "MetricName": "feature_data_age",
    "Timestamp": TIME,
    "Dimensions": [
        {"Name": "Endpoint", "Value": "endpoint_0"},
        {"Name": "MonitoringSchedule", "Value": "schedule_0"},
    ],
    "StatisticValues": {"SampleCount": 3.0, "Sum": 6.0, "Minimum": 1.0, "Maximum": 3.0},
}


def line(**changes: Any) -> str:
    """Return a good line with *changes*; None takes a key out."""
    return json.dumps({key: value for key, value in {**LINE, **changes}.items() if value is not None})


def record(dimensions: Dimensions = (), name: str = "auc", value: float = 0.5) -> MetricRecord:
    """Return a record."""
    return MetricRecord(name, TIME, dimensions, value)


def test_the_documented_line_is_read_and_written() -> None:
    """The form of AWS's page comes out as it went in, and as PutMetricData takes it."""
    read = MetricRecord.from_json(json.dumps(LINE))

    assert json.loads(read.to_json()) == LINE
    assert read.to_datum() == {**LINE, "Timestamp": datetime(2026, 3, 1, 13, tzinfo=UTC)}
    assert json.loads(MetricRecord.from_json(line(Unit="Count")).to_json())["Unit"] == "Count"


@given(
    st.text(min_size=1, max_size=255).filter(lambda text: record(name=text).problem is None),
    st.floats(-1e100, 1e100) | st.builds(StatisticSet, *(st.floats(-1e100, 1e100),) * 4),
)
def test_every_record_survives_writing_and_reading(name: str, value: float | StatisticSet) -> None:
    """One line holds any name and any value that CloudWatch takes."""
    written = MetricRecord(name, TIME, (("Facet", "sex"),), value)

    assert len(written.to_json().split("\n")) == 1
    assert MetricRecord.from_json(written.to_json()) == written


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the metric is not JSON"),
        ("[]", "it must be an object"),
        (line(MetricName=None), "the metric has no 'MetricName'"),
        (line(MetricName=3), "MetricName is int; it must be text"),
        (line(Timestamp="yesterday"), "Timestamp is 'yesterday', not ISO 8601"),
        (line(StatisticValues=None), "must have one of Value and StatisticValues"),
        (line(Value=1.0), "must have one of Value and StatisticValues"),
        (line(StatisticValues={"Sum": 1.0}), "StatisticValues has no 'SampleCount'"),
        (line(StatisticValues=None, Value="many"), "Value is str; it must be a number"),
        (line(StatisticValues=None, Value=math.nan), "must be a finite number"),
        (line(StatisticValues=None, Value=1e109), r"takes numbers between -2\^360 and 2\^360"),
        (line(Namespace="mine"), "the metric has 'Namespace'; its keys are MetricName, Timestamp"),
        (line(Dimensions=[{"Name": "Endpoint"}]), r"Dimensions\[0\] has no 'Value'"),
        (line(Dimensions="Endpoint"), "Dimensions is str; it must be a list"),
    ],
)
def test_a_line_that_is_no_metric_says_why(text: str, problem: str) -> None:
    """The message names the member and what is allowed."""
    with pytest.raises(DocumentError, match=problem):
        MetricRecord.from_json(text)


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (record(name="x" * 256), "MetricName has 256 characters; CloudWatch takes 255"),
        (record(name=" "), "MetricName is empty"),
        (record(name="a\tb"), "MetricName has control characters"),
        (record((("Facet", "Größe"),)), "dimension Facet must be ASCII for CloudWatch: 'Größe'"),
        (record((("Größe", "x"),)), "a dimension's name must be ASCII"),
        (record(((":Facet", "x"),)), "must not begin with a colon"),
        (record((("Facet", ""),)), "dimension Facet is empty"),
        (record((("Facet", "x" * 1025),)), "dimension Facet has 1025 characters; CloudWatch takes 1024"),
        (
            record(tuple((f"d{number}", "x") for number in range(31))),
            "has 31 dimensions; CloudWatch takes 30",
        ),
        (record(value=math.inf), "a value is inf"),
    ],
)
def test_what_cloudwatch_does_not_take_is_a_problem(bad: MetricRecord, problem: str) -> None:
    """Each limit is told with what is over it; a record on the limit has no problem."""
    assert bad.problem is not None
    assert problem in bad.problem


def test_records_on_the_limits_have_no_problem() -> None:
    """255 characters, 30 dimensions, 1,024 characters of a value, and a name beyond ASCII are taken."""
    dimensions = tuple((f"d{number}", "x" * 1024) for number in range(30))

    assert record(dimensions, "ü" * 255, INFINITE).problem is None


def test_infinity_has_a_number_and_null_is_not_published() -> None:
    """As Clarify documents it; NaN is what documents hold as null."""
    assert [published(each) for each in (math.inf, -math.inf, None, math.nan, 2)] == [
        2.348543e108,
        -2.348543e108,
        None,
        None,
        2.0,
    ]


@pytest.mark.parametrize(
    ("dimensions", "analysis_type", "endpoint", "name"),
    [
        ((), "", True, "aws/sagemaker/Endpoints/data-metrics"),
        ((), "", False, "aws/sagemaker/ModelMonitoring/data-metrics"),
        ((), "MODEL_QUALITY", True, "aws/sagemaker/Endpoints/model-metrics"),
        ((), "MODEL_QUALITY", False, "aws/sagemaker/ModelMonitoring/model-metrics"),
        ((("BiasStage", "Pre-training"),), "", True, "aws/sagemaker/Endpoints/bias-metrics"),
        ((("BiasStage", "Pre-training"),), "", False, "aws/sagemaker/ModelMonitoring/bias-metrics"),
        ((("ExplainabilityMethod", "x"),), "", True, "aws/sagemaker/Endpoints/explainability-metrics"),
        ((("ExplainabilityMethod", "x"),), "", False, "aws/sagemaker/ModelMonitoring/explainability-metrics"),
    ],
)
def test_each_kind_of_monitor_has_its_namespace(
    dimensions: Dimensions, analysis_type: str, endpoint: bool, name: str
) -> None:
    """Four kinds, of endpoints and of batches."""
    assert namespace(record(dimensions), analysis_type, endpoint=endpoint) == name
