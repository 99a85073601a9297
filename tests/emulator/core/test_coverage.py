"""The page of what the emulator does is what it does."""

from __future__ import annotations

from sagemaker_monitor.emulator import coverage


def test_the_page_is_made_from_the_operations() -> None:
    """`python -m sagemaker_monitor.emulator.coverage` renews it."""
    assert coverage.PAGE.read_text(encoding="utf-8") == coverage.page()
