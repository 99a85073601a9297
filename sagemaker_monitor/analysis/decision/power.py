"""How likely a batch of so many rows catches a shift of a declared size, and how many rows would do.

Limits are those of the policy beside a typical batch of the shifted rows, splits and all: a shift widens
them. Then batches are drawn from the shifted rows, and it is counted which limits they cross. The baseline
is taken for the truth: what is told is this baseline's power, as what is lived with is this baseline.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Tuple

from sagemaker_monitor.analysis.decision.enough import rounded_up

if TYPE_CHECKING:
    from typing import Protocol

    import numpy as np
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.decision.spec import Rule

    Flags = NDArray[np.bool_]

    class Power(Protocol):
        """What one monitor's limits catch, beside one baseline."""

        monitor: str
        names: Tuple[str, ...]
        most_rows: int
        rows: int

        def value(self, name: str) -> float: ...

        def caught(self, name: str, by: float, rows: int, effort: Effort) -> float: ...


SEED = 20_061_109
CLOSE = 1.06
"""Numbers of rows that differ by less than this factor are the same to the search."""
FEWEST_ROWS = 20


@dataclass(frozen=True)
class Effort:
    """How many random splits give the limits, and how many batches are drawn; the seed of the draws."""

    splits: int = 4_999
    batches: int = 1_000
    seed: int = SEED


def told(rule: Rule | None, own: Flags, refused: Flags) -> float:
    """Return the share of shifted batches that are refused, or warned of where *rule* only warns.

    *own* are the batches that cross the limit of *rule*, *refused* those that cross any that refuses.
    """
    warns = rule is not None and rule.action == "warn"
    return float((own | refused if warns else refused).mean())


def rows_needed(
    power: Power, name: str, by: float, wanted: float, effort: Effort, *, start: int, caught: float
) -> int | None:
    """Return about how many rows catch a shift with the probability *wanted*; None where none do.

    The search begins at *start* rows, which have the probability *caught*; two digits are told. Raises
    UnreachableError.
    """

    def enough(rows: int) -> bool:
        return power.caught(name, by, rows, effort) >= wanted

    start = max(FEWEST_ROWS, min(start, power.most_rows))
    low = high = start
    if caught >= wanted:
        while high > FEWEST_ROWS:
            low = max(FEWEST_ROWS, high // 2)
            if not enough(low):
                break
            high = low
    else:
        while True:
            high = min(4 * low, power.most_rows)
            if high <= low:
                return None
            if enough(high):
                break
            low = high
    while high > CLOSE * low:
        middle = round(math.sqrt(low * high))
        low, high = (low, middle) if enough(middle) else (middle, high)
    return rounded_up(high)
