"""Data three times as large as the memory that a process may have."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.speed.curves import beyond_memory, limited

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits private memory"),
]


def test_data_may_be_three_times_as_large_as_the_memory(tmp_path: Path) -> None:
    """Data quality, bias and merge end well in so much private memory (RLIMIT_DATA)."""
    names = []
    for name, megabytes, limit, command in beyond_memory(tmp_path, "large"):
        assert megabytes >= 3 * limit, name
        limited(limit, *command)
        names.append(name)

    assert len(names) == 3
