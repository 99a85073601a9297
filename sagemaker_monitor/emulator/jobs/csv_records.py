"""Records of a CSV file as batch transform sees them: lines, verbatim cells, and JSONPath filters on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

Cells = Sequence[str]
Filter = Callable[[Cells], Cells]

_CELL = re.compile(r'("(?:[^"]|"")*"|[^",]*)(,|$)')
_LIST = re.compile(r"\$\[(-?\d+(?:,-?\d+)*)\]")
_SLICE = re.compile(r"\$\[(-?\d+)?:(-?\d+)?\]")
FORMS = "'$', '$[0]', '$[0,-1]', '$[1:]', '$[:-1]', '$[1:10]'"


class RecordError(Exception):
    """A record that cannot be used; the message says why."""


def records(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield the records of a file; raise RecordError for a blank or undecodable line.

    Batch transform splits at newlines only, so a quoted cell cannot hold one.
    """
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise RecordError(f"line {number} is not UTF-8 text") from error
        record = text.removesuffix("\n").removesuffix("\r")
        if not record.strip():
            raise RecordError(f"line {number} is blank; remove blank lines")
        yield record


def cells(record: str) -> list[str]:
    """Split a record into its cells, quotes and spaces kept; raise RecordError for a stray quote."""
    if '"' not in record:
        return record.split(",")
    found: list[str] = []
    position = 0
    while True:
        match = _CELL.match(record, position)
        if match is None:
            raise RecordError(f"cell {len(found) + 1} has a quote that does not enclose the whole cell")
        found.append(match[1])
        if not match[2]:
            return found
        position = match.end()


def compile_filter(expression: str) -> Filter | None:
    """Return what a filter does to cells, None for one that keeps all; raise ValueError for an unknown form.

    The filter raises RecordError when a record has not the cells it names.
    """
    text = "".join(expression.split())
    if text in ("", "$"):
        return None
    if match := _LIST.fullmatch(text):
        return _indices(expression, [int(index) for index in match[1].split(",")])
    if match := _SLICE.fullmatch(text):
        return _slice(expression, *(None if bound is None else int(bound) for bound in match.groups()))
    raise ValueError(f"the filter {expression!r} is not supported; for text/csv there are {FORMS}")


def _indices(expression: str, indices: list[int]) -> Filter:
    def pick(row: Cells) -> Cells:
        try:
            return [row[index] for index in indices]
        except IndexError:
            raise RecordError(f"has {len(row)} cells, too few for the filter {expression!r}") from None

    return pick


def _slice(expression: str, start: int | None, stop: int | None) -> Filter:
    def cut(row: Cells) -> Cells:
        if not (part := row[start:stop]):
            raise RecordError(f"has {len(row)} cells, too few for the filter {expression!r}")
        return part

    return cut
