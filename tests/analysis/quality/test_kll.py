"""Sketches are Deequ's, item for item, however the values arrive; buckets and distances follow from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from sagemaker_monitor.analysis.documents.statistics import Sketch
from sagemaker_monitor.analysis.quality import distances, kll
from sagemaker_monitor.analysis.quality.kll import KllSketch, distribution, extend


def one_by_one(values: list[float]) -> list[list[float]]:
    """Return the levels of a sketch that takes value after value: the rule, as plainly as it can be put."""

    def capacity(height: int) -> int:
        return 2 * (math.ceil(2048 * 0.64**height / 2) + 1)

    levels: list[list[float]] = [[]]
    offsets, times = [0], [0]
    for value in values:
        levels[0].append(value)
        if sum(map(len, levels)) <= sum(capacity(height) for height in range(len(levels))):
            continue
        height = next(h for h in range(len(levels)) if len(levels[h]) >= capacity(h))
        if height + 1 == len(levels):
            levels.append([])
            offsets.append(0)
            times.append(0)
        if times[height] % 2 == 1:
            offsets[height] = 1 - offsets[height]
        times[height] += 1
        items = levels[height]
        even = len(items) - len(items) % 2
        levels[height + 1].extend(sorted(items[:even])[offsets[height] :: 2])
        levels[height] = items[even:]
    return levels


def sketch_of(values: np.ndarray, *cuts: int) -> KllSketch:
    """Return the sketch of *values*, which arrive in blocks that end at *cuts*."""
    sketch = KllSketch()
    for part in np.split(values, sorted(cuts)):
        extend([(sketch, part)])
    return sketch


def levels(sketch: KllSketch) -> list[list[float]]:
    """Return a sketch's items as lists."""
    return [each.tolist() for each in sketch.levels]


@pytest.mark.parametrize("count", [0, 1, 2049, 2050, 2051, 3364, 3365, 4700, 9999, 40_000])
def test_levels_are_those_of_the_rule(count: int) -> None:
    """Around every compaction, and after many of them, the items and their order are equal."""
    values = np.random.default_rng(count).integers(0, 5000, count) / 8

    assert levels(sketch_of(values)) == one_by_one(values.tolist())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30_000), st.lists(st.integers(0, 30_000), max_size=6), st.integers(0, 2**32 - 1))
def test_blocks_do_not_matter(count: int, cuts: list[int], seed: int) -> None:
    """However the rows are cut into blocks, the sketch is the same and stands for every row."""
    values = np.random.default_rng(seed).normal(size=count)

    sketch = sketch_of(values, *cuts)

    assert levels(sketch) == levels(sketch_of(values))
    assert sketch.frozen().weight == sketch.count == count


@pytest.mark.parametrize("most", [2, kll.TOGETHER])
def test_columns_with_gaps_are_sketched_alone(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are treated together, and with ones that saw fewer values, each is as if it were alone."""
    monkeypatch.setattr(kll, "TOGETHER", most)
    rows, generator = 9000, np.random.default_rng(1)
    columns = [generator.normal(size=(rows, 4)) for _ in range(3)]
    together = [KllSketch() for _ in range(4)]
    kept = []
    for number, block in enumerate(columns):
        # The third column lacks a value in the second block, the fourth all of it.
        parts = [block[:, 0], block[:, 1], block[number % 2 :, 2], block[rows * (number % 2) :, 3]]
        extend(zip(together, parts, strict=True))
        kept.append(parts)

    for index, sketch in enumerate(together):
        alone = sketch_of(np.concatenate([parts[index] for parts in kept]))
        assert levels(sketch) == levels(alone)


def test_what_stands_in_a_document_stays() -> None:
    """Values that come later change the sketch, and not what was taken from it before."""
    first, later = np.random.default_rng(3).normal(size=(2, 20_000))
    sketch = sketch_of(first)
    before = sketch.frozen()

    extend([(sketch, later)])

    assert [each.tolist() for each in before.levels] == levels(sketch_of(first))
    assert levels(sketch) == levels(sketch_of(np.concatenate([first, later])))


def test_ranks_of_a_large_sketch_are_near() -> None:
    """Of 300,000 values, a sketch of a few thousand tells every rank to within half a percent."""
    values = np.random.default_rng(2).lognormal(size=300_000)
    sketch = sketch_of(values).frozen()
    items, ranks = sketch.cumulative()

    true = np.searchsorted(np.sort(values), items, side="right")

    assert sum(map(len, sketch.levels)) < 8000
    assert np.abs(ranks - true).max() / len(values) < 0.005


def test_buckets_count_the_lower_bound_in_and_the_last_upper_one() -> None:
    """A value on a bound belongs to the bucket above it, the greatest to the last."""
    values = np.array([0.0, 1.0, 1.0, 2.5, 9.0, 10.0, 10.0])

    found = distribution(sketch_of(values).frozen(), 0.0, 10.0)

    assert [each.count for each in found.buckets] == [1, 2, 1, 0, 0, 0, 0, 0, 0, 3]
    assert [each.lower_bound for each in found.buckets] == list(map(float, range(10)))
    assert found.buckets[-1].upper_bound == 10.0


def test_a_constant_has_one_full_bucket() -> None:
    """All bounds are the constant; the last bucket has all rows, as recorded."""
    found = distribution(sketch_of(np.full(3000, 7.0)).frozen(), 7.0, 7.0)

    assert [each.count for each in found.buckets] == [0.0] * 9 + [3000.0]
    assert {(each.lower_bound, each.upper_bound) for each in found.buckets} == {(7.0, 7.0)}


@pytest.mark.parametrize("values", [[1.0, np.inf], [-np.inf, 1.0, 2.0], [-np.inf, np.inf], [np.inf] * 3])
def test_values_beyond_doubles_are_counted_once_each(values: list[float]) -> None:
    """Most bounds are infinite or no number then, but no bucket has a negative count."""
    found = distribution(sketch_of(np.array(values)).frozen(), min(values), max(values))

    counts = [each.count for each in found.buckets]
    assert (min(counts), sum(counts)) == (0.0, len(values))
    assert found.buckets[0].lower_bound == min(values)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-50, 50, width=16), min_size=2, max_size=300),
    st.lists(st.floats(-50, 50, width=16), min_size=2, max_size=300),
)
def test_the_distance_is_the_kolmogorov_smirnov_statistic(one: list[float], other: list[float]) -> None:
    """While sketches hold all values the distance is scipy's, ties and repeats included, both ways round."""
    sketches = [sketch_of(np.array(each)).frozen() for each in (one, other)]

    expected = ks_2samp(one, other, method="asymp").statistic

    assert distances.numerical(*sketches) == pytest.approx(expected, abs=1e-12)
    assert distances.numerical(*reversed(sketches)) == pytest.approx(expected, abs=1e-12)


def test_the_distance_of_large_sketches_is_near() -> None:
    """Of 100,000 rows each, the sketches' distance is the samples' to within half a percent."""
    generator = np.random.default_rng(3)
    one, other = generator.normal(size=100_000), generator.normal(0.2, 1.1, size=100_000)

    found = distances.numerical(sketch_of(one).frozen(), sketch_of(other).frozen())

    assert found == pytest.approx(ks_2samp(one, other, method="asymp").statistic, abs=0.005)


def test_items_count_with_their_weight() -> None:
    """Repeated and risen items add up: of a column of zeros and ones the share is the distance."""
    one = Sketch(0.64, 2048.0, (np.array([0.0, 1.0]), np.array([0.0, 0.0, 0.0])))
    other = Sketch(0.64, 2048.0, (np.array([0.0, 1.0, 1.0, 1.0]),))

    assert one.weight == 8
    assert distances.numerical(one, other) == pytest.approx(7 / 8 - 1 / 4)
