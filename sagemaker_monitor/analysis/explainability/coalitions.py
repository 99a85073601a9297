"""Coalitions: which features keep a row's values while the others get the baseline's."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT_SAMPLES = 2048
"""Coalitions drawn for a row when nothing is said, beside two for each feature."""
_FEW = 64
"""Up to so many features, sizes are found faster by comparing with each limit than by searching."""


def number_of_samples(features: int, given: int | None) -> int:
    """Return how many coalitions each row gets: *given*, or 2 * features + 2048, but no more than there are.

    Source: AWS, "Synthetic dataset",
    https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-online-explainability-create-endpoint-synthetic.html
    """
    wanted = 2 * features + DEFAULT_SAMPLES if given is None else given
    return min(wanted, all_of(features))


def all_of(features: int) -> int:
    """Return how many coalitions of *features* are neither empty nor full, beyond 62 as many as 62 have."""
    return (1 << min(features, 62)) - 2


def draw(rng: np.random.Generator, features: int, rows: int, samples: int) -> NDArray[np.bool_]:
    """Return *samples* random coalitions for each row, shape (features, rows, samples); at least 2 features.

    The first half is drawn independently, the second half are its complements in the same order; of an odd
    number the last one drawn has none. A coalition has s members with a probability proportional to
    (features - 1) / (s * (features - s)), which is the Shapley kernel summed over all coalitions of size s;
    all coalitions of a size are equally likely. Source: Lundberg and Lee, "A Unified Approach to Interpreting
    Model Predictions", 2017, theorem 2; Covert and Lee, "Improving KernelSHAP", 2021, for the pairs.
    """
    drawn = (samples + 1) // 2
    left = _sizes(rng, features, rows * drawn)
    members = np.empty((features, rows, samples), dtype=np.bool_)
    for feature in range(features):
        # Selection sampling: with so many still to choose out of so many, this feature is one of them.
        out_of = features - feature
        chosen = rng.integers(0, out_of, len(left), dtype=left.dtype) < left
        left -= chosen
        members[feature, :, :drawn] = chosen.reshape(rows, drawn)
    np.logical_not(members[:, :, : samples - drawn], out=members[:, :, drawn:])
    return members


def every(features: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return all coalitions but the empty and the full one, (features, coalitions), and each one's kernel.

    The kernel, (features, coalitions), turns what the coalitions are worth into Shapley values: it weighs
    how much worth a feature adds to those it is not in. Source: Shapley, "A Value for n-Person Games", 1953.
    """
    numbers = np.arange(1, 2**features - 1)
    members = (numbers >> np.arange(features)[:, None] & 1).astype(np.bool_)
    size = members.sum(axis=0)
    chances = np.array([1 / (features * comb(features - 1, others)) for others in range(features)])
    joins, stays = chances[size - 1], chances[size]
    return members, np.where(members, joins, -stays)


def _sizes(rng: np.random.Generator, features: int, number: int) -> NDArray[np.unsignedinteger]:
    """Return the sizes of *number* coalitions."""
    possible = np.arange(1, features)
    weights = 1.0 / (possible * (features - possible))
    # The kernel of a size and of its complement's are equal, so the two ends are as likely.
    below = np.cumsum(weights[:-1]) / weights.sum()
    smallest: type[np.unsignedinteger] = (
        np.uint8 if features < 2**8 else np.uint16 if features < 2**16 else np.uint32
    )
    uniform = rng.random(number)
    if features > _FEW:
        return (np.searchsorted(below, uniform, side="right") + 1).astype(smallest)
    sizes = np.ones(number, dtype=smallest)
    for limit in below:
        np.add(sizes, uniform >= limit, out=sizes)
    return sizes
