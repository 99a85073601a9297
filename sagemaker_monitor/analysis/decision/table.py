"""The rows of a dataset's features as their CSV file has them, thinned where there are very many.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Tuple

import numpy as np

KEPT = 20_000
"""Rows that are kept; a distance between so many and as many others is known to about 0.01."""
CELLS = 6_000_000
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


def _records(folder: Path) -> Iterator[Tuple[str, bool, List[str]]]:
    """Yield file name, whether it is the file's header, and the cells of each line."""
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    for path in files:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            header = True
            for row in csv.reader(stream):
                if row:
                    yield path.name, header, row
                    header = False


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
    for file, is_header, cells in _records(folder):
        if is_header:
            names = names or tuple(cells)
            if tuple(cells) != names:
                raise TableError(f"{file} has another header than the files before it")
            continue
        rows += 1
        if len(cells) != len(names):
            raise TableError(f"{file}: row {rows} has {len(cells)} cells under a header of {len(names)}")
    if not names:
        raise TableError("there is no file with a header")
    wanted = kept_rows(len(names))
    keep = np.ones(rows, dtype=bool)
    if rows > wanted:
        keep[np.random.RandomState(SEED).permutation(rows)[wanted:]] = False
    body = (cells for _, is_header, cells in _records(folder) if not is_header)
    kept = [cells for cells, kept in zip(body, keep) if kept]
    return Table(names, tuple(zip(*kept)) if kept else tuple(() for _ in names), rows)
