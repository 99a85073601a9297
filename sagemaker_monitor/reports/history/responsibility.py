"""What people took responsibility for over time: waivers, and baselines accepted without a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import APPLIED, ConfiguredWaiver
from sagemaker_monitor.reports.history.runs import Run
from sagemaker_monitor.reports.waivers import WaiverLine, waiver_line
from sagemaker_monitor.reports.wording import count, text


@dataclass(frozen=True)
class Accepted:
    """One check that was accepted without a comparison, and why."""

    run: str
    step: str
    reason: str


def past_waivers(runs: Sequence[Run]) -> tuple[WaiverLine, ...]:
    """Return every waiver that any of *runs* had, newest first, with the runs in which it covered something.

    Its status is that of the last run; a waiver with another reason is another one.
    """
    last: dict[tuple[str, ...], ConfiguredWaiver] = {}
    applied: dict[tuple[str, ...], int] = {}
    for run in reversed(runs):
        for each in run.verdict.waivers if run.verdict else ():
            key = (each.match, each.approved_by, each.expires, each.reason)
            last.setdefault(key, each)
            applied[key] = applied.get(key, 0) + (each.status == APPLIED)
    return tuple(waiver_line(each, applied[key]) for key, each in last.items())


def accepted_checks(runs: Sequence[Run]) -> tuple[Accepted, ...]:
    """Return every check of *runs* that somebody accepted without a comparison, newest first."""
    return tuple(
        Accepted(count(run.line.number), text(check.step, 120), text(check.accept_reason))
        for run in reversed(runs)
        for check in (run.verdict.checks if run.verdict else ())
        if check.accept_reason
    )
