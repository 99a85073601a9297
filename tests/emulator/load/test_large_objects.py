"""Objects that are larger than the memory that serving them may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.emulator import load, s3, servers

MOST_MEMORY = 300
"""MiB."""


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(s3.Size(large=48, small=40, clients=2), marks=pytest.mark.long, id="small"),
        pytest.param(
            s3.WHOLE, marks=[pytest.mark.slow, pytest.mark.timeout(1800)], id="1 GiB, 10,000 objects"
        ),
    ],
)
def test_objects_come_back_and_memory_is_bounded(tmp_path: Path, size: s3.Size) -> None:
    """Parts up, ranges down, small objects and pages are as sent, and the server stays below 300 MiB."""
    with servers.emulator(tmp_path / "state") as server, load.processes(size.clients) as pool:
        costs = s3.work(server, tmp_path, size, pool)

    assert max(cost.memory for cost in costs.values()) < MOST_MEMORY
