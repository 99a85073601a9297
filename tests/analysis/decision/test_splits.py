"""Random splits of two samples, and the level at which they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from sagemaker_monitor.analysis.decision import family, splits


def test_every_split_has_the_true_sizes() -> None:
    """The true split comes first; each puts as many rows into the batch as it has, all rows alike often."""
    drawn = np.concatenate(list(splits.batches(30, 20, 4_000)))

    assert drawn.shape == (4_000, 50)
    assert drawn[0].tolist() == [0.0] * 30 + [1.0] * 20
    assert (drawn.sum(axis=1) == 20).all()
    assert drawn.mean(axis=0) == pytest.approx(0.4, abs=0.04)


def test_the_same_rows_get_the_same_splits() -> None:
    """A verdict that is computed again is the same."""
    one, other = (np.concatenate(list(splits.batches(8, 5, 50))) for _ in range(2))

    assert (one == other).all()


@pytest.mark.parametrize(
    ("rows", "false_refusals", "expected"),
    [(1_000, 0.05, 10_000), (40_000, 0.05, 2_000), (10**7, 0.001, 1_000)],
)
def test_many_rows_have_fewer_splits(rows: int, false_refusals: float, expected: int) -> None:
    """There are as many splits as there is time for, and at least as many as the error rate needs."""
    assert splits.total(rows, false_refusals) == expected


def test_samples_are_drawn_with_replacement() -> None:
    """Each sample has its size, some rows several times."""
    drawn = splits.samples(np.random.RandomState(1), 10, 25, 100)

    assert drawn.shape == (100, 10)
    assert (drawn.sum(axis=1) == 25).all()
    assert drawn.max() > 3


@pytest.mark.parametrize("false_refusals", [0.01, 0.05, 0.2])
def test_at_most_the_promised_share_is_refused(false_refusals: float) -> None:
    """Whatever the columns' tails and scales, and though they go with each other, few are refused."""
    random = np.random.default_rng(3)
    first = random.normal(size=(2_000, 1))
    columns = [
        first,
        np.exp(3 * first + random.normal(size=(2_000, 1))),
        random.standard_t(2, size=(2_000, 1)),
    ]
    change = np.concatenate([*columns, np.zeros((2_000, 1))], axis=1)
    reach = family.reach(change, family.standardised(change), false_refusals)

    assert 0.8 * false_refusals <= (change > reach).any(axis=1).mean() <= false_refusals


def test_a_column_that_cannot_be_computed_is_never_rare() -> None:
    """Minus infinity, a metric without a value, neither refuses nor hides another."""
    change = np.stack([np.full(200, -np.inf), np.arange(200.0)], axis=-1)

    assert family.reach(change, family.standardised(change), 0.05).tolist() == [0.0, 189.0]


def test_counts_are_split_alike_however_they_are_drawn() -> None:
    """By kinds or by rows: the true split first, the true sizes, the same mean and spread of each kind."""
    baseline, batch = np.array([30, 5, 0, 15]), np.array([10, 0, 3, 17])
    ways = [
        np.concatenate(list(draw(baseline, batch, 4_000, 5))) for draw in (splits.of_counts, splits.of_rows)
    ]
    share = batch.sum() / (baseline + batch).sum()

    for drawn in ways:
        assert drawn.shape == (4_001, 4)
        assert drawn[0].tolist() == batch.tolist()
        assert (drawn.sum(axis=1) == 30).all()
        assert (drawn <= baseline + batch).all()
        assert drawn[1:].mean(axis=0) == pytest.approx((baseline + batch) * share, abs=0.15)
    assert ways[0].std(axis=0) == pytest.approx(ways[1].std(axis=0), abs=0.1)


@pytest.mark.parametrize("counts", [[300, 100], [3, 1]])
def test_counts_are_drawn_with_replacement(counts: list[int]) -> None:
    """Many rows of a kind or few: each sample has its size, and kinds their shares."""
    drawn = splits.samples_of_counts(np.random.RandomState(1), np.array(counts), 50, 2_000)

    assert drawn.shape == (2_000, 2)
    assert (drawn.sum(axis=1) == 50).all()
    assert drawn.mean(axis=0) == pytest.approx([37.5, 12.5], abs=0.4)
    assert drawn[:, 0].std() == pytest.approx(np.sqrt(50 * 0.75 * 0.25), rel=0.1)
