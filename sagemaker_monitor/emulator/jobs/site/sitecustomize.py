"""Let Python find the job's directory under /opt/ml where it could not be mounted there.

Python imports this by itself, when its directory is on the path. Functions of files that are told a path
below /opt/ml are called with the directory's own; libraries that open files in other languages are not
reached.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
from collections.abc import Callable
from typing import Any

_NAMES = (
    *("access", "chdir", "chmod", "link", "listdir", "lstat", "mkdir", "mkfifo", "open", "readlink"),
    *("remove", "rename", "replace", "rmdir", "scandir", "stat", "symlink", "truncate", "unlink", "utime"),
)


def _relocated(root: str, value: Any) -> Any:
    """Return a path below /opt/ml as it lies in *root*, anything else as it is."""
    if not isinstance(value, str | bytes | os.PathLike):
        return value
    text = os.fsdecode(value)
    if text != "/opt/ml" and not text.startswith("/opt/ml/"):
        return value
    found = root + text[len("/opt/ml") :]
    return os.fsencode(found) if isinstance(value, bytes) else found


def _wrapped(root: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        given = {name: _relocated(root, value) for name, value in named.items()}
        return function(*(_relocated(root, value) for value in arguments), **given)

    return call


def relocate(root: str) -> None:
    """Have every function of files find /opt/ml in *root*."""
    for name in _NAMES:
        if hasattr(os, name):
            setattr(os, name, _wrapped(root, getattr(os, name)))
    builtins.open = io.open = _wrapped(root, io.open)


if os.environ.get("SAGEMAKER_MONITOR_RELOCATES"):
    relocate(os.environ["SAGEMAKER_MONITOR_RELOCATES"])
