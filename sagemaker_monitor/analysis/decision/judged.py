"""What one monitor found, whichever it is: findings, the limits it set, and what it could not tell.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from sagemaker_monitor.analysis.documents.verdict import Family, Finding, Needed, NotChecked

ESTABLISHED = "baseline established, nothing compared"


@dataclass(frozen=True)
class Judged:
    """What is found by one monitor, and what could not be told.

    *limits* counts what could have refused, *short* says why nothing at all can be told for want of rows
    and *few* which other rows are too few, *lost* what a rule that refuses could not be applied to.
    *subjects* are what rules could match, and *needed* says of what is too few how many rows would do.
    """

    monitor: str
    findings: Tuple[Finding, ...] = ()
    not_checked: Tuple[NotChecked, ...] = ()
    family: Optional[Family] = None
    limits: int = 0
    short: Tuple[str, ...] = ()
    few: Tuple[str, ...] = ()
    lost: Tuple[str, ...] = ()
    subjects: Tuple[str, ...] = ()
    needed: Tuple[Needed, ...] = ()
