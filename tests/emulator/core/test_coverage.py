"""The page of what the emulator does is what it does."""

from __future__ import annotations

from sagemaker_monitor.emulator import coverage, wire
from sagemaker_monitor.emulator.api import load_modules


def test_what_is_said_not_to_be_answered_is_not() -> None:
    """Each is an operation of SageMaker, and none of ours."""
    named = {name for names in coverage.NOT_ANSWERED.values() for name in names}
    answered = {name for module in load_modules() for name in module.OPERATIONS}

    assert named <= set(wire.service_model().operation_names)
    assert not named & answered
