"""What a run found, for people and for programs: one page, Markdown or JSON, from its documents alone."""

from sagemaker_monitor.reports.document import ReportError, ReportInput
from sagemaker_monitor.reports.render import FORMATS, Format, render

__all__ = ["FORMATS", "Format", "ReportError", "ReportInput", "render"]
