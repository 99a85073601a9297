"""What became of a policy's waivers, one line each."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.analysis.documents.verdict import APPLIED, EXPIRED, ConfiguredWaiver, Verdict
from sagemaker_monitor.cli.render.text import clean


def waiver_lines(verdict: Verdict) -> Iterator[str]:
    """Yield what each waiver covered, or why it covered nothing."""
    for each in verdict.waivers:
        yield clean(f"waiver of {each.match}: {_became(each)}")


def _became(waiver: ConfiguredWaiver) -> str:
    count = "1 finding" if waiver.findings == 1 else f"{waiver.findings} findings"
    if waiver.status == APPLIED:
        return f"covers {count} through {waiver.expires}, approved by {waiver.approved_by}: {waiver.reason}"
    if waiver.status == EXPIRED:
        verb = "counts" if waiver.findings == 1 else "count"
        covered = f"; {count} that it covered {verb} again" if waiver.findings else ""
        return f"expired on {waiver.expires}, approved by {waiver.approved_by}{covered}"
    return "unused, nothing crossed that it covers"
