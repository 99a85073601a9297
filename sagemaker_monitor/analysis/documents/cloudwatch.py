"""CloudWatch metrics as a monitoring container leaves them: files of one JSON object per line.

The form is that of https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-cloudwatch.html, the
limits are those of CloudWatch's PutMetricData. Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Dict, Optional, Tuple, Union

from sagemaker_monitor.analysis.documents.lenient import Node, load
from sagemaker_monitor.analysis.documents.strict import DocumentError

DIRECTORY = "/opt/ml/output/metrics/cloudwatch"
FILE_NAME = "cloudwatch_metrics.jsonl"
DATA_QUALITY, MODEL_QUALITY = "data-metrics", "model-metrics"
BIAS, EXPLAINABILITY = "bias-metrics", "explainability-metrics"
ENDPOINT, SCHEDULE = "Endpoint", "MonitoringSchedule"

INFINITE = 2.348543e108
"""What stands for infinity, as Clarify publishes it."""

MOST_DIMENSIONS = 30
_LONGEST_NAME, _LONGEST_VALUE = 255, 1024
_LARGEST = max(2.0**360, INFINITE)
_KEYS = ("MetricName", "Timestamp", "Dimensions", "Value", "StatisticValues", "Unit")
_STATISTICS = ("SampleCount", "Sum", "Minimum", "Maximum")

Dimensions = Tuple[Tuple[str, str], ...]


@dataclass(frozen=True)
class StatisticSet:
    """Many values of one metric, summed up."""

    sample_count: float
    sum: float
    minimum: float
    maximum: float

    def to_dict(self) -> Dict[str, float]:
        """Return the JSON object, which is also PutMetricData's."""
        return dict(zip(_STATISTICS, (self.sample_count, self.sum, self.minimum, self.maximum)))


@dataclass(frozen=True)
class MetricRecord:
    """One metric of one monitoring execution; the timestamp is ISO 8601, such as 2026-03-01T13:00:00Z."""

    name: str
    timestamp: str
    dimensions: Dimensions
    value: Union[float, StatisticSet]
    unit: Optional[str] = None

    @property
    def problem(self) -> Optional[str]:
        """Return why CloudWatch would not take the record, or None."""
        return (
            _text_problem("MetricName", self.name, _LONGEST_NAME, ascii_only=False)
            or _dimensions_problem(self.dimensions)
            or next((each for each in map(_number_problem, self._numbers) if each), None)
        )

    @property
    def moment(self) -> datetime:
        """Return the timestamp; raises ValueError when it is none."""
        found = datetime.fromisoformat(self.timestamp.replace("Z", "+00:00"))
        return found if found.tzinfo else found.replace(tzinfo=timezone.utc)

    def to_json(self) -> str:
        """Return the record's line, without its end."""
        return json.dumps(
            {
                "MetricName": self.name,
                "Timestamp": self.timestamp,
                "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
                **self._value(),
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, line: str) -> MetricRecord:
        """Read a line; raises DocumentError that says what is wrong with it."""
        node = load(line, "the metric")
        unknown = [key for key in node.left if key not in _KEYS]
        if unknown:
            raise DocumentError(f"the metric has {unknown[0][:40]!r}; its keys are {', '.join(_KEYS)}")
        if node.has("Value") == node.has("StatisticValues"):
            raise DocumentError("the metric must have one of Value and StatisticValues")
        given = node.children("Dimensions") if node.has("Dimensions") else ()
        record = cls(
            name=node.text("MetricName"),
            timestamp=node.text("Timestamp"),
            dimensions=tuple((each.text("Name"), each.text("Value")) for each in given),
            value=node.number("Value") if node.has("Value") else _read_statistics(node),
            unit=node.text("Unit") if node.has("Unit") else None,
        )
        try:
            record.moment  # noqa: B018 - the property raises
        except ValueError as error:
            raise DocumentError(f"the metric.Timestamp is {record.timestamp[:40]!r}, not ISO 8601") from error
        if record.problem:
            raise DocumentError(record.problem)
        return record

    def to_datum(self) -> Dict[str, Any]:
        """Return the member of PutMetricData's MetricData."""
        return {
            "MetricName": self.name,
            "Timestamp": self.moment,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
            **self._value(),
        }

    @property
    def _numbers(self) -> Tuple[float, ...]:
        if isinstance(self.value, StatisticSet):
            return tuple(self.value.to_dict().values())
        return (self.value,)

    def _value(self) -> Dict[str, Any]:
        unit = {} if self.unit is None else {"Unit": self.unit}
        if isinstance(self.value, StatisticSet):
            return {"StatisticValues": self.value.to_dict(), **unit}
        return {"Value": self.value, **unit}


def published(value: Optional[float]) -> Optional[float]:
    """Return *value* as it is published: infinities as ±INFINITE, None for what is not published."""
    if value is None or math.isnan(value):
        return None
    return math.copysign(INFINITE, value) if math.isinf(value) else float(value)


def namespace(record: MetricRecord, analysis_type: str, *, endpoint: bool) -> str:
    """Return where a monitoring job's *record* is published, which its file does not say.

    *analysis_type* is the job's environment variable. The metrics of Clarify tell by their dimensions.
    """
    names = {name for name, _ in record.dimensions}
    if "BiasStage" in names:
        kind = BIAS
    elif "ExplainabilityMethod" in names:
        kind = EXPLAINABILITY
    else:
        kind = MODEL_QUALITY if analysis_type == "MODEL_QUALITY" else DATA_QUALITY
    return f"aws/sagemaker/{'Endpoints' if endpoint else 'ModelMonitoring'}/{kind}"


def _read_statistics(node: Node) -> StatisticSet:
    values = node.child("StatisticValues")
    return StatisticSet(*(values.number(key) for key in _STATISTICS))


def _dimensions_problem(dimensions: Dimensions) -> Optional[str]:
    if len(dimensions) > MOST_DIMENSIONS:
        return f"the metric has {len(dimensions)} dimensions; CloudWatch takes {MOST_DIMENSIONS}"
    for name, value in dimensions:
        problem = _text_problem("a dimension's name", name, _LONGEST_NAME) or _text_problem(
            f"dimension {name[:40]}", value, _LONGEST_VALUE
        )
        if problem:
            return problem
        if name.startswith(":"):
            return f"a dimension's name must not begin with a colon: {name[:40]!r}"
    return None


def _text_problem(what: str, text: str, longest: int, *, ascii_only: bool = True) -> Optional[str]:
    """Return what CloudWatch does not take in a name; only dimensions are documented to be ASCII."""
    if not text.strip():
        return f"{what} is empty"
    if len(text) > longest:
        return f"{what} has {len(text)} characters; CloudWatch takes {longest}"
    if any(each < " " or each == "\x7f" for each in text):
        return f"{what} has control characters, which CloudWatch does not take: {text[:40]!r}"
    if ascii_only and not text.isascii():
        return f"{what} must be ASCII for CloudWatch: {text[:40]!r}"
    return None


def _number_problem(value: float) -> Optional[str]:
    if not math.isfinite(value) or abs(value) > _LARGEST:
        return f"a value is {value}; CloudWatch takes numbers between -2^360 and 2^360"
    return None
