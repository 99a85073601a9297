"""The report as one HTML page that needs nothing else: no script, no font, no request."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from sagemaker_monitor.reports import attributions, distributions, scale
from sagemaker_monitor.reports.content import Report


def as_html(report: Report) -> str:
    """Return the page; whatever comes from *report* is escaped."""
    values = {field.name: getattr(report, field.name) for field in fields(report)}
    chart = (distributions.WIDTH, distributions.HEIGHT)
    return (
        _template().render(**values, scale=(scale.WIDTH, scale.HEIGHT), chart=chart, width=attributions.WIDTH)
        + "\n"
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")
