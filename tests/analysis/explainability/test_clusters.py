"""Baselines by clustering: the mean record, found groups, categories, and scikit-learn as a judge."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from sagemaker_monitor.analysis.columns import Column, column_of
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.explainability.clusters import centres


def columns(**cells: list[object]) -> list[Column]:
    """Return typed columns of cells as texts; None is absent."""
    return [
        column_of(name, pl.Series([None if each is None else str(each) for each in values], dtype=pl.String))
        for name, values in cells.items()
    ]


def blobs(seed: int, rows: int, at: list[list[float]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return *rows* rows around each place of *at*."""
    rng = np.random.default_rng(seed)
    return np.concatenate([place + rng.normal(scale=0.1, size=(rows, len(place))) for place in at])


def test_one_cluster_is_exactly_the_mean_record() -> None:
    """Its numbers are the columns' means, and its categories the most frequent ones."""
    rng = np.random.default_rng(1)
    data = {"n": rng.integers(0, 90, 25_000).tolist(), "x": rng.normal(size=25_000).tolist()}
    kinds = [*["b"] * 12_000, *["a"] * 12_000, *["c"] * 1000]

    found = centres(columns(**data, job=kinds), 1)

    assert found == [[float(np.mean(data["n"])), float(np.mean(data["x"])), "a"]]


def test_absent_values_are_left_out_of_means() -> None:
    """A gap counts neither as 0 nor as a category of its own unless it is the most frequent one."""
    assert centres(columns(x=[1, None, 3], job=["a", "b", "b"]), 1) == [[2.0, "b"]]
    assert centres(columns(x=[None, None], job=[None, None]), 1) == [[None, None]]
    assert centres(columns(yes=["True", "False", "True"]), 1) == [[True]]


def test_groups_are_found_whatever_the_scales() -> None:
    """Three groups are found with their means, although one column is a million times wider."""
    data = blobs(2, 200, [[0, 0], [5, 1], [0, 9]]) * [1, 1e6]

    found = sorted(centres(columns(x=data[:, 0].tolist(), y=data[:, 1].tolist()), 3))

    expected = sorted(part.mean(axis=0).tolist() for part in np.split(data, 3))
    np.testing.assert_allclose(expected, found, rtol=1e-12)


def test_the_number_of_groups_is_found_at_the_elbow() -> None:
    """Without a number, four well separated groups give four centres."""
    data = blobs(3, 100, [[0, 0], [9, 0], [0, 9], [9, 9]])

    assert len(centres(columns(x=data[:, 0].tolist(), y=data[:, 1].tolist()), None)) == 4


def test_categories_make_groups() -> None:
    """Texts alone are clustered by their modes, and beside numbers they decide where numbers do not."""
    jobs, towns = ["nurse", "smith"] * 50, ["rome", "oslo"] * 50

    assert sorted(centres(columns(job=jobs, town=towns), 2)) == [["nurse", "rome"], ["smith", "oslo"]]
    mixed = centres(columns(x=[1.0] * 100, job=jobs, town=towns), 2)
    assert sorted(mixed) == [[1.0, "nurse", "rome"], [1.0, "smith", "oslo"]]


@pytest.mark.parametrize("number", [2, 5, 8])
def test_spread_is_as_small_as_another_implementation_s(number: int) -> None:
    """On data without groups the total spread is within two percent of scikit-learn's best of ten."""
    sklearn = pytest.importorskip("sklearn.cluster")
    data = np.random.default_rng(4).normal(size=(2000, 4))
    data = (data - data.mean(axis=0)) / data.std(axis=0)

    cells = {f"f{place}": column.tolist() for place, column in enumerate(data.T)}
    found = np.array(centres(columns(**cells), number))
    spread = ((data[:, None] - found) ** 2).sum(axis=2).min(axis=1).sum()

    judge = sklearn.KMeans(number, n_init=10, random_state=0).fit(data)
    assert spread <= 1.02 * judge.inertia_


def test_the_same_data_give_the_same_baseline() -> None:
    """Nothing of it is left to chance, larger datasets included."""
    data = np.random.default_rng(5).normal(size=(12_000, 2))
    cells = columns(x=data[:, 0].tolist(), y=data[:, 1].tolist())

    assert centres(cells, 3) == centres(cells, 3)


def test_impossible_numbers_are_refused() -> None:
    """More clusters than different rows, and infinite values, are named with what to do."""
    with pytest.raises(
        AnalysisError, match="num_clusters is 3, and the dataset has 2 different rows; give a small"
    ):
        centres(columns(x=[1, 2, 2, 2]), 3)
    with pytest.raises(AnalysisError, match="'x' has infinite values"):
        centres(columns(x=[1.5, "inf"]), 1)
    assert centres(columns(x=[4, 4, 4]), None) == [[4.0]]
