"""End processes that left their job's process group, such as daemons, and so outlived their guard.

Every child of the emulator has a HOME below the state directory, and nobody else has. Linux only: elsewhere
another process's environment cannot be read.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

_PLACES = ("jobs", "models", "functions")
"""Where in a state directory the homes of children are."""


def reap_all(state_dir: Path) -> None:
    """Kill every process that an emulator of this state directory left."""
    reap(*(state_dir / place for place in _PLACES))


def reap(*roots: Path) -> None:
    """Kill every process whose home is one of *roots* or below."""
    homes = [b"HOME=" + os.fsencode(root) for root in roots]
    # A process may start another one meanwhile.
    for _ in range(10):
        found = list(_living_in(homes))
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)


def _living_in(homes: list[bytes]) -> Iterator[int]:
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb", buffering=0) as environment:  # hundreds, after every job
                content = environment.read()
        except OSError:  # ended, or somebody else's
            continue
        for home in homes:
            if home in content and any(
                each == home or each.startswith(home + b"/") for each in content.split(b"\0")
            ):
                yield int(name)
                break
