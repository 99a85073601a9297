"""Which formats a report can be written in, and how to get one."""

from __future__ import annotations

from typing import Literal, get_args

from sagemaker_monitor.reports.document import ReportError, ReportInput

Format = Literal["json", "markdown", "html"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(document: ReportInput, format: Format) -> str:
    """Return the report of *document* as text: `json` (complete), `markdown`, or `html` (one page).

    ReportError says what is wrong with a document, or that the format is not one of FORMATS.
    """
    if format not in FORMATS:
        raise ReportError(f"no report format {format!r}; there are {', '.join(FORMATS)}")
    # A page needs numpy and jinja2; who only handles its errors does not.
    from sagemaker_monitor.reports.content import content
    from sagemaker_monitor.reports.markdown import as_markdown
    from sagemaker_monitor.reports.page import as_html
    from sagemaker_monitor.reports.record import as_json

    report = content(document)
    if format == "json":
        return as_json(document, report)
    return as_html(report) if format == "html" else as_markdown(report)
