"""What doctor found, a line a finding, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache

from rich.console import Console
from rich.text import Text

from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.operations.doctor.finding import STATUSES, Finding
from sagemaker_monitor.settings import Environment, Model

LONGEST = 1200
_STYLES = {"ok": "green", "warning": "yellow", "problem": "red", "not known": "cyan"}
_WIDTH = max(len(status) for status in STATUSES)


@cache
def _screen() -> Console:
    return console()


def print_finding(finding: Finding) -> None:
    """Print a finding to standard output: status, check, what was seen, and the fix, on one line."""
    about = f"{clean(finding.model)} {finding.check}" if finding.model else finding.check
    text = Text(f"{finding.status:<{_WIDTH}}", style=_STYLES[finding.status])
    text.append(f"  {about}: {clean(finding.seen, LONGEST)}", style="default")
    if finding.fix:
        text.append(f"; fix: {clean(finding.fix, LONGEST)}", style="default")
    line(_screen(), text)


def print_summary(environment: Environment, found: Sequence[Finding]) -> None:
    """Print how many findings there are of each status."""
    counts = Counter(finding.status for finding in found)
    told = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    line(_screen(), Text(f"{environment.name}: {told}"))


def findings_json(environment: Environment, models: Sequence[Model], found: Sequence[Finding]) -> str:
    """Return the findings as JSON, schema_version 1."""
    counts = Counter(finding.status for finding in found)
    document = {
        "schema_version": 1,
        "environment": environment.name,
        "account": environment.account,
        "region": environment.region,
        "models": [model.model for model in models],
        "counts": {status: counts[status] for status in STATUSES},
        "findings": [_plain(finding) for finding in found],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _plain(finding: Finding) -> dict[str, str | None]:
    return {
        "check": finding.check,
        "model": finding.model or None,
        "status": finding.status,
        "seen": finding.seen,
        "fix": finding.fix or None,
        "side": finding.side if finding.status in ("problem", "warning") else None,
    }
