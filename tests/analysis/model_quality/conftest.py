"""The analyzer, as the tests of data quality run it."""

from __future__ import annotations

from tests.analysis.quality.conftest import analyzer

__all__ = ["analyzer"]
