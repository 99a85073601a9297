"""A process that imports much, works for seconds and ends has better to do than to look for garbage."""

from __future__ import annotations

import atexit
import gc
import os

_ALLOCATIONS = 100_000
"""Objects between two looks for garbage, in place of Python's 700."""
_SHORTEST_WAIT = "4"
"""Of threads of OpenBLAS: 2^4 cycles of the processor, in place of 2^26; nothing shorter is taken."""


def lives_shortly() -> None:
    """Let this process look for garbage seldom, and not at all as it ends, and no idle thread spin.

    To be called before numpy is imported. What libraries make while they are imported stays, and is looked
    through again and again; at its end Python looks through everything once more, before the operating system
    takes all of it back anyway. The threads of numpy's OpenBLAS, which are as many as processors, wait for
    their first work by spinning, and for most processes none ever comes. See decision 36.
    """
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", _SHORTEST_WAIT)
    gc.set_threshold(_ALLOCATIONS)
    atexit.register(gc.freeze)
