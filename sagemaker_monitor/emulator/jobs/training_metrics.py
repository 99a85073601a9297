"""What a training job's log says of its metrics, as FinalMetricDataList has it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from sagemaker_monitor.emulator.jobs.images import XGBOOST, repository
from sagemaker_monitor.emulator.jobs.work import Work

_NUMBER = r"(-?[\d.]+(?:e[+-]?\d+)?|nan)"
_BUILT_IN = re.compile(rf"([\w-]+)-([\w@.-]+):{_NUMBER}", re.IGNORECASE)


def final_metrics(work: Work) -> list[dict[str, Any]]:
    """Return the last value that the log has of each metric.

    Metrics are those that MetricDefinitions find by regular expressions, whose first group is the value, or
    those of the built-in algorithm, as it calls them.
    """
    log = work.log.read_text(encoding="utf-8", errors="replace")
    specification = work.record["AlgorithmSpecification"]
    definitions = specification.get("MetricDefinitions") or []
    found = dict(_defined(definitions, log))
    if not definitions and repository(specification["TrainingImage"]) in XGBOOST:
        found = {f"{channel}:{name}": float(value) for channel, name, value in _BUILT_IN.findall(log)}
    now = work.context.now()
    return [
        {"MetricName": name, "Value": value, "Timestamp": now}
        for name, value in found.items()
        if math.isfinite(value)  # CloudWatch takes no NaN
    ]


def _defined(definitions: list[dict[str, str]], log: str) -> Iterator[tuple[str, float]]:
    for definition in definitions:
        matches = list(re.finditer(definition["Regex"], log))
        if matches:
            last = matches[-1]
            text = last[1] if last.re.groups else last[0]
            try:
                yield definition["Name"], float(text)
            except (TypeError, ValueError):
                continue
