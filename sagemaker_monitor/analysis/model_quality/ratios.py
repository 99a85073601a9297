"""Quotients of counts: nothing of nothing is 0, as Spark's metrics have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray


def share(part: float, whole: float) -> float:
    """Return the quotient, 0 where *whole* is 0."""
    return part / whole if whole else 0.0


def shares(part: NDArray[Any], whole: NDArray[Any] | np.int64) -> NDArray[np.float64]:
    """Return the quotients of one dimension, 0 where *whole* is 0; it may be one number for all."""
    result: NDArray[np.float64] = np.zeros(len(part))
    np.divide(part, whole, out=result, where=np.asarray(whole) != 0)
    return result
