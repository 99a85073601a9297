"""Two values side by side, short enough for a line and never alike when they differ."""

from __future__ import annotations

import json
from typing import Any

from sagemaker_monitor.cli.render.text import clean

LONGEST = 160
"""Characters of one value."""
_CONTEXT = 24


def pair(before: Any, after: Any) -> tuple[str, str]:
    """Return two different values as text; where they are long, from shortly before they part."""
    old, new = plain(before), plain(after)
    if old == new:
        old, new = _json(before), _json(after)
    start = _common(old, new) - _CONTEXT
    if max(len(old), len(new)) > LONGEST and start > 0:
        old, new = f"…{old[start:]}", f"…{new[start:]}"
    return clean(old, LONGEST), clean(new, LONGEST)


def _common(old: str, new: str) -> int:
    """Return how many characters both begin with."""
    return next(
        (place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )


def single(value: Any) -> str:
    """Return one value as text, cut where it is long."""
    return clean(plain(value), LONGEST)


def plain(value: Any) -> str:
    """Return a value as people write it: text without quotes, an expression as `${Parameters.X}`."""
    if isinstance(value, str):
        return value or '""'
    expression = _expression(value)
    return _json(value) if expression is None else expression


def _expression(value: Any) -> str | None:
    match value:
        case {"Get": str(path), **rest} if not rest:
            return f"${{{path}}}"
        case {"Std:Join": {"On": str(on), "Values": list(parts)}, **rest} if not rest:
            return on.join(part if isinstance(part, str) else plain(part) for part in parts)
        case _:
            return None


def _json(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False, default=str)
