"""The regression of Kernel SHAP: attributions that explain best what a row's coalitions are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST_PIVOT = 1e-6
"""Below this share of the largest diagonal element a pivot is looked at more closely."""
SMALLEST_EIGENVALUE = 1e-9
"""Below this share of the largest, an eigenvalue of a matrix of whole numbers is zero."""


def attributions(
    members: NDArray[np.bool_], worth: NDArray[np.float64], difference: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the attributions of each row, shape (rows, outputs, features).

    *members* is what `coalitions.draw` gives, (features, rows, samples); *worth*, (rows, samples, outputs),
    is the model's output for each coalition less the expected value, and *difference*, (rows, outputs), that
    for the row itself, to which its attributions add up. That constraint eliminates the last feature; the
    others are the least squares solution, of all such the shortest one.
    """
    last = members[-1]
    drawn = (members.shape[2] + 1) // 2
    pairs = members.shape[2] - drawn
    signs = np.subtract(members[:-1, :, :drawn], last[:, :drawn], dtype=np.float64)
    target = worth - last[:, :, None] * difference[:, None, :]
    # A coalition and its complement are one equation with opposite signs: their mean counts twice.
    equations = np.empty_like(target[:, :drawn])
    np.subtract(target[:, :pairs], target[:, drawn:], out=equations[:, :pairs])
    equations[:, :pairs] *= 0.5
    if pairs < drawn:
        equations[:, pairs:] = target[:, pairs:drawn] * np.sqrt(0.5)
        signs[:, :, pairs:] *= np.sqrt(0.5)
    others = least_squares(signs.transpose(1, 0, 2), equations)
    result = np.empty((*difference.shape, len(members)))
    result[:, :, :-1] = others.transpose(0, 2, 1)
    result[:, :, -1] = difference - result[:, :, :-1].sum(axis=2)
    return result


def least_squares(matrices: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each system the shortest of the least squares solutions, (systems, unknowns, outputs).

    *matrices*, (systems, unknowns, equations), are given transposed; *right* is
    (systems, equations, outputs).
    """
    turned = matrices.transpose(0, 2, 1)
    if matrices.shape[1] <= matrices.shape[2]:
        return _solve(matrices @ turned, matrices @ right)
    return matrices @ _solve(turned @ matrices, right)


def _solve(squares: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the pseudo-inverses of positive semidefinite *squares*, applied to *right*."""
    size = squares.shape[-1]
    diagonal = np.arange(size)
    scale = squares[:, diagonal, diagonal].max(axis=1, initial=1.0)
    lifted = squares.copy()
    # With this every factorization succeeds, and one of a singular matrix still shows a tiny pivot.
    lifted[:, diagonal, diagonal] += (SMALLEST_PIVOT / 1000) * scale[:, None]
    factors = np.linalg.cholesky(lifted)
    pivots = np.square(factors[:, diagonal, diagonal]).min(axis=1, initial=np.inf)
    regular = pivots > SMALLEST_PIVOT * scale
    result = np.empty_like(right)
    result[regular] = np.linalg.solve(squares[regular], right[regular])
    if not regular.all():
        values, vectors = np.linalg.eigh(squares[~regular])
        zero = values <= SMALLEST_EIGENVALUE * values[:, -1:].clip(min=1.0)
        inverse = np.where(zero, 0.0, 1.0 / np.where(zero, 1.0, values))
        projected = vectors.transpose(0, 2, 1) @ right[~regular]
        result[~regular] = vectors @ (inverse[:, :, None] * projected)
    return result
