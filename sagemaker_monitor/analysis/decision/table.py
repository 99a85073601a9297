"""The rows of a dataset's features as their CSV file has them, thinned where there are very many.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Tuple, Union

import numpy as np

KEPT = 20_000
"""Rows that are kept; a distance between so many and as many others is known to about 0.01."""
CELLS = 2_000_000
"""Values that are kept of tables with very many columns: every split looks at half of them."""
PIECE = 1 << 20
FEWEST_KEPT = 1_000
"""Rows that are kept however many columns there are."""
SEED = 19_960_415


class TableError(ValueError):
    """Files that are no table with one header; says where."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of texts in the files' order; *rows* is how many rows the files have, kept or not."""

    names: Tuple[str, ...]
    columns: Tuple[Tuple[str, ...], ...]
    rows: int

    @property
    def kept(self) -> int:
        """Return how many of the rows are here."""
        return len(self.columns[0]) if self.columns else 0


Record = Union[str, List[str]]
"""A line where a file quotes nothing, taken apart only if it is kept; else its cells."""


def _records(folder: Path) -> Iterator[Tuple[str, bool, Record]]:
    """Yield file name, whether it is the file's header, and each record."""
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    for path in files:
        header = True
        for record in _lines(path) if _is_plain(path) else _rows(path):
            yield path.name, header, record
            header = False


def _is_plain(path: Path) -> bool:
    with path.open("rb") as stream:
        return all(b'"' not in piece for piece in iter(lambda: stream.read(PIECE), b""))


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig") as stream:
        for line in stream:
            if line != "\n":
                yield line.rstrip("\n")


def _rows(path: Path) -> Iterator[List[str]]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        yield from (row for row in csv.reader(stream) if row)


def _cells(record: Record) -> List[str]:
    return record.split(",") if isinstance(record, str) else record


def _width(record: Record) -> int:
    return record.count(",") + 1 if isinstance(record, str) else len(record)


def kept_rows(columns: int) -> int:
    """Return how many rows of so many columns are kept at most."""
    return min(KEPT, max(FEWEST_KEPT, CELLS // max(columns, 1)))


def read_table(folder: Path) -> Table:
    """Return the rows of all CSV files below *folder*, each under the same header.

    Of more than KEPT rows (fewer with very many columns) a random part is kept, the same every time.
    Raise TableError where there is no header, where headers differ, or a row has more or fewer cells.
    """
    names: Tuple[str, ...] = ()
    rows = 0
    for file, is_header, record in _records(folder):
        if is_header:
            names = names or tuple(_cells(record))
            if tuple(_cells(record)) != names:
                raise TableError(f"{file} has another header than the files before it")
            continue
        rows += 1
        if _width(record) != len(names):
            raise TableError(f"{file}: row {rows} has {_width(record)} cells under a header of {len(names)}")
    if not names:
        raise TableError("there is no file with a header")
    wanted = kept_rows(len(names))
    keep = np.ones(rows, dtype=bool)
    if rows > wanted:
        keep[np.random.RandomState(SEED).permutation(rows)[wanted:]] = False
    body = (record for _, is_header, record in _records(folder) if not is_header)
    kept = [_cells(record) for record, kept in zip(body, keep) if kept]
    return Table(names, tuple(zip(*kept)) if kept else tuple(() for _ in names), rows)
