"""Which formats a report can be written in, and how to get one."""

from __future__ import annotations

from typing import Literal, get_args

from sagemaker_monitor.reports.document import ReportError, ReportInput

Format = Literal["json", "markdown", "html", "junit"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(document: ReportInput, format: Format) -> str:
    """Return the report of *document* as text: `json` (complete), `markdown`, `html` (one page) or `junit`.

    ReportError says what is wrong with a document, or that the format is not one of FORMATS.
    """
    if format not in FORMATS:
        raise ReportError(f"no report format {format!r}; there are {', '.join(FORMATS)}")
    # A page needs numpy and jinja2; who only handles its errors does not.
    from sagemaker_monitor.reports.content import content
    from sagemaker_monitor.reports.markdown import as_markdown
    from sagemaker_monitor.reports.page import as_html
    from sagemaker_monitor.reports.record import as_json

    if format == "junit":
        from sagemaker_monitor.reports.junit import as_junit

        return as_junit(document)
    report = content(document)
    if format == "json":
        return as_json(document, report)
    return as_html(report) if format == "html" else as_markdown(report)


def why_not_readable(document: ReportInput) -> str | None:
    """Return why the verdict there is cannot be read; None where it can, or where there is none."""
    from sagemaker_monitor.reports.standing import UNREADABLE, standing

    found = standing(document)
    return found.problem if found.state == UNREADABLE else None
