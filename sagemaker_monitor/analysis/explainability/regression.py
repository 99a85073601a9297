"""The regression of Kernel SHAP: attributions that explain best what a row's coalitions are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.explainability import systems

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST_SINGULAR_VALUE = 1e-11
"""Below this share of the largest, a singular value of a matrix of zeros and ones is zero."""
_WORD = 8
"""Bytes whose bits are counted at once."""
_CELLS = 2**16
"""Coefficients that are numbers at a time."""


def attributions(
    members: NDArray[np.bool_], worth: NDArray[np.float64], difference: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the attributions of each row, shape (rows, outputs, features).

    *members* is what `coalitions.draw` gives, (features, rows, samples); *worth*, (rows, samples, outputs),
    is the model's output for each coalition less the expected value, and *difference*, (rows, outputs), that
    for the row itself, to which its attributions add up. That constraint eliminates the last feature; the
    others are the least squares solution, of all such the shortest one.
    """
    drawn = (members.shape[2] + 1) // 2
    pairs = members.shape[2] - drawn
    last = members[-1, :, :drawn]
    # A coalition and its complement are one equation with opposite signs, written here as that of the two
    # without the last feature, whose coefficients are 0 and 1; their mean counts twice.
    others = members[:-1, :, :drawn] ^ last
    signs = np.where(last, -1.0, 1.0)[:, :, None]
    equations = worth[:, :drawn] * signs
    equations[:, :pairs] -= worth[:, drawn:] * signs[:, :pairs]
    equations[:, :pairs] += difference[:, None, :]
    equations[:, :pairs] *= 0.5
    weights = np.ones(drawn)
    if pairs < drawn:
        equations[:, -1] += last[:, -1:] * difference
        weights[-1] = 0.5
    result = np.empty((*difference.shape, len(members)))
    result[:, :, :-1] = least_squares(others, equations, weights).transpose(2, 1, 0)
    result[:, :, -1] = difference - result[:, :, :-1].sum(axis=2)
    return result


def least_squares(
    coefficients: NDArray[np.bool_], right: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return for each system the shortest of the least squares solutions, (unknowns, outputs, systems).

    *coefficients* are (unknowns, systems, equations), *right* is (systems, equations, outputs), and *weights*
    are those of the equations, the same in all systems.
    """
    roots = np.sqrt(weights)[:, None]
    if len(coefficients) <= len(weights):
        squares = _in_common(coefficients)
        for equation in np.flatnonzero(weights != 1):
            one = coefficients[:, :, equation]
            squares -= (1 - weights[equation]) * (one[:, None] & one)
        result, regular = systems.solve(squares, _times(coefficients, weights[:, None] * right))
    else:
        squares = _in_common(coefficients.transpose(2, 1, 0)) * (roots * roots.T)[:, :, None]
        found, regular = systems.solve(squares, (roots * right).transpose(1, 2, 0))
        result = _times(coefficients, roots * found.transpose(2, 0, 1))
    if not regular.all():
        # Squares would square how far a matrix is from a singular one, too: these are solved as they are.
        matrices = roots * coefficients[:, ~regular].transpose(1, 2, 0)
        inverses = np.linalg.pinv(matrices, rcond=SMALLEST_SINGULAR_VALUE)
        result[..., ~regular] = (inverses @ (roots * right[~regular])).transpose(1, 2, 0)
    return result


def _times(coefficients: NDArray[np.bool_], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the product for each system, (unknowns, outputs, systems)."""
    unknowns, number, equations = coefficients.shape
    result = np.empty((unknowns, right.shape[2], number))
    size = min(number, max(1, _CELLS // (unknowns * equations)))
    numbers = np.empty((unknowns, size, equations))
    for start in range(0, number, size):
        stop = min(number, start + size)
        part = numbers[:, : stop - start]
        part[:] = coefficients[:, start:stop]
        result[:, :, start:stop] = (part.transpose(1, 0, 2) @ right[start:stop]).transpose(1, 2, 0)
    return result


def _in_common(sets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how many members each two of a system's *sets* share, (sets, sets, systems).

    *sets* are (sets, systems, whether each is a member). Counting bits is exact, and many times cheaper than
    multiplying matrices.
    """
    packed = np.packbits(sets, axis=-1)
    length = packed.shape[-1]
    padded = np.zeros((*sets.shape[:2], -(-length // _WORD) * _WORD), dtype=np.uint8)
    padded[:, :, :length] = packed
    words = np.ascontiguousarray(padded.view(np.uint64).transpose(2, 0, 1))
    result = np.empty((len(sets), len(sets), sets.shape[1]))
    for place in range(len(sets)):
        shared = np.bitwise_count(words[:, place : place + 1] & words[:, place:])
        result[place, place:] = shared.sum(axis=0)
        result[place:, place] = result[place, place:]
    return result
