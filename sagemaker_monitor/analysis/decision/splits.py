"""Random splits of the pooled rows of two samples, and random samples of one: which rows are where.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Iterator

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Counts = NDArray[np.int64]

SEED = 19_380_314
"""Fixed: the same rows always get the same limits, whatever the numpy: RandomState's stream is frozen."""
TOTALS = (10_000, 5_000, 2_000, 1_000, 500)
"""How many splits there may be, the true one included; fewer where they would take long."""
WORK = 150_000_000
"""Rows that may be put into one sample or the other; a few seconds."""
CHUNK = 200_000
"""Rows that are counted together: 1.6 MB of them, which stay in a processor's cache."""


KINDS_PER_ROW = 40
"""Drawing the count of one kind takes as long as drawing so many rows."""


def total(rows: int, false_refusals: float, *, work: int = WORK) -> int:
    """Return how many splits of *rows* there is time for; at least as many as the error rate needs."""
    fits = next((splits for splits in TOTALS if splits * rows <= work), TOTALS[-1])
    return max(fits, math.ceil(1 / false_refusals))


def batches(baseline: int, batch: int, splits: int, seed: int = SEED) -> Iterator[Array]:
    """Yield which pooled rows, the baseline's first, are in the batch: 0 or 1, shape (splits, rows).

    The true split comes first, then random ones.
    """
    rows = baseline + batch
    yield np.concatenate([np.zeros(baseline), np.ones(batch)])[None, :]
    random = np.random.RandomState(seed)
    size = max(1, CHUNK // rows)
    for start in range(1, splits, size):
        chosen = np.stack([random.permutation(rows)[:batch] for _ in range(min(size, splits - start))])
        inside = np.zeros((len(chosen), rows))
        np.put_along_axis(inside, chosen, 1.0, axis=1)
        yield inside


def of_counts(
    baseline: Counts, batch: Counts, splits: int, seed: int, *, chunk: int = 1_000
) -> Iterator[Array]:
    """Yield the batch's count of each kind of row in the true split, then in *splits* random ones.

    *baseline* and *batch* count rows that are alike, shape (kinds,); what is drawn has the shape
    (splits, kinds), at most *chunk* splits at once, of the multivariate hypergeometric distribution.
    """
    random = np.random.RandomState(seed)
    pool = baseline + batch
    yield batch[None, :].astype(np.float64)
    for start in range(0, splits, chunk):
        size = min(chunk, splits - start)
        missing = np.full(size, int(batch.sum()))
        rest = int(pool.sum())
        drawn = np.zeros((size, len(pool)))
        for kind, count in enumerate(pool):
            rest -= int(count)
            if rest == 0:
                drawn[:, kind] = missing
                break
            # The legacy generator refuses to draw nothing: draw one, and keep it only where one is missing.
            one = random.hypergeometric(int(count), rest, np.maximum(missing, 1))
            drawn[:, kind] = np.where(missing > 0, one, 0)
            missing = missing - drawn[:, kind].astype(int)
        yield drawn


def of_rows(
    baseline: Counts, batch: Counts, splits: int, seed: int, *, chunk: int = 1_000
) -> Iterator[Array]:
    """Yield what `of_counts` does, other draws of the same distribution: quicker where few rows are alike."""
    random = np.random.RandomState(seed)
    kinds, size = np.repeat(np.arange(len(batch)), baseline + batch), int(batch.sum())
    yield batch[None, :].astype(np.float64)
    for start in range(0, splits, chunk):
        drawn = [
            np.bincount(random.permutation(kinds)[:size], minlength=len(batch))
            for _ in range(min(chunk, splits - start))
        ]
        yield np.stack(drawn).astype(np.float64)


def samples_of_counts(random: np.random.RandomState, counts: Counts, size: int, repeats: int) -> Array:
    """Return how many of each kind are drawn when *size* are drawn with replacement: (repeats, kinds)."""
    rows = int(counts.sum())
    if are_alike(counts):
        return random.multinomial(size, counts / rows, repeats).astype(np.float64)
    kinds = np.repeat(np.arange(len(counts)), counts)
    drawn = [
        np.bincount(kinds[random.randint(0, rows, size=size)], minlength=len(counts)) for _ in range(repeats)
    ]
    return np.stack(drawn).astype(np.float64)


def are_alike(counts: Counts) -> bool:
    """Return whether so many rows are of one kind that drawing kinds is quicker than drawing rows."""
    return bool(KINDS_PER_ROW * len(counts) <= counts.sum())


def samples(random: np.random.RandomState, rows: int, size: int, repeats: int) -> Array:
    """Return how often each of *rows* is drawn when *size* are drawn with replacement: (repeats, rows)."""
    drawn = random.randint(0, rows, size=(repeats, size))
    flat = drawn + np.arange(repeats)[:, None] * rows
    return np.bincount(flat.ravel(), minlength=repeats * rows).reshape(repeats, rows).astype(np.float64)
