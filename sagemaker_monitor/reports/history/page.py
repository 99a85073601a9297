"""The report of a model over time as one HTML page that needs nothing else."""

from __future__ import annotations

from dataclasses import fields

from sagemaker_monitor.reports.history import chart
from sagemaker_monitor.reports.history.content import History
from sagemaker_monitor.reports.history.strip import draw_strip
from sagemaker_monitor.reports.page import fill


def as_html(report: History) -> str:
    """Return the page; whatever comes from *report* is escaped."""
    values = {field.name: getattr(report, field.name) for field in fields(report)}
    drawn = {
        "strip": draw_strip(report.runs[::-1]),
        "trend": (chart.WIDTH, chart.HEIGHT),
        "legend": chart.LEGEND,
    }
    return fill("history/page.html.j2", {**values, **drawn})
