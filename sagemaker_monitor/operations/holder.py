"""Which process holds something, and whether it is known to be gone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def this_process() -> dict[str, Any]:
    """Return what tells this process from every other one, as far as this system says it."""
    return {"machine": _machine(), "pid": os.getpid(), "started": _started(os.getpid())}


def is_gone(holder: Mapping[str, Any]) -> bool:
    """Whether *holder* was a process of this machine that has ended; False where that cannot be told."""
    machine, pid = _machine(), holder.get("pid")
    if not machine or holder.get("machine") != machine or not isinstance(pid, int):
        return False
    return _started(pid) != holder.get("started")


def _machine() -> str:
    """Return this boot of this machine, and the space that its process ids are from; empty if not Linux."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process started, in the kernel's ticks; empty when there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name before the last parenthesis may contain anything; a zombie has ended.
    fields = status.rpartition(")")[2].split()
    return "" if len(fields) < 20 or fields[0] == "Z" else fields[19]
