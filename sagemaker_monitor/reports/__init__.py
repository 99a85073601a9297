"""What a run found, for people and for programs: a page, Markdown, JUnit XML or JSON."""

from sagemaker_monitor.reports.document import ReportError, ReportInput
from sagemaker_monitor.reports.render import FORMATS, Format, render, why_not_readable

__all__ = ["FORMATS", "Format", "ReportError", "ReportInput", "render", "why_not_readable"]
