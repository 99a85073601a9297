"""Which findings somebody took responsibility for, and whose responsibility has run out.

A waiver covers whatever crossed its limit, until the end of the day that it names (UTC, by the clock of
the job that decides). Columns that do not fit cannot be waived: nothing else was compared then.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Counter as Counts
from typing import Sequence, Tuple

from sagemaker_monitor.analysis.decision import rules
from sagemaker_monitor.analysis.decision.judged import Judged
from sagemaker_monitor.analysis.decision.spec import Spec
from sagemaker_monitor.analysis.documents.verdict import (
    APPLIED,
    COLUMN_CHECKS,
    EXPIRED,
    REFUSE,
    UNUSED,
    WARN,
    ConfiguredWaiver,
    Finding,
    Waiver,
)

DAY = len("2027-03-31")


@dataclass(frozen=True)
class Waived:
    """What was found, with the waivers that cover it, and what became of every waiver of the policy."""

    parts: Tuple[Judged, ...]
    waivers: Tuple[ConfiguredWaiver, ...]


def waive(spec: Spec, parts: Sequence[Judged], created: str) -> Waived:
    """Return *parts* with their waivers at the moment *created*, as text in ISO 8601 and UTC."""
    today = created[:DAY]
    about: Counts[int] = Counter()
    seen = tuple(
        replace(part, findings=tuple(_covered(spec, each, today, about) for each in part.findings))
        for part in parts
    )
    return Waived(
        seen,
        tuple(
            ConfiguredWaiver(
                **vars(waiver), status=_status(waiver, today, about[place]), findings=about[place]
            )
            for place, waiver in enumerate(spec.gate.waivers)
        ),
    )


def _covered(spec: Spec, finding: Finding, today: str, about: Counts[int]) -> Finding:
    """Return *finding* with the first waiver that holds; where one has expired alone, it says so."""
    if finding.severity not in (REFUSE, WARN) or finding.metric in COLUMN_CHECKS:
        return finding
    known = rules.names(spec, rules.subject_of(finding))
    fitting = [place for place, each in enumerate(spec.gate.waivers) if rules.selects(each.match, known)]
    if not fitting:
        return finding
    place = next((each for each in fitting if _holds(spec.gate.waivers[each], today)), fitting[0])
    waiver = spec.gate.waivers[place]
    about[place] += 1
    if _holds(waiver, today):
        return replace(finding, waiver=waiver)
    told = f"its waiver, approved by {waiver.approved_by}, expired on {waiver.expires}"
    return replace(finding, message=f"{finding.message}; {told}")


def _holds(waiver: Waiver, today: str) -> bool:
    return today <= waiver.expires


def _status(waiver: Waiver, today: str, findings: int) -> str:
    if not _holds(waiver, today):
        return EXPIRED
    return APPLIED if findings else UNUSED
