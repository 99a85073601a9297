"""A baseline from the dataset: the centres of its clusters, by k-means or, with categories, k-prototypes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sagemaker_monitor.analysis.columns import Kind
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.columns import Column

MOST_CLUSTERS = 12
"""The most clusters that are tried when their number is not given."""
ENOUGH_ROWS = 10_000
"""Rows that centres are looked for in; in a larger dataset in as many drawn at random."""
MISMATCH = 0.5
"""What another category adds to a squared distance over standardized numbers."""
ATTEMPTS, ROUNDS = 4, 100
SEED = 0


@dataclass(frozen=True)
class Table:
    """Standardized numbers, (rows, numeric columns), and codes of categories, (rows, other columns)."""

    numbers: NDArray[np.float64]
    codes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Any) -> Table:
        return Table(self.numbers[rows], self.codes[rows])

    def distances(self, centres: Table) -> NDArray[np.float64]:
        """Return the squared distance of each row from each of *centres*, (rows, centres)."""
        result = np.empty((len(self), len(centres)))
        for at in range(len(centres)):
            result[:, at] = np.square(self.numbers - centres.numbers[at]).sum(axis=1)
            result[:, at] += MISMATCH * (self.codes != centres.codes[at]).sum(axis=1)
        return result


def centres(columns: Sequence[Column], number: int | None) -> list[list[Any]]:
    """Return the centre of each of *number* clusters of the rows, a value for each of *columns*.

    A centre has the mean of its rows' numbers and the most frequent of their categories, which texts and
    booleans are; of one cluster that is the mean record. Without *number* it is found at the elbow of the
    clusters' total spread, up to 12. Numbers are weighed by their standard deviation, absent ones count as
    the mean. Raises AnalysisError when there are fewer different rows than clusters.
    Source: Huang, "Extensions to the k-means algorithm for clustering large data sets with categorical
    values", 1998; Arthur and Vassilvitskii, "k-means++", 2007; Satopaa et al., "Finding a Kneedle", 2011.
    """
    table = _table(columns)
    rng = np.random.default_rng(SEED)
    some = table
    if len(table) > ENOUGH_ROWS:
        some = table[np.sort(rng.choice(len(table), ENOUGH_ROWS, replace=False))]
    different = len(np.unique(np.hstack([some.numbers, some.codes]), axis=0))
    if number is None:
        tried = [_best(some, each, rng) for each in range(1, min(MOST_CLUSTERS, different) + 1)]
        found = tried[_elbow([spread for spread, _ in tried])][1]
    elif number > different:
        raise AnalysisError(
            f"methods.shap.num_clusters is {number}, and the dataset has {different} different rows; "
            "give a smaller number, or rows as methods.shap.baseline"
        )
    else:
        found = _best(some, number, rng)[1]
    nearest = table.distances(found).argmin(axis=1)
    groups = [nearest == at for at in range(len(found))]
    return [[_centre(column, group) for column in columns] for group in groups if group.any()]


def _table(columns: Sequence[Column]) -> Table:
    numbers, codes = [], []
    for column in columns:
        if _is_number(column):
            values = column.values.astype(np.float64)
            present = values[column.present]
            if np.isinf(present).any():
                raise AnalysisError(
                    f"{column.name!r} has infinite values: no baseline can be computed from them; "
                    "give rows as methods.shap.baseline"
                )
            mean, deviation = (present.mean(), present.std()) if len(present) else (0.0, 0.0)
            numbers.append(np.where(column.present, (values - mean) / (deviation or 1.0), 0.0))
        else:
            codes.append(np.unique(column.values, return_inverse=True)[1].astype(np.int64))
    rows = len(columns[0].values)
    return Table(
        np.column_stack(numbers) if numbers else np.empty((rows, 0)),
        np.column_stack(codes) if codes else np.empty((rows, 0), dtype=np.int64),
    )


def _is_number(column: Column) -> bool:
    return column.kind in (Kind.INTEGER, Kind.FLOAT)


def _best(table: Table, number: int, rng: np.random.Generator) -> tuple[float, Table]:
    """Return the total spread and the centres of the best of several attempts."""
    attempts = [_cluster(table, number, rng) for _ in range(ATTEMPTS if number > 1 else 1)]
    return min(attempts, key=lambda attempt: attempt[0])


def _cluster(table: Table, number: int, rng: np.random.Generator) -> tuple[float, Table]:
    found = _first_centres(table, number, rng)
    distances = table.distances(found)
    nearest = distances.argmin(axis=1)
    for _ in range(ROUNDS):
        found = _moved(table, nearest, found, distances)
        distances = table.distances(found)
        before, nearest = nearest, distances.argmin(axis=1)
        if (before == nearest).all():
            break
    return float(distances.min(axis=1).sum()), found


def _first_centres(table: Table, number: int, rng: np.random.Generator) -> Table:
    """Return rows far from each other: each drawn by its squared distance from those before."""
    chosen = [int(rng.integers(len(table)))]
    while len(chosen) < number:
        apart = table.distances(table[chosen]).min(axis=1)
        chosen.append(int(rng.choice(len(table), p=apart / apart.sum())))
    return table[chosen]


def _moved(table: Table, nearest: NDArray[np.intp], before: Table, distances: NDArray[np.float64]) -> Table:
    """Return the centres of the rows *nearest* to each; one without rows goes to the loneliest row."""
    numbers, codes = before.numbers.copy(), before.codes.copy()
    lonely = list(distances.min(axis=1).argsort()[-len(before) :])
    for at in range(len(before)):
        group = table[nearest == at]
        if len(group):
            numbers[at] = group.numbers.mean(axis=0)
            codes[at] = [np.bincount(column).argmax() for column in group.codes.T]
        else:
            row = lonely.pop()
            numbers[at], codes[at] = table.numbers[row], table.codes[row]
    return Table(numbers, codes)


def _elbow(spreads: Sequence[float]) -> int:
    """Return where *spreads* lie furthest below the line from the first to the last."""
    line = np.linspace(spreads[0], spreads[-1], len(spreads))
    return int((line - np.array(spreads)).argmax())


def _centre(column: Column, group: NDArray[np.bool_]) -> Any:
    """Return the mean of a group's numbers, or its most frequent category, the first in order of several."""
    values = column.values[group]
    if not _is_number(column):
        kinds, counts = np.unique(values, return_counts=True)
        category = kinds[counts.argmax()]
        return bool(category) if column.kind is Kind.BOOLEAN else str(category) or None
    present = values[column.present[group]]
    if not len(present):
        present = column.values[column.present]
    return float(present.mean()) if len(present) else None
