"""An emulator for the flows: a process with its own port and state, which fires schedules when made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sagemaker_monitor.emulator import lifecycle
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.lifecycle import Status


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Status]:
    """Run an emulator as `local up --fire-schedules` does, on a free port."""
    state: Path = tmp_path_factory.mktemp("clients") / "state"
    yield lifecycle.up(EmulatorConfig(state, port=0, fire_on_creation=True), timeout=60.0)
    lifecycle.down(state)
