"""Whose a state directory is, and which process uses it now."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any, Self

MARK = "EMULATOR"
RUNNING = "server.json"
_TRIES = 15
_TEXT = b"The state of sagemaker-monitor's emulator. Deleting this directory is the reset.\n"


class ClaimError(Exception):
    """The directory cannot be used as state; the message says why and what to do."""


class Claim:
    """A lock on a state directory, which the kernel drops when the process ends, however it ends."""

    def __init__(self, state_dir: Path, mark: int) -> None:
        """Use `Claim.take` instead."""
        self._state_dir = state_dir
        self._mark = mark

    @classmethod
    def take(cls, state_dir: Path) -> Self:
        """Make the directory ours, and this process its user. Raises ClaimError."""
        mark = mark_directory(state_dir)
        for _ in range(_TRIES):
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)  # `running_process` holds the lock for a moment
                continue
            if _is_there(mark, state_dir / MARK):
                return cls(state_dir, mark)
            os.close(mark)  # a reset deleted what was locked
            mark = mark_directory(state_dir)
        os.close(mark)
        text = f"another emulator keeps its state in {state_dir}; stop it or use another directory"
        raise ClaimError(text)

    def publish(self, running: dict[str, Any]) -> None:
        """Tell other processes about the one that holds the claim."""
        partial = self._state_dir / f"{RUNNING}.partial"
        partial.write_text(json.dumps(running), encoding="utf-8")
        os.replace(partial, self._state_dir / RUNNING)

    def release(self) -> None:
        """Let another process use the directory."""
        (self._state_dir / RUNNING).unlink(missing_ok=True)
        os.close(self._mark)


def mark_directory(state_dir: Path) -> int:
    """Make the directory, or see that it is ours; return the open mark, not locked. Raises ClaimError."""
    path = state_dir / MARK
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        if not is_ours(state_dir) and any(state_dir.iterdir()):
            text = f"{state_dir} is not empty and not an emulator's state; use an empty or a new directory"
            raise ClaimError(text)
        mark = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise ClaimError(f"cannot keep state in {state_dir}: {error.strerror or error}") from error
    os.pwrite(mark, _TEXT, 0)
    return mark


def _is_there(mark: int, path: Path) -> bool:
    """Return whether the open file *mark* is still the one at *path*."""
    try:
        return os.path.samestat(os.fstat(mark), path.stat())
    except OSError:
        return False


def is_ours(state_dir: Path) -> bool:
    """Return whether the directory was made for an emulator."""
    path = state_dir / MARK
    try:
        return not path.is_symlink() and path.read_bytes() == _TEXT
    except OSError:
        return False


def running_process(state_dir: Path) -> dict[str, Any] | None:
    """Return what the process that uses the directory published, {} before it did, None without one."""
    if not is_ours(state_dir):
        return None
    try:
        mark = os.open(state_dir / MARK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None  # deleted just now
    try:
        fcntl.flock(mark, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with contextlib.suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((state_dir / RUNNING).read_text(encoding="utf-8"))
            return found
        return {}
    else:
        return None
    finally:
        os.close(mark)
