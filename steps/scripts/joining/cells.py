"""Rows of CSV and what stands in their cells, which are copied and never rewritten."""

from __future__ import annotations

import csv
import math
from typing import Iterable, Iterator


class JoinError(Exception):
    """Data that cannot be joined; says which file and line, and never what stands there."""


def csv_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each row of the CSV file *name*; blank lines are skipped."""
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise JoinError(f"{name} line {reader.line_num} is not CSV: {error}") from error
    except UnicodeDecodeError as error:
        raise JoinError(f"{name} is not UTF-8 text, after line {reader.line_num}") from error


def is_number(cell: str) -> bool:
    """Return whether *cell* is a finite number."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def is_nothing(cell: str) -> bool:
    """Return whether *cell* is what programs write for a number that is none."""
    try:
        return not math.isfinite(float(cell))
    except ValueError:
        return False
