"""What the columns of a CSV hold, as far as a model's configuration needs to know."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sagemaker_monitor.operations.errors import UsageError

MOST_DISTINCT = 50
"""Values of a column that are kept; with more, it is no label and no facet."""


@dataclass(frozen=True)
class ColumnProfile:
    """One column: its distinct values while there are few, and what all of them have in common."""

    name: str
    values: frozenset[str] | None
    """None when there are more than MOST_DISTINCT."""
    is_numeric: bool
    is_unique: bool
    """Whether no two rows share a value, and none is empty."""

    @property
    def is_binary(self) -> bool:
        """Whether it holds 0 and 1, and nothing else."""
        return self.values == frozenset("01")


def profile(path: Path) -> tuple[ColumnProfile, ...]:
    """Return the columns of a CSV with a header line. Raises UsageError for a file that is none."""
    rows = read_rows(path)
    header = [name.strip() for name in next(rows, ())]
    _check_header(path, header)
    seen: list[set[str]] = [set() for _ in header]
    numeric = [True] * len(header)
    count = 0
    for row in rows:
        count += 1
        for place, cell in enumerate(row):
            seen[place].add(cell.strip())
            numeric[place] = numeric[place] and _is_number(cell)
    if not count:
        raise UsageError(f"{path} has a header and no rows")
    return tuple(
        ColumnProfile(
            name=name,
            values=frozenset(values) if len(values) <= MOST_DISTINCT else None,
            is_numeric=is_numeric,
            is_unique=len(values) == count and "" not in values,
        )
        for name, values, is_numeric in zip(header, seen, numeric, strict=True)
    )


def read_rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a CSV, header first, all as long as the header. Raises UsageError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            width = None
            for row in (reader := csv.reader(file)):
                if not row:
                    continue
                width = len(row) if width is None else width
                if len(row) != width:
                    raise UsageError(f"{path}:{reader.line_num} has {len(row)} cells, the header {width}")
                yield row
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is no CSV in UTF-8: {error}") from error


def _check_header(path: Path, header: Sequence[str]) -> None:
    if not header:
        raise UsageError(f"{path} is empty")
    if all(_is_number(name) for name in header):
        raise UsageError(
            f"{path} has no header line: its first line is numbers; add one with the columns' names"
        )
    if "" in header:
        raise UsageError(f"{path}: column {header.index('') + 1} has no name in the header")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UsageError(f"{path}: the header names {', '.join(twice)} more than once")


def _is_number(cell: str) -> bool:
    if not cell.strip():
        return True  # a missing value is none that XGBoost minds
    try:
        float(cell)
    except ValueError:
        return False
    return True
