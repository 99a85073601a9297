"""Where a run and its numbers come from: inventory, execution, versions, hash, documents, images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.reports.document import ReportInput
from sagemaker_monitor.reports.standing import RUNNING
from sagemaker_monitor.reports.wording import clock, moment, text

MAX_URI = 2000
CLOCK_SKEW = timedelta(minutes=5)
"""Clocks differ by so much without anything being wrong."""


@dataclass(frozen=True)
class Facts:
    """Lines of provenance about one thing, each a name and a value."""

    title: str
    lines: tuple[tuple[str, str], ...]


def provenance(verdict: Verdict | None, document: ReportInput) -> tuple[Facts, ...]:
    """Return what is known of where the run comes from, the model's inventory first."""
    parts = (
        ("Model", document.details.items()),
        ("Run", _run(verdict, document)),
        ("Baseline", _baseline(verdict)),
        ("Documents", _documents(verdict, document.verdict_uri)),
        ("Images", _images(document.images)),
    )
    facts = (facts_of(title, lines) for title, lines in parts)
    return tuple(each for each in facts if each.lines)


def head_facts(verdict: Verdict | None, document: ReportInput) -> tuple[str, ...]:
    """Return what a page is headed with: inventory, owner, tier, version, and when the run started."""
    started = moment(document.execution.get("CreationTime")) or moment(verdict.created if verdict else None)
    version = (verdict.model_package_arn or "").rpartition("/")[2] if verdict else ""
    return (
        *inventory(document.details),
        *((f"version {text(version, 40)}",) if version else ()),
        *((clock(started),) if started else ()),
    )


def inventory(details: Mapping[str, str]) -> tuple[str, ...]:
    """Return the model's inventory number, owner and tier, as far as they are known."""
    told = (("Inventory", ""), ("Owner", ""), ("Tier", "tier "))
    return tuple(f"{word}{text(details[name], 200)}" for name, word in told if details.get(name))


def facts_of(title: str, lines: Iterable[tuple[str, str | None]]) -> Facts:
    """Return the lines that have a value, each once, as clean text."""
    known = {text(name): text(value, MAX_URI) for name, value in lines if value}
    return Facts(title, tuple(known.items()))


def _run(verdict: Verdict | None, document: ReportInput) -> list[tuple[str, str | None]]:
    execution = document.execution
    started = moment(execution.get("CreationTime"))
    changed = moment(execution.get("LastModifiedTime"))
    return [
        ("Execution", execution.get("PipelineExecutionArn") or (verdict.execution_arn if verdict else None)),
        ("Display name", execution.get("PipelineExecutionDisplayName")),
        ("Status", execution.get("PipelineExecutionStatus")),
        ("Started", clock(started) if started else None),
        ("Last change", clock(changed) if changed else None),
        ("Model version", verdict.model_package_arn if verdict else None),
        ("Bundle (SHA-256)", verdict.bundle_sha256 if verdict else None),
        ("Verdict written", _written(verdict, execution) if verdict else None),
    ]


def _written(verdict: Verdict, execution: Mapping[str, Any]) -> str:
    """Return when the verdict was written by its job's clock, and where SageMaker's disagrees."""
    at, started = moment(verdict.created), moment(execution.get("CreationTime"))
    ended = moment(execution.get("LastModifiedTime"))
    if execution.get("PipelineExecutionStatus") in RUNNING:
        ended = None
    early = at is not None and started is not None and at < started - CLOCK_SKEW
    late = at is not None and ended is not None and at > ended + CLOCK_SKEW
    if not early and not late:
        return verdict.created
    return f"{verdict.created}, {'before it started' if early else 'after it ended'}: the clocks disagree"


def _baseline(verdict: Verdict | None) -> list[tuple[str, str | None]]:
    if verdict is None or verdict.baseline is None:
        return []
    found = verdict.baseline
    constraints = [(f"Constraints of {step}", uri) for step, uri in sorted(found.constraints.items())]
    return [("Version", found.model_package_arn), ("Data", found.data_uri), *constraints]


def _documents(verdict: Verdict | None, verdict_uri: str) -> list[tuple[str, str | None]]:
    lines: list[tuple[str, str | None]] = [("Verdict", verdict_uri)]
    for check in verdict.checks if verdict else ():
        lines += [
            (f"{check.step}: report", check.report_uri),
            (f"{check.step}: violations", check.violations_uri),
        ]
    return lines


def _images(images: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """Return each image once, with the steps that ran it."""
    by_image: dict[str, list[str]] = {}
    for step, image in images.items():
        by_image.setdefault(image, []).append(step)
    return [(", ".join(steps), image) for image, steps in by_image.items()]
