"""Metrics in lines of a log: written as CloudWatch reads them, and read as it does."""

from __future__ import annotations

import json

import pytest

from sagemaker_monitor.analysis.documents.embedded_metrics import from_line, to_line

DIMENSIONS = {"Environment": "prod", "Model": "loans", "Pipeline": "monitor-batch"}


def test_a_line_says_namespace_dimensions_and_values() -> None:
    """By the specification of the embedded metric format: names under _aws, values beside it."""
    line = to_line(DIMENSIONS, {"bias/DPPL/black": (0.31,), "bias/DI/age": (0.5, 0.75)}, 1_700_000_000_000)

    assert "\n" not in line
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": 1_700_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "sagemaker-monitor",
                    "Dimensions": [["Environment", "Model", "Pipeline"]],
                    "Metrics": [{"Name": "bias/DPPL/black"}, {"Name": "bias/DI/age"}],
                }
            ],
        },
        **DIMENSIONS,
        "bias/DPPL/black": 0.31,
        "bias/DI/age": [0.5, 0.75],
    }
    assert list(from_line(line)) == [
        (
            "sagemaker-monitor",
            {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in DIMENSIONS.items()],
                "Timestamp": 1_700_000_000.0,
                "Values": values,
            },
        )
        for name, values in (("bias/DPPL/black", [0.31]), ("bias/DI/age", [0.5, 0.75]))
    ]


@pytest.mark.parametrize(
    "line",
    [
        "pass: 18 limits held at 500 rows",
        '{"_aws": 1}',
        '{"_aws": {"CloudWatchMetrics": [{"Namespace": "n", "Metrics": [{"Name": "m"}]}]}}',
        '{"_aws": {"CloudWatchMetrics": [{"Namespace": "n", "Metrics": [{"Name": "m"}]}]}, "m": "text"}',
        '["_aws"]',
        '{"_aws": ',
    ],
)
def test_any_other_line_has_none(line: str) -> None:
    """What is no such document, or has no value for its metric, is only a line of a log."""
    assert list(from_line(line)) == []
