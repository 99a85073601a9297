"""How a waiver is read strictly: somebody answers for a reason until a day.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import datetime

from sagemaker_monitor.analysis.documents.strict import DocumentError, Object
from sagemaker_monitor.analysis.documents.verdict import COLUMN_CHECKS, Waiver


def read_waiver(o: Object) -> Waiver:
    """Return the waiver that *o* is; DocumentError for one that says too little, or may not be."""
    return Waiver(*signed(o))


def signed(o: Object) -> tuple[str, str, str, str]:
    """Return what it covers, why, who answers for it, and the last day on which it holds."""
    match, reason, approved_by, expires = (
        o.text(key) for key in ("match", "reason", "approved_by", "expires")
    )
    for key, value in (("reason", reason), ("approved_by", approved_by)):
        if not value.strip():
            raise DocumentError(f"{o.where}.{key} is empty; a waiver says why, and who answers for it")
    try:
        # The reverse keeps out days that would sort wrongly as text, such as 2027-3-1.
        day = datetime.datetime.strptime(expires, "%Y-%m-%d").strftime("%Y-%m-%d")
    except ValueError:
        day = ""
    if day != expires:
        raise DocumentError(f"{o.where}.expires is {expires[:40]!r}; it must be a day such as 2027-03-31")
    if any(part in COLUMN_CHECKS for part in match.split("/")[1:2]):
        raise DocumentError(f"{o.where} ({match[:80]}): columns that do not fit cannot be waived")
    return match, reason, approved_by, expires
