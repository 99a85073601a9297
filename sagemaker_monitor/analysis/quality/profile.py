"""What the columns of a dataset look like, found in one pass over its blocks of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.documents.statistics import (
    NUMERIC,
    STRING,
    FeatureStatistics,
    Numbers,
    Statistics,
    Texts,
)
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.quality import kll
from sagemaker_monitor.analysis.quality.cells import TypeCounts, classify
from sagemaker_monitor.analysis.quality.frequencies import Frequencies
from sagemaker_monitor.analysis.quality.moments import Moments
from sagemaker_monitor.analysis.records.dataset import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    import polars as pl
    from numpy.typing import NDArray

    Blocks = Callable[[Collection[int]], Iterable[pl.DataFrame]]

MOST_DISTINCT = 120
"""Up to so many distinct texts, Deequ counts each of them."""

NEWER_KEYS = False
"""Whether statistics of numbers have the keys that AWS's containers added in 2025.

The recorded baselines do not have them. The number of distinct values, which AWS estimates, is exact here,
at the cost of keeping them.
"""

EXACT_CELLS = 1_000_000
"""Up to so many cells, deviations are summed up row by row: equal to AWS's in the last bit."""


@dataclass(frozen=True)
class ColumnProfile:
    """One column: what its cells are, the statistics of them, and how often which text occurs.

    Frequencies are known of String columns, and of those that they were asked for.
    """

    types: TypeCounts
    statistics: FeatureStatistics
    frequencies: Frequencies | None = None


@dataclass(frozen=True)
class Profile:
    """The columns of a dataset, in order."""

    rows: int
    columns: tuple[ColumnProfile, ...]

    @property
    def statistics(self) -> Statistics:
        """Return the document."""
        return Statistics(self.rows, tuple(each.statistics for each in self.columns))


def profile(
    names: Sequence[str],
    blocks: Blocks,
    count_texts_of: Collection[int] = (),
) -> Profile:
    """Return the profile of the rows that *blocks* gives each time it is called; the columns are *names*.

    It is called with the places of columns of which no text is needed: they may be numbers instead, Int64
    where every cell of a block is Integral, Float64 where every cell is Fractional.

    The sketches depend on the rows' order. Texts of the columns at *count_texts_of* are counted even when
    they are numbers. Raises AnalysisError when there is no row.
    """
    columns = [_Column(counted=place in count_texts_of) for place in range(len(names))]
    rows = 0
    for block in blocks([place for place, column in enumerate(columns) if not column.counted]):
        exact = (rows + block.height) * block.width <= EXACT_CELLS
        sketched = []
        for column, cells, texts in zip(columns, classify(block), block.get_columns(), strict=True):
            column.types += cells.types
            if column.counted or (column.types.inferred == STRING and not texts.dtype.is_numeric()):
                column.frequencies.add(texts, cells.counts)
            if column.types.inferred != STRING and cells.numbers is not None:
                column.see(cells.numbers)
                column.moments = column.moments.with_values(cells.numbers, row_by_row=exact)
                sketched.append((column.sketch, cells.numbers))
        kll.extend(sketched)
        rows += block.height
    if not rows:
        raise AnalysisError(NO_DATA)
    _count_late(columns, rows, blocks)
    return Profile(rows, tuple(column.profile(name) for name, column in zip(names, columns, strict=True)))


@dataclass
class _Column:
    """What is known of a column so far."""

    counted: bool
    types: TypeCounts = field(default_factory=TypeCounts)
    moments: Moments = field(default_factory=Moments)
    sketch: kll.KllSketch = field(default_factory=kll.KllSketch)
    frequencies: Frequencies = field(default_factory=Frequencies)
    distinct: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def see(self, numbers: NDArray[np.float64]) -> None:
        """Keep the distinct values among *numbers*, where they are to be told."""
        if NEWER_KEYS:
            self.distinct = np.union1d(self.distinct, numbers)

    def profile(self, name: str) -> ColumnProfile:
        """Return the finished profile."""
        kind = self.types.inferred
        statistics = FeatureStatistics(
            name,
            kind,
            self.types.present,
            self.types.missing,
            self._numbers() if kind in NUMERIC and self.sketch.count else None,
            self._texts() if kind == STRING else None,
        )
        frequencies = self.frequencies if self.counted or kind == STRING else None
        return ColumnProfile(self.types, statistics, frequencies)

    def _numbers(self) -> Numbers:
        moments, rows = self.moments, self.types.present + self.types.missing
        return Numbers(
            moments.mean,
            moments.sum,
            moments.deviation,
            moments.least,
            moments.greatest,
            kll.distribution(self.sketch.frozen(), moments.least, moments.greatest),
            *((len(self.distinct), self.types.present / rows) if NEWER_KEYS else ()),
        )

    def _texts(self) -> Texts:
        distinct = self.frequencies.distinct
        counts = self.frequencies.counts() if distinct <= MOST_DISTINCT else None
        return Texts(float(distinct), counts)


def _count_late(columns: Sequence[_Column], rows: int, blocks: Blocks) -> None:
    """Count the texts of columns that looked like numbers at first, in a pass of their own."""
    late = [
        (place, column)
        for place, column in enumerate(columns)
        if column.types.inferred == STRING and column.frequencies.rows < rows
    ]
    if not late:
        return
    for _, column in late:
        column.frequencies = Frequencies()
    for block in blocks(()):
        for place, column in late:
            column.frequencies.add(block.to_series(place))
