"""What the checks measured, from their analysis.json: for runs that compared nothing, and for names."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.reports.findings import group_name
from sagemaker_monitor.reports.tables import MAX_FINDINGS
from sagemaker_monitor.reports.wording import number, text

SECTIONS = ("pre_training_bias_metrics", "post_training_bias_metrics")


@dataclass(frozen=True)
class Measured:
    """One metric of one group; *note* says why it has no value."""

    group: str
    metric: str
    value: str
    note: str


@dataclass(frozen=True)
class Table:
    """What could be read from all analyses."""

    lines: tuple[Measured, ...]
    descriptions: Mapping[str, str]
    unreadable: tuple[tuple[str, str], ...]


def measure(analyses: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return every bias metric in *analyses*; a document that is none is named, not fatal."""
    lines: list[Measured] = []
    descriptions: dict[str, str] = {}
    unreadable = []
    for step, document in analyses.items():
        try:
            found = list(_metrics(document))
        except (AttributeError, KeyError, TypeError):
            unreadable.append((text(step), "its analysis.json is not one that this program reads"))
            continue
        for group, metric in found:
            descriptions.setdefault(str(metric["name"]), str(metric.get("description") or ""))
            lines.append(
                Measured(
                    group, text(metric["name"], 60), _value(metric["value"]), text(metric.get("error") or "")
                )
            )
    return Table(tuple(lines[:MAX_FINDINGS]), descriptions, tuple(unreadable))


def _metrics(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for section in SECTIONS:
        for facet, groups in document.get(section, {}).get("facets", {}).items():
            for group in groups:
                for metric in group["metrics"]:
                    yield group_name(str(facet), str(group["value_or_threshold"])), metric


def _value(value: object) -> str:
    if isinstance(value, str):
        return {"Infinity": "∞", "-Infinity": "−∞"}.get(value, text(value, 40))
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return number(float(value))
    return number(None)
