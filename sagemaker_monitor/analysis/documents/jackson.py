"""How documents of Model Monitor's analyzer look: Java's numbers in Jackson's pretty print.

Runs under Python 3.8 with numpy.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, Iterable, List, Mapping, Sequence

import numpy as np

_INDENT = "  "
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7


def double(value: float) -> str:
    """Return *value* as Java's Double.toString prints it: 5.0, 1.0E7, 5.0E-4, NaN, Infinity."""
    size = abs(value)
    if size == 0 or _PLAIN_FROM <= size < _PLAIN_BELOW:
        return repr(float(value))
    if math.isnan(value):
        return "NaN"
    sign = "-" if value < 0 else ""
    if math.isinf(value):
        return f"{sign}Infinity"
    digits, exponent = _digits(size)
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def render(document: Any) -> str:
    """Return the JSON text of *document*: floats are Java doubles, arrays may be of numpy."""
    lines: List[str] = []
    _write(document, "\n", lines)
    return "".join(lines)


def _digits(size: float) -> tuple[str, int]:
    """Return the shortest digits that give *size* back, and the exponent of the first of them."""
    _, digits, exponent = Decimal(repr(float(size))).as_tuple()
    text = "".join(map(str, digits))
    return text.rstrip("0"), int(exponent) + len(text) - 1


def _write(value: Any, newline: str, out: List[str]) -> None:
    if isinstance(value, Mapping):
        _write_object(value, newline, out)
    elif isinstance(value, np.ndarray):
        out.append(_numbers(value))
    elif isinstance(value, (list, tuple)):
        _write_list(value, newline, out)
    elif isinstance(value, float):
        out.append(double(value) if math.isfinite(value) else f'"{double(value)}"')
    else:
        out.append(json.dumps(value, ensure_ascii=False))


def _write_object(value: Mapping[str, Any], newline: str, out: List[str]) -> None:
    if not value:
        out.append("{ }")
        return
    inner = newline + _INDENT
    opening = "{"
    for key, item in value.items():
        out.append(f"{opening}{inner}{json.dumps(key, ensure_ascii=False)} : ")
        _write(item, inner, out)
        opening = ","
    out.append(f"{newline}}}")


def _write_list(value: Sequence[Any], newline: str, out: List[str]) -> None:
    if not value:
        out.append("[ ]")
        return
    opening = "[ "
    for item in value:
        out.append(opening)
        _write(item, newline, out)
        opening = ", "
    out.append(" ]")


def _numbers(values: np.ndarray[Any, Any]) -> str:
    """Return an array of doubles; in one go when Java and Python print all of them alike."""
    if not len(values):
        return "[ ]"
    size = np.abs(values)
    if bool(np.all((size == 0) | ((size >= _PLAIN_FROM) & (size < _PLAIN_BELOW)))):
        return f"[ {repr(values.tolist())[1:-1]} ]"
    return f"[ {', '.join(_quoted(values.tolist()))} ]"


def _quoted(values: Iterable[float]) -> Iterable[str]:
    for value in values:
        yield double(value) if math.isfinite(value) else f'"{double(value)}"'
