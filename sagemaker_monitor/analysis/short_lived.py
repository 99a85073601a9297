"""A process that imports much, works for seconds and ends has better to do than to look for garbage."""

from __future__ import annotations

import atexit
import gc

_ALLOCATIONS = 100_000
"""Objects between two looks for garbage, in place of Python's 700."""


def lives_shortly() -> None:
    """Let this process look for garbage seldom, and not at all as it ends; see decision 36.

    What libraries make while they are imported stays, and is looked through again and again; at its end
    Python looks through everything once more, before the operating system takes all of it back anyway.
    """
    gc.set_threshold(_ALLOCATIONS)
    atexit.register(gc.freeze)
