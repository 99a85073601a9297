"""The report of a model over time, as a page, Markdown or JSON."""

from __future__ import annotations

from typing import Literal, get_args

from sagemaker_monitor.reports.document import ReportError
from sagemaker_monitor.reports.history.document import HistoryInput

HistoryFormat = Literal["json", "markdown", "html"]
HISTORY_FORMATS: tuple[HistoryFormat, ...] = get_args(HistoryFormat)


def render_history(document: HistoryInput, format: HistoryFormat) -> str:
    """Return the report of a model over time as text: `json` (complete), `markdown` or `html` (one page).

    ReportError says that the format is not one of HISTORY_FORMATS.
    """
    if format not in HISTORY_FORMATS:
        raise ReportError(
            f"no format {format!r} for a model over time; there are {', '.join(HISTORY_FORMATS)}"
        )
    # A page needs numpy and jinja2; who only handles its errors does not.
    from sagemaker_monitor.reports.history.content import history
    from sagemaker_monitor.reports.history.markdown import as_markdown
    from sagemaker_monitor.reports.history.page import as_html
    from sagemaker_monitor.reports.history.record import as_json

    if format == "json":
        return as_json(document)
    report = history(document)
    return as_html(report) if format == "html" else as_markdown(report)
