"""Metrics in a line of a log, of which CloudWatch makes metrics in any log group.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

NAMESPACE = "sagemaker-monitor"
DIMENSIONS = ("Environment", "Model", "Pipeline")
"""What the metrics of a verdict are told apart by."""
MARK = '"_aws"'
MOST_VALUES = 100
"""Values of one metric that a line may have."""
MOST_METRICS = 100
_MOST_SETS = 30


def to_line(dimensions: Mapping[str, str], values: Mapping[str, Sequence[float]], milliseconds: int) -> str:
    """Return the line of *values* by metric, as of a time since the epoch."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name} for name in values],
    }
    document: Dict[str, Any] = {
        "_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": [directive]},
        **dimensions,
    }
    for name, found in values.items():
        document[name] = found[0] if len(found) == 1 else list(found[:MOST_VALUES])
    return json.dumps(document, allow_nan=False)


def from_line(line: str) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """Yield namespace and member of PutMetricData's MetricData for each metric that a line of a log has.

    A line that is no such document has none, as in CloudWatch.
    """
    try:
        document: Any = json.loads(line) if MARK in line else None
        about = document["_aws"] if isinstance(document, dict) else {}
        milliseconds = float(about.get("Timestamp", 0))
        directives = about.get("CloudWatchMetrics", [])
        for directive in directives:
            sets = directive.get("Dimensions") or [[]]
            for metric in directive["Metrics"][:MOST_METRICS]:
                for names in sets[:_MOST_SETS]:
                    yield str(directive["Namespace"]), _datum(document, metric, names, milliseconds / 1000)
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def _datum(
    document: Mapping[str, Any], metric: Mapping[str, Any], names: List[str], seconds: float
) -> Dict[str, Any]:
    found = document[metric["Name"]]
    values = [float(each) for each in (found if isinstance(found, list) else [found])]
    return {
        "MetricName": metric["Name"],
        "Dimensions": [{"Name": name, "Value": str(document[name])} for name in names],
        "Timestamp": seconds,
        "Values": values[:MOST_VALUES],
        **({"Unit": metric["Unit"]} if "Unit" in metric else {}),
    }
