"""Columns of another file for the same rows: facets or predicted labels that the dataset does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.datasets.dataset import Dataset
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    import polars as pl


def aligned(dataset: Dataset, side: Dataset, key: int | None, *, one_file_each: bool, what: str) -> Dataset:
    """Return *side* with the row of each of *dataset*'s rows, in their order, and without the key.

    Rows belong together by the column at *key* of the dataset, which *side* has under the same name; without
    a key, or where *side* does not have it, by their number, if there is *one_file_each*.
    Raises AnalysisError naming *what* the side is.
    """
    if key is not None and dataset.names[key] in side.names:
        return _by_key(dataset.cells.to_series(key), side, dataset.names[key], what)
    if not one_file_each:
        raise AnalysisError(
            f"the dataset and the {what} are in several files: give joinsource_name_or_index, "
            "a column that both have"
        )
    if len(side) != len(dataset):
        raise AnalysisError(
            f"the {what} has {len(side)} rows, the dataset has {len(dataset)}; "
            "give as many, or joinsource_name_or_index, a column that both have"
        )
    return side


def _by_key(keys: pl.Series, side: Dataset, name: str, what: str) -> Dataset:
    import polars as pl

    place = side.names.index(name)
    theirs = side.cells.to_series(place)
    if theirs.is_duplicated().any():
        raise AnalysisError(f"the {what} has several rows for one value of {name!r}; give one row for each")
    wanted = pl.DataFrame({"key": keys})
    rows = pl.DataFrame({"key": theirs}).with_row_index("row")
    found = wanted.join(rows, on="key", how="left", maintain_order="left").get_column("row")
    if found.null_count():
        raise AnalysisError(
            f"the {what} has no row for {found.null_count()} of {len(keys)} rows of the dataset "
            f"(by {name!r}); give a row for each"
        )
    names = tuple(each for each in side.names if each != name)
    columns = [side.cells.to_series(index)[found] for index in range(len(side.names)) if index != place]
    return Dataset(names, pl.DataFrame(columns), side.typed)


def with_facets(dataset: Dataset, side: Dataset) -> Dataset:
    """Return *dataset* with the columns of *side*, which the model never sees; they replace those it has."""
    names, columns, aside = list(dataset.names), dataset.cells.get_columns(), set(dataset.aside)
    for index, name in enumerate(side.names):
        values = side.cells.to_series(index)
        if name in names:
            columns[names.index(name)] = values
        else:
            names.append(name)
            columns.append(values)
        aside.add(names.index(name))
    return _rebuilt(dataset, names, columns, frozenset(aside), dataset.predicted_label)


def with_predicted_label(dataset: Dataset, side: Dataset, index: int) -> Dataset:
    """Return *dataset* with the column at *index* of *side* as its predicted label."""
    name = side.names[index]
    if name in dataset.names:
        raise AnalysisError(
            f"the predicted label dataset and the dataset both have a column {name!r}; rename one"
        )
    columns = [*dataset.cells.get_columns(), side.cells.to_series(index)]
    return _rebuilt(dataset, [*dataset.names, name], columns, dataset.aside, len(dataset.names))


def _rebuilt(
    dataset: Dataset,
    names: list[str],
    columns: list[pl.Series],
    aside: frozenset[int],
    predicted_label: int | None,
) -> Dataset:
    import polars as pl

    cells = pl.DataFrame([each.alias(str(place)) for place, each in enumerate(columns)])
    return Dataset(tuple(names), cells, dataset.typed, dataset.label, predicted_label, aside)
