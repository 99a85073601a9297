"""How documents of Model Monitor's analyzer look: Java's numbers in Jackson's pretty print.

Runs under Python 3.8 with numpy.
"""

from __future__ import annotations

import json
import math
from json.encoder import encode_basestring
from typing import Any, Dict, List, Sequence

import numpy as np

_INDENT = "  "
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7
_EXACT = 2.0**53


def double(value: float) -> str:
    """Return *value* as Java's Double.toString prints it: 5.0, 1.0E7, 5.0E-4, NaN, Infinity."""
    size = abs(value)
    if size == 0 or _PLAIN_FROM <= size < _PLAIN_BELOW:
        return repr(float(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "-Infinity" if value < 0 else "Infinity"
    return _scientific(repr(float(value)))


def render(document: Any) -> str:
    """Return the JSON text of *document*: floats are Java doubles, arrays may be of numpy."""
    lines: List[str] = []
    _write(document, "\n", lines)
    return "".join(lines)


def _scientific(text: str) -> str:
    """Return what Java prints with an exponent, from what Python prints: both have the shortest digits."""
    if text[0] == "-":
        return "-" + _scientific(text[1:])
    mantissa, _, power = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits, exponent = (whole + fraction).rstrip("0"), len(whole) - 1
    if power:
        exponent += int(power)
    elif whole == "0":
        significant = digits.lstrip("0")
        digits, exponent = significant, len(significant) - len(digits)
    return f"{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _write(value: Any, newline: str, out: List[str]) -> None:
    # The most frequent first.
    if isinstance(value, float):
        out.append(double(value) if math.isfinite(value) else f'"{double(value)}"')
    elif isinstance(value, str):
        out.append(encode_basestring(value))
    elif isinstance(value, dict):
        _write_object(value, newline, out)
    elif isinstance(value, np.ndarray):
        out.append(_numbers(value))
    elif isinstance(value, (list, tuple)):
        _write_list(value, newline, out)
    else:
        out.append(json.dumps(value, ensure_ascii=False))


def _write_object(value: Dict[str, Any], newline: str, out: List[str]) -> None:
    if not value:
        out.append("{ }")
        return
    inner = newline + _INDENT
    opening = "{"
    for key, item in value.items():
        out.append(f"{opening}{inner}{encode_basestring(key)} : ")
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
    """Return an array of doubles; Java and Python print most of them alike."""
    if not len(values):
        return "[ ]"
    size = np.abs(values)
    # Not a number is not alike either.
    unlike = np.flatnonzero(~((size == 0) | ((size >= _PLAIN_FROM) & (size < _PLAIN_BELOW))))
    numbers = _pythons(values, size)
    if len(unlike):
        texts = numbers.split(", ")
        for place, finite in zip(unlike.tolist(), np.isfinite(values[unlike]).tolist()):
            texts[place] = _scientific(texts[place]) if finite else f'"{double(float(texts[place]))}"'
        numbers = ", ".join(texts)
    return f"[ {numbers} ]"


def _pythons(values: np.ndarray[Any, Any], size: np.ndarray[Any, Any]) -> str:
    """Return what Python prints for each of *values*, which are of this *size*, with a comma between."""
    # Whole numbers take half as long as such; -0.0 would be no different from 0.0.
    is_whole = float(size.max()) < _EXACT and bool((np.trunc(size) == size).all())
    if is_whole and not bool((np.signbit(values) & (size == 0)).any()):
        return repr(values.astype(np.int64).tolist())[1:-1].replace(", ", ".0, ") + ".0"
    return repr(values.tolist())[1:-1]
