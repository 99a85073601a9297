"""What can go wrong in an analysis: the whole of it, or one metric."""

from __future__ import annotations


class AnalysisError(Exception):
    """An analysis cannot be done with this configuration or data; the text becomes the failure reason."""


class MetricError(Exception):
    """One metric cannot be computed; the text stands in the report instead of a value."""
