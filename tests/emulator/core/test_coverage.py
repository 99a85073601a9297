"""The page of what the emulator does is what it does."""

from __future__ import annotations

import pytest

from sagemaker_monitor.emulator import coverage, coverage_services, wire
from sagemaker_monitor.emulator.api import load_modules


def test_the_page_is_made_from_the_operations() -> None:
    """`python -m sagemaker_monitor.emulator.coverage` renews it."""
    assert coverage.PAGE.read_text(encoding="utf-8") == coverage.page()


def test_what_is_said_not_to_be_answered_is_not() -> None:
    """Each is an operation of SageMaker, and none of ours."""
    named = {name for names in coverage.NOT_ANSWERED.values() for name in names}
    answered = {name for module in load_modules() for name in module.OPERATIONS}

    assert named <= set(wire.service_model().operation_names)
    assert not named & answered


@pytest.mark.long
def test_the_page_of_other_services_is_what_moto_has() -> None:
    """`python -m sagemaker_monitor.emulator.coverage_services` renews it."""
    assert coverage_services.PAGE.read_text(encoding="utf-8") == coverage_services.page()
