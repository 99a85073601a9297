"""What a process that ends soon does not pay for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

THREADS = "OPENBLAS_THREAD_TIMEOUT"
CODE = f"""
import os, sys
from sagemaker_monitor.analysis.container import __main__ as container
assert "numpy" not in sys.modules, "numpy has started its threads already"
container.lives_shortly()
print(os.environ["{THREADS}"])
"""


@pytest.mark.parametrize("given", [{}, {THREADS: "20"}])
def test_idle_threads_of_numpy_are_told_to_sleep_before_it_is_loaded(given: Mapping[str, str]) -> None:
    """A container sets how long they spin while it still counts, and leaves what somebody else has set."""
    environment = {name: value for name, value in os.environ.items() if name != THREADS}

    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**environment, **given},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout.strip(), done.stderr) == (given.get(THREADS, "4"), "")
