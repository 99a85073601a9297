"""What stands in cells, which are copied and never rewritten."""

from __future__ import annotations

import math


class JoinError(Exception):
    """Data that cannot be joined; says which file and line, and never what stands there."""


def is_nothing(cell: str) -> bool:
    """Return whether *cell* is what programs write for a number that is none."""
    try:
        return not math.isfinite(float(cell))
    except ValueError:
        return False
