"""Many small systems of linear equations at once, whose matrices are symmetric and positive semidefinite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST_PIVOT = 1e-4
"""Below this share of the largest diagonal element a pivot is taken for that of a singular matrix."""
LIFT = 1e-11
"""The share of the largest diagonal element that is added to each, where a factorization must succeed."""
SMALL, MANY = 24, 100
"""Up to so many unknowns, and from so many systems on, one step of all systems at a time is faster."""


def solve(
    squares: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the solutions, (unknowns, outputs, systems), and for which of the systems they are ones.

    *squares* are (unknowns, unknowns, systems), symmetric and positive semidefinite, and *right* is
    (unknowns, outputs, systems). What is singular, or nearly, has no solution here.
    """
    small = len(squares) <= SMALL and squares.shape[2] >= MANY
    return _eliminate(squares, right) if small else _factorize(squares, right)


def _eliminate(
    squares: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Solve by Cholesky's method without roots, a step of all systems at a time."""
    size = len(squares)
    limit = SMALLEST_PIVOT * _scale(squares)
    regular = np.ones(squares.shape[2], dtype=np.bool_)
    rows = np.concatenate([squares, right], axis=1)
    inverses = np.empty((size, squares.shape[2]))
    for place, row in enumerate(rows):
        regular &= row[place] > limit
        # Where it is none, nothing is subtracted any more, and so nothing overflows.
        inverses[place] = regular / np.where(regular, row[place], 1.0)
        factors = row[place + 1 : size] * inverses[place]
        for below, factor in enumerate(factors, place + 1):
            rows[below, below:] -= factor * row[below:]
    result = rows[:, size:]
    for place in reversed(range(size)):
        known = rows[place, place + 1 : size, None] * result[place + 1 :]
        result[place] -= known.sum(axis=0)
        result[place] *= inverses[place]
    return result, regular


def _factorize(
    squares: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Solve by LAPACK, one system after the other."""
    scale = _scale(squares)
    matrices = squares.transpose(2, 0, 1)
    diagonal = np.arange(len(squares))
    lifted = matrices.copy()
    # With this every factorization succeeds. A singular matrix still shows a pivot of about the lift's root
    # at most: where the last element of its null vector is small, an earlier pivot is about its square.
    lifted[:, diagonal, diagonal] += LIFT * scale[:, None]
    factors = np.linalg.cholesky(lifted)
    pivots = np.square(factors[:, diagonal, diagonal]).min(axis=1, initial=np.inf)
    regular = pivots > SMALLEST_PIVOT * scale
    result = np.zeros(right.shape)
    solved = np.linalg.solve(matrices[regular], right.transpose(2, 0, 1)[regular])
    result[..., regular] = solved.transpose(1, 2, 0)
    return result, regular


def _scale(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest diagonal element of each system, at least 1."""
    scale: NDArray[np.float64] = np.einsum("iis->is", squares).max(axis=0, initial=1.0)
    return scale
