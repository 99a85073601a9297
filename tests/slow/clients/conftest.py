"""An emulator for the flows: a process with its own port and state, which fires schedules when made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
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


@pytest.fixture(autouse=True)
def well_within_the_hour() -> None:
    """Begin no flow in the last two minutes of an hour: a schedule looks at the hour that it is made in."""
    now = datetime.now(UTC)
    if now.minute >= 58:
        time.sleep(3600 - now.minute * 60 - now.second)
