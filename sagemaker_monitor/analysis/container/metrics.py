"""Which CloudWatch metrics a monitoring job publishes, and the file that it leaves them in.

Names and dimensions: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-cloudwatch.html,
clarify-model-monitor-bias-drift-cw.html and clarify-feature-attribute-drift-cw.html beside it.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container.job import DISABLED, PUBLISH
from sagemaker_monitor.analysis.documents.cloudwatch import (
    ENDPOINT,
    FILE_NAME,
    SCHEDULE,
    MetricRecord,
    StatisticSet,
    published,
)
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sagemaker_monitor.analysis.container.paths import Paths
    from sagemaker_monitor.analysis.documents.analysis import Analysis
    from sagemaker_monitor.analysis.documents.model_statistics import ModelStatistics
    from sagemaker_monitor.analysis.quality.profile import ColumnProfile

_SWITCH = {"Enabled": True, DISABLED: False}
_STAGES = {"pre_training": "Pre-training", "post_training": "Post-Training"}


@dataclass(frozen=True)
class Monitor:
    """What a job monitors, and as of when: what all of its metrics have in common."""

    endpoint: str | None
    schedule: str | None
    timestamp: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Monitor | None:
        """Return the monitor of a job that publishes metrics, None for one that does not.

        Raises AnalysisError for variables that say something else.
        """
        switch = environment.get(PUBLISH) or DISABLED
        if switch not in _SWITCH:
            raise AnalysisError(f"{PUBLISH} is {switch[:40]!r}; it must be one of {', '.join(_SWITCH)}")
        if not _SWITCH[switch]:
            return None
        return cls(
            endpoint=environment.get("sagemaker_endpoint_name") or None,
            schedule=environment.get("sagemaker_monitoring_schedule_name") or None,
            timestamp=_timestamp(environment.get("metric_time") or ""),
        )

    def record(
        self, name: str, value: float | StatisticSet | None, **dimensions: str
    ) -> Iterator[MetricRecord]:
        """Yield the metric *name* with further *dimensions*, or nothing for a value that is not published."""
        number = value if isinstance(value, StatisticSet) else published(value)
        if number is not None:
            own = ((ENDPOINT, self.endpoint), (SCHEDULE, self.schedule))
            common = tuple((key, text) for key, text in own if text is not None)
            yield MetricRecord(name, self.timestamp, (*common, *dimensions.items()), number)


def of_data_quality(
    monitor: Monitor, columns: Iterable[ColumnProfile], drift: Mapping[str, float]
) -> Iterator[MetricRecord]:
    """Yield the metrics of every column; *drift* has distances to the baseline by name, where there are any.

    The documented ones have the monitor's dimensions; those that newer containers add have Feature besides.
    """
    for column in columns:
        name = column.statistics.name
        documented = {
            "data": _numbers(column),
            "non_null": column.types.present,
            "baseline_drift": drift.get(name),
        }
        for kind, value in documented.items():
            yield from monitor.record(f"feature_{kind}_{name}", value)
        for kind, number in _counts(column).items():
            yield from monitor.record(f"feature_{kind}_{name}", number, Feature=name)


def of_model_quality(monitor: Monitor, statistics: ModelStatistics) -> Iterator[MetricRecord]:
    """Yield every metric of *statistics* under its own name."""
    for name, metric in statistics.metrics.items():
        yield from monitor.record(name, metric.value)


def of_bias(monitor: Monitor, analysis: Analysis) -> Iterator[MetricRecord]:
    """Yield every bias metric that could be computed, by stage, facet and group."""
    for stage, section in analysis.sections:
        for facet, results in section.facets.items():
            for result in results:
                for metric in result.metrics:
                    yield from monitor.record(
                        f"bias_metric_{metric.name}",
                        metric.value,
                        BiasStage=_STAGES[stage],
                        Label=section.label,
                        LabelValue=section.label_value_or_threshold,
                        Facet=facet,
                        FacetValue=result.value_or_threshold,
                    )


def of_explanations(monitor: Monitor, analysis: Analysis) -> Iterator[MetricRecord]:
    """Yield every global SHAP value and expected value, by label."""
    found = analysis.explanations.kernel_shap if analysis.explanations else {}
    for label, explanation in found.items():
        common = {"ExplainabilityMethod": "KernelShap", "Label": label}
        for feature, value in explanation.global_shap_values.items():
            yield from monitor.record(f"feature_{feature}", value, **common, ValueType="GlobalShapValues")
        yield from monitor.record(
            "ExpectedValue", explanation.expected_value, **common, ValueType="ExpectedValue"
        )


def of_clarify(monitor: Monitor, analysis: Analysis) -> Iterator[MetricRecord]:
    """Yield the metrics of all sections of *analysis*."""
    yield from of_bias(monitor, analysis)
    yield from of_explanations(monitor, analysis)


def leave(paths: Paths, records: Iterable[MetricRecord]) -> None:
    """Write the file of those *records* that CloudWatch takes, or none; print what is left out."""
    kept, refused = [], Counter[str]()
    for record in records:
        if record.problem is None:
            kept.append(record)
        else:
            refused[record.problem] += 1
    for problem, count in refused.items():
        print(f"warning: {count} metrics are not published: {problem}", flush=True)
    if kept:
        paths.metrics.mkdir(parents=True, exist_ok=True)
        partial = paths.metrics.parent / f".{FILE_NAME}.partial"
        partial.write_text("".join(f"{each.to_json()}\n" for each in kept), encoding="utf-8")
        os.replace(partial, paths.metrics / FILE_NAME)
    print(f"CloudWatch: {len(kept)} metrics", flush=True)


def _numbers(column: ColumnProfile) -> StatisticSet | None:
    numbers = column.statistics.numbers
    if numbers is None:
        return None
    values = numbers.sum, numbers.min, numbers.max
    return StatisticSet(column.types.present, *values) if all(map(math.isfinite, values)) else None


def _counts(column: ColumnProfile) -> dict[str, float | None]:
    types = column.types
    rows = types.present + types.missing
    return {
        "null": types.missing,
        "completeness": types.present / rows if rows else None,
        "estimated_unique_values": _distinct(column),
        "fractional_counts": types.fractional,
        "integral_counts": types.integral,
        "string_counts": types.string,
        "boolean_counts": types.boolean,
        "unknown_counts": types.missing,
    }


def _distinct(column: ColumnProfile) -> float | None:
    """Return how many distinct values a column has, where they are known: numbers beyond a sketch's first
    level are not counted.
    """
    statistics = column.statistics
    if statistics.texts is not None:
        return statistics.texts.distinct_count
    distribution = statistics.numbers.distribution if statistics.numbers is not None else None
    if distribution is None or len(distribution.sketch.levels) != 1:
        return None
    return len(distribution.sketch.cumulative()[0])


def _timestamp(metric_time: str) -> str:
    """Return the time of a job's metrics, which is now for a job that no schedule started."""
    if not metric_time:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        datetime.fromisoformat(metric_time)
    except ValueError as error:
        raise AnalysisError(
            f"metric_time is {metric_time[:40]!r}; it must be a time such as 2026-03-01T13:00:00Z"
        ) from error
    return metric_time
