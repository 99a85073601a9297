"""What the rows of scored/ say by problem type: texts of prediction and label become what is measured.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Callable, List, Sequence

import numpy as np

from sagemaker_monitor.analysis.decision.confusion import confusion
from sagemaker_monitor.analysis.decision.residuals import Residuals
from sagemaker_monitor.analysis.decision.spec import MULTICLASS, REGRESSION

if TYPE_CHECKING:
    from sagemaker_monitor.analysis.decision.measured import Measured

    Reader = Callable[[Sequence[str], Sequence[str]], Measured]


class OutcomeError(ValueError):
    """A prediction or a label that cannot be what the problem type says."""


def _regression(predictions: Sequence[str], labels: Sequence[str]) -> Measured:
    return Residuals(_numbers(labels, "label"), _numbers(predictions, "prediction"))


def _multiclass(predictions: Sequence[str], labels: Sequence[str]) -> Measured:
    for what, cells in (("prediction", predictions), ("label", labels)):
        for number, cell in enumerate(cells, 1):
            if not cell.strip():
                raise OutcomeError(f"row {number} has no {what}")
    return confusion(labels, predictions)


def _numbers(cells: Sequence[str], what: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found: List[float] = []
    for number, cell in enumerate(cells, 1):
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise OutcomeError(f"row {number} has the {what} {cell[:40]!r}, which is no number")
        found.append(value)
    return np.array(found, dtype=np.float64)


READERS: dict[str, Reader] = {REGRESSION: _regression, MULTICLASS: _multiclass}
"""By problem type; a binary classifier's rows are read with the people in them."""
