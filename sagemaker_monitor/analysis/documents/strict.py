"""How a JSON document is read strictly: every key known, present and of its type.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import math
from typing import Any, Callable, TypeVar

T = TypeVar("T")


class DocumentError(ValueError):
    """A document that is not what its reader expects; says where."""


class Object:
    """A JSON object that is read strictly: every key is asked for once, none is left over."""

    def __init__(self, document: object, where: str) -> None:
        if not isinstance(document, dict):
            raise DocumentError(f"{where} is {type(document).__name__}; it must be an object")
        self.left = dict(document)
        self.where = where

    def value(self, key: str) -> object:
        if key not in self.left:
            raise DocumentError(f"{self.where} has no {key!r}")
        return self.left.pop(key)

    def _typed(self, key: str, allowed: tuple[type, ...], named: str) -> Any:
        value = self.value(key)
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise DocumentError(f"{self.where}.{key} is {type(value).__name__}; it must be {named}")
        return value

    def text(self, key: str) -> str:
        return str(self._typed(key, (str,), "text"))

    def optional_text(self, key: str) -> str | None:
        value: str | None = self._typed(key, (str, type(None)), "text or null")
        return value

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        value = self.text(key)
        if value not in allowed:
            raise DocumentError(
                f"{self.where}.{key} is {value[:40]!r}; it must be one of {', '.join(allowed)}"
            )
        return value

    def integer(self, key: str) -> int:
        return int(self._typed(key, (int,), "an integer"))

    def optional_integer(self, key: str) -> int | None:
        value: int | None = self._typed(key, (int, type(None)), "an integer or null")
        return value

    def flag(self, key: str) -> bool:
        return bool(self._typed(key, (bool,), "true or false"))

    def number(self, key: str) -> float:
        value = float(self._typed(key, (int, float), "a number"))
        if not math.isfinite(value):
            raise DocumentError(f"{self.where}.{key} is {value}; it must be a finite number")
        return value

    def optional_number(self, key: str) -> float | None:
        value = self._typed(key, (int, float, str, type(None)), "a number, Infinity or null")
        if isinstance(value, str) and value not in ("Infinity", "-Infinity"):
            raise DocumentError(
                f"{self.where}.{key} is {value[:40]!r}; it must be a number, Infinity or null"
            )
        number = None if value is None else float(value)
        if number is not None and math.isnan(number):
            raise DocumentError(f"{self.where}.{key} is NaN; it must be a number, Infinity or null")
        return number

    def each(self, key: str, reader: Callable[[Object], T]) -> tuple[T, ...]:
        items = self._typed(key, (list,), "a list")
        return tuple(read(item, f"{self.where}.{key}[{place}]", reader) for place, item in enumerate(items))

    def optional(self, key: str, reader: Callable[[Object], T]) -> T | None:
        value = self.value(key)
        return None if value is None else read(value, f"{self.where}.{key}", reader)

    def one(self, key: str, reader: Callable[[Object], T]) -> T:
        return read(self.value(key), f"{self.where}.{key}", reader)


def read(document: object, where: str, reader: Callable[[Object], T]) -> T:
    source = Object(document, where)
    result = reader(source)
    if source.left:
        raise DocumentError(f"{where} has unknown keys: {', '.join(sorted(map(str, source.left))[:5])}")
    return result
