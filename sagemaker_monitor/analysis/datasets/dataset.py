"""A dataset in memory: columns by name and position, and what they are there for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.columns import Column, column_of, column_of_series
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

MISMATCH = "Headers in config do not match with the number of columns in the dataset."
EMPTY = "the dataset is empty"
LABEL, PREDICTED_LABEL = "label0", "predicted_label"
"""The names of labels that no header names."""


@dataclass(frozen=True)
class Dataset:
    """Rows under named columns; a column's type is found when it is asked for.

    Cells are texts as they stand in a file, or, when *typed*, values as the file's format types them. Among
    texts may be columns of numbers, read as such (`typed_csv`).
    *label* and *predicted_label* are the columns of labels where the format tells them apart, and *aside* are
    columns that analyses use but the model never sees. *cells* has the columns that were *read*, or all.
    With *weights*, each row stands for so many.
    """

    names: tuple[str, ...]
    cells: pl.DataFrame
    typed: bool = False
    label: int | None = None
    predicted_label: int | None = None
    aside: frozenset[int] = frozenset()
    read: tuple[int, ...] | None = None
    weights: NDArray[np.int64] | None = None
    _columns: dict[int, Column] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(set(self.names)) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise AnalysisError(f"two columns are called {twice!r}; give every column a header of its own")

    def __len__(self) -> int:
        return self.cells.height

    def column(self, index: int) -> Column:
        """Return the typed column at *index*."""
        if index not in self._columns:
            cells = self.series(index)
            as_text = not self.typed and not cells.dtype.is_numeric()
            make = column_of if as_text else column_of_series
            self._columns[index] = replace(make(self.names[index], cells), weights=self.weights)
        return self._columns[index]

    def about(self, index: int) -> Dataset:
        """Return the rows to look at the column at *index* in, beside those that it is compared with: all."""
        return self

    def series(self, index: int) -> pl.Series:
        """Return the cells of the column at *index*."""
        return self.cells.to_series(index if self.read is None else self.read.index(index))

    def features(self, indices: Sequence[int], *, typed: bool = False) -> pl.DataFrame:
        """Return the columns at *indices*: cells as they were read, or *typed* by what they hold."""
        import polars as pl

        if typed:
            return pl.DataFrame([self.column(index).series() for index in indices])
        return pl.DataFrame([self.series(index).alias(self.names[index]) for index in indices])


def names_of(headers: Sequence[str] | None, features: int, *labels: str) -> tuple[str, ...]:
    """Return the names of *features* columns and then *labels*: the *headers*, or placeholders.

    Raises AnalysisError when the headers are not as many.
    """
    if headers is None:
        return (*(f"column_{index}" for index in range(features)), *labels)
    if len(headers) != features + len(labels):
        parts = [f"{features} features", *(each.rstrip("0").replace("_", " ") for each in labels)]
        raise AnalysisError(
            f"{MISMATCH} the records have {' and '.join(parts)}, the headers name {len(headers)}"
        )
    return tuple(headers)
