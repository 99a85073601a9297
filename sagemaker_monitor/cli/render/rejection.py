"""What a monitoring run says against its version, and what becomes of the version."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.text import Text

from sagemaker_monitor.cli.render.evidence import links_table
from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.operations.monitor_failure import MonitorFailure
from sagemaker_monitor.registry.rejection import Rejection


def rejection_json(failure: MonitorFailure, rejection: Rejection | None) -> str:
    """Return the chain, and what became or would become of the version, as JSON."""
    version = failure.version
    source = rejection.source if rejection else None
    document = {
        "execution_arn": failure.outcome.snapshot.execution_arn,
        "conclusion": failure.outcome.conclusion,
        "model_package_arn": version.arn if version else None,
        "version": version.number if version else None,
        "approval": rejection.status if rejection else version.approval if version else None,
        "ground": failure.is_ground,
        "changed": bool(rejection and rejection.changed),
        "baselines_from": None if source is None else {"arn": source.arn, "version": source.number},
        "message": _message(failure, rejection),
        "links": [asdict(link) for link in failure.links],
    }
    return json.dumps(document, indent=2)


def print_rejection(failure: MonitorFailure, rejection: Rejection | None) -> None:
    """Print the chain, and what became or would become of the version, to standard output."""
    screen, snapshot = console(), failure.outcome.snapshot
    title = f"{failure.outcome.model} {failure.outcome.pipeline} {snapshot.execution_id}, {snapshot.status}"
    screen.print(links_table(title, failure.links))
    style = "bold green" if failure.outcome.conclusion == "open" else "bold red"
    line(screen, Text(clean(_message(failure, rejection), 2000), style=style))


def _message(failure: MonitorFailure, rejection: Rejection | None) -> str:
    if rejection is not None:
        return rejection.message
    name = f"version {failure.version.number}" if failure.version else "a version"
    if failure.outcome.conclusion == "open":
        return f"this run holds nothing against {name}"
    broken = "; ".join(f"{link.name}: {link.detail}" for link in failure.links if not link.holds)
    return f"no ground to reject {name}: {broken}"
