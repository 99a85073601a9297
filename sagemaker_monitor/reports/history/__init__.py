"""A model over time: which runs there were, what they decided, and how its metrics moved."""

from sagemaker_monitor.reports.history.document import HistoryInput, PastRun, PastVersion
from sagemaker_monitor.reports.history.render import HISTORY_FORMATS, HistoryFormat, render_history

__all__ = ["HISTORY_FORMATS", "HistoryFormat", "HistoryInput", "PastRun", "PastVersion", "render_history"]
