"""What type one cell has, told from its text as Model Monitor's analyzer tells it, by Python alone."""

from __future__ import annotations

import re

# Deequ 2.0.2: whole numbers and fractions may have a sign, then one blank.
FRACTIONAL_CELL = r"^[-+]? ?[0-9]+(?:\.[0-9]+|(?:\.[0-9]+)?[Ee][-+]?[0-9]+)$"
INTEGRAL_CELL = r"^[-+]? ?[0-9]+$"
BOOLEAN_CELL = r"^(?:true|false)$"
WHOLE = re.compile(INTEGRAL_CELL)
FRACTION = re.compile(FRACTIONAL_CELL)


def is_number(cell: str) -> bool:
    """Tell whether a cell is Integral or Fractional."""
    return bool(WHOLE.match(cell) or FRACTION.match(cell))
