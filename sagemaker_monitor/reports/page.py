"""The report as one HTML page that needs nothing else: no script, no font, no request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from sagemaker_monitor.look.templates import templates
from sagemaker_monitor.reports import attributions, distributions, scale
from sagemaker_monitor.reports.content import Report


def as_html(report: Report) -> str:
    """Return the page; whatever comes from *report* is escaped."""
    values = {field.name: getattr(report, field.name) for field in fields(report)}
    sizes = {
        "scale": (scale.WIDTH, scale.HEIGHT),
        "chart": (distributions.WIDTH, distributions.HEIGHT),
        "width": attributions.WIDTH,
    }
    return fill("page.html.j2", {**values, **sizes})


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Return the page that *template* makes of *values*, all of them escaped; it ends with a newline."""
    return templates(Path(__file__).parent).get_template(template).render(values).strip() + "\n"
