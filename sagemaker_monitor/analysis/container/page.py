"""The report of a bias analysis as one self-contained HTML page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.analysis import to_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_monitor.analysis.documents.analysis import Analysis, BiasSection, MetricResult

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}th,td{border-bottom:1px solid #ccc;padding:.2rem .8rem;text-align:left}"
    "td.value{text-align:right;font-variant-numeric:tabular-nums}"
)
_STAGES = {"pre_training": "Pre-training bias metrics", "post_training": "Post-training bias metrics"}


def page(title: str, analysis: Analysis) -> str:
    """Return the page; everything that comes from data is escaped."""
    body = "".join("".join(_section(_STAGES[stage], section)) for stage, section in analysis.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def _section(title: str, section: BiasSection) -> Iterator[str]:
    favourable = f"{section.label} = {section.label_value_or_threshold}"
    yield f"<h2>{title}</h2><p>Favourable: {escape(favourable)}</p>"
    for name, results in section.facets.items():
        for result in results:
            yield f"<h3>Facet {escape(name)}: {escape(result.value_or_threshold)}</h3>"
            yield "<table><tr><th>Metric</th><th>Value</th></tr>"
            yield from map(_row, result.metrics)
            yield "</table>"


def _row(metric: MetricResult) -> str:
    value = metric.error or to_number(metric.value)
    return f'<tr><td>{escape(metric.description)}</td><td class="value">{escape(str(value))}</td></tr>'
