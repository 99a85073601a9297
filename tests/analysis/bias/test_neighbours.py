"""The nearest rows are those of a sort of all exact distances, by whatever way and on whatever data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sagemaker_monitor.analysis.bias import alike, boxes, candidates, leaves, neighbours
from sagemaker_monitor.analysis.bias.leaves import Leaves
from sagemaker_monitor.analysis.bias.neighbours import nearest

Matrix = NDArray[np.float64]


def correlated(random: np.random.Generator, rows: int, columns: int) -> Matrix:
    """Two numbers and some noise are behind all columns."""
    behind = random.normal(0, 1, (rows, 2)) @ random.normal(0, 1, (2, columns))
    return behind + random.normal(0, 0.01, (rows, columns))


def with_sentinels(random: np.random.Generator, rows: int, columns: int) -> Matrix:
    """Some numbers stand for something else: they are far away from all others."""
    values = random.normal(0, 1, (rows, columns))
    values[random.random((rows, columns)) < 0.05] = 999999999.0
    return values


def in_clusters(random: np.random.Generator, rows: int, columns: int) -> Matrix:
    """Few places, and hardly anything between the rows of one."""
    return random.integers(0, 3, (rows, columns)) + random.normal(0, 1e-7, (rows, columns))


def of_all_sizes(random: np.random.Generator, rows: int, columns: int) -> Matrix:
    """Columns from very small to very large."""
    return random.normal(0, 1, (rows, columns)) * 10.0 ** random.integers(-40, 40, columns)


KINDS: dict[str, Any] = {
    "whole": lambda random, *shape: random.integers(0, 3, shape).astype(float),
    "many levels": lambda random, *shape: random.integers(-50, 50, shape).astype(float),
    "independent": lambda random, *shape: random.normal(0, 1, shape),
    "far from zero": lambda random, *shape: random.integers(0, 4, shape) + 1e9,
    "tiny": lambda random, *shape: random.normal(0, 1e-100, shape),
    "huge": lambda random, *shape: random.normal(0, 1e100, shape),
    "one place": lambda random, *shape: np.full(shape, 0.1),
    "both zeros": lambda random, *shape: random.choice([0.0, -0.0, 1.0], shape),
    "correlated": correlated,
    "sentinels": with_sentinels,
    "clusters": in_clusters,
    "all sizes": of_all_sizes,
}
"""Data by name; each makes rows and columns with a random generator."""
WAYS: dict[str, dict[tuple[Any, str], float]] = {
    "one leaf": {},
    "leaves": {(leaves, "LEAF"): 12, (boxes, "GROUP"): 4},
    "near leaves first": {(leaves, "LEAF"): 8, (boxes, "GROUP"): 2, (neighbours, "FAR"): 0},
    "pieces": {
        (leaves, "LEAF"): 16,
        (neighbours, "CELLS"): 60,
        (neighbours, "PRODUCT"): 200,
        (neighbours, "BOXES"): 1,
    },
    "few candidates held": {(leaves, "LEAF"): 16, (candidates, "HELD"): 20, (candidates, "CELLS"): 30},
    "as if alike": {(leaves, "LEAF"): 12, (alike, "SHARE"): 2.0},
    "as if not alike": {(leaves, "LEAF"): 12, (alike, "SHARE"): 0.0},
}
"""Constants by what they bring about where rows are few."""


def by_sorting(matrix: Matrix, points: Any, query: int, k: int, codes: Any) -> list[int]:
    """The definition."""
    others = [each for each in points if codes is None or codes[each] != codes[query]]
    away = np.square(matrix[query] - matrix[others]).sum(axis=1)
    return sorted(int(others[place]) for place in np.lexsort((others, away))[:k])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(20, 130),
    columns=st.integers(1, 17),
    groups=st.sampled_from([None, 2, 3, 9]),
)
def test_nearest_are_those_of_a_sort(
    kind: str, way: str, seed: int, rows: int, columns: int, groups: int | None
) -> None:
    """Of points beside the queries, and of all rows with another code."""
    random = np.random.default_rng(seed)
    matrix = KINDS[kind](random, rows, columns)
    inside = random.random(rows) < 0.4
    codes = None if groups is None else random.integers(0, groups, rows)
    if codes is not None and seed % 2:
        # Codes that lie apart: no query finds another code in its own leaf.
        codes = np.argsort(np.argsort(matrix[:, 0], kind="stable")) * groups // rows
    points = np.flatnonzero(~inside) if codes is None else np.arange(rows)
    queries = np.flatnonzero(inside)
    if codes is not None:
        queries = np.array([row for row in range(rows) if (codes != codes[row]).sum() >= 5], dtype=np.intp)
    if len(points) < 5 or not len(queries):
        return

    with pytest.MonkeyPatch.context() as patch:
        for (module, name), value in WAYS[way].items():
            patch.setattr(module, name, value)
        found: dict[int, list[int]] = {}
        for part, rows_found in nearest(list(matrix.T.copy()), points, queries, 5, codes):
            assert not found.keys() & set(part.tolist())
            found |= {int(query): sorted(near) for query, near in zip(part, rows_found.tolist(), strict=True)}

    assert found == {int(query): by_sorting(matrix, points, query, 5, codes) for query in queries}


@pytest.mark.parametrize("rows", [1, 7, 64, 100, 129])
def test_each_row_lies_in_one_leaf_once(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """What fills a leaf up is marked, and every row is within the box of its leaf, and at home there."""
    monkeypatch.setattr(leaves, "LEAF", 10)
    random = np.random.default_rng(rows)
    columns = list(random.normal(0, 1, (3, rows)))

    found = Leaves.of(columns, np.arange(rows))

    once = found.inner[:, -2] < leaves.TWICE
    assert sorted(found.rows[once].tolist()) == list(range(rows))
    for place, column in enumerate(columns):
        inside = column[found.rows]
        assert (inside >= found.lowest[place][:, None]).all()
        assert (inside <= found.highest[place][:, None]).all()
    homes = found.homes(columns, np.arange(rows))
    assert (found.rows[homes] == np.arange(rows)[:, None]).any(axis=1).all()
