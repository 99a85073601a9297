"""A version's chain of evidence, link by link."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.registry.chain import Evidence, Link
from sagemaker_monitor.registry.gate import Opening


def evidence_json(evidence: Evidence, opening: Opening) -> str:
    """Return the chain and what the gate made of it as JSON."""
    version = evidence.version
    document = {
        "model_package_arn": version.arn,
        "model_package_group": version.group,
        "version": version.number,
        "approval": opening.status,
        "evidence": "open" if evidence.is_open else "closed",
        "changed": opening.changed,
        "message": opening.message,
        "execution_arn": version.metadata.get("PipelineExecutionArn"),
        "verdict_uri": version.metadata.get("VerdictUri"),
        "links": [asdict(link) for link in evidence.links],
    }
    return json.dumps(document, indent=2)


def print_evidence(evidence: Evidence, opening: Opening) -> None:
    """Print the chain and what the gate made of it to standard output."""
    screen, version = console(), evidence.version
    screen.print(links_table(f"{version.group} version {version.number}, {opening.status}", evidence.links))
    line(screen, Text(clean(opening.message, 2000), style="bold green" if opening.opened else "bold red"))


def links_table(title: str, links: Sequence[Link]) -> Table:
    """Return a chain of evidence as a table, a row a link."""
    table = Table(title=Text(clean(title)), title_justify="left", box=SIMPLE_HEAD)
    for heading in ("link", "holds", "found"):
        table.add_column(heading, overflow="fold")
    for link in links:
        holds = Text("yes", style="green") if link.holds else Text("NO", style="bold red")
        table.add_row(link.name, holds, Text(clean(link.detail)))
    return table
