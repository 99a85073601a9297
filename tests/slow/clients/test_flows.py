"""The flows of public monitoring notebooks, unmodified: what they find, and how long they take."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.lifecycle import Status
from tests.slow.clients import checks, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
MOST_SECONDS = 60.0


@pytest.mark.parametrize("program", running.programs(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_flow_finds_what_aws_found(
    program: Path, emulator: Status, recorded_data: Path, tmp_path: Path
) -> None:
    """In under a minute, with nothing changed but the endpoint, the credentials and a region."""
    try:
        running.python_for(running.client_of(program))
    except running.FlowError as error:
        pytest.skip(str(error))

    ran = running.run(program, emulator, recorded_data, tmp_path)

    checks.BY_FLOW[ran.flow](ran.found, recorded_data)
    # Where more wants to run than there are cores, everything takes longer in proportion.
    crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert ran.wall < MOST_SECONDS * crowd, ran


def test_the_programs_are_clients() -> None:
    """None of them imports this package, and every flow is checked."""
    files = [path for path in running.FLOWS.rglob("*") if path.suffix in (".py", ".sh")]
    assert all("sagemaker_monitor" not in path.read_text() for path in files)
    assert {path.stem for path in running.programs()} <= set(checks.BY_FLOW)
