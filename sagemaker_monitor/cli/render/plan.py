"""A plan on the screen, by where one would look for the cause, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.text import Text

from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.cli.render.values import pair, single
from sagemaker_monitor.operations.difference import MISSING, Difference
from sagemaker_monitor.operations.plan import Plan
from sagemaker_monitor.operations.resources.resource import Change

MOST_LINES = 60
"""Differences under one heading; JSON has more of them."""
MOST_IN_JSON = 1000
LONGEST_IN_JSON = 2000
"""Characters of one text in JSON."""

_STYLES = {"+": "green", "-": "red", "~": "yellow"}
_WORDS = {
    "uploaded": "upload",
    "created": "create",
    "updated": "update",
    "tagged": "tag",
    "untagged": "untag",
}


def plan_text(plan: Plan) -> None:
    """Print a plan to standard output."""
    screen = console()
    count = len(plan.differences)
    what = f"{count} difference{'s' if count != 1 else ''}" if plan.pending else "nothing to change"
    line(screen, Text(f"{plan.environment} {plan.model}: {what}{_hashes(plan)}", style="bold"))
    headings = {
        "model": f"models/{plan.model}.yaml",
        "environment": f"environments/{plan.environment}.yaml, base.yaml",
        "pipeline": "pipelines",
        "file": "files",
        "resource": "other resources",
    }
    for kind, heading in headings.items():
        shown = [difference for difference in plan.differences if difference.kind == kind]
        if shown:
            line(screen, Text(f"  {heading}"))
        for difference in shown[:MOST_LINES]:
            line(screen, Text(f"    {difference_line(difference)}", style=_STYLES[difference.sign]))
        if len(shown) > MOST_LINES:
            line(screen, Text(f"    and {len(shown) - MOST_LINES} more: --format json has them"))
    if plan.pending:
        line(screen, Text(f"  upsert would {'; '.join(_actions(plan.pending))}"))
    for note in plan.notes[:MOST_LINES]:
        line(screen, Text(f"  note: {clean(note)}"))


def difference_line(difference: Difference) -> str:
    """Return a difference on one line, such as `~ gate.false_refusals: 0.05 → 0.1`."""
    text = f"{difference.sign} {clean(difference.subject, 240)}"
    before, after = difference.before, difference.after
    if difference.text:
        text += f": {clean(difference.text)}"
    elif before is not MISSING and after is not MISSING:
        text += ": {} → {}".format(*pair(before, after))
    elif before is not MISSING or after is not MISSING:
        text += f": {single(after if before is MISSING else before)}"
    if difference.note:
        text += f"  ({clean(difference.note, 80)})"
    if difference.pipelines and (difference.is_partial or difference.kind in ("pipeline", "file")):
        text += f"  in {', '.join(difference.pipelines)}"
    return text


def plans_json(environment: str, plans: Sequence[Plan]) -> str:
    """Return plans as JSON, schema_version 1."""
    document = {
        "schema_version": 1,
        "environment": environment,
        "pending": any(plan.pending for plan in plans),
        "plans": [_plan_json(plan) for plan in plans],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)


def _plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "model": plan.model,
        "bundle": plan.bundle,
        "deployed": dict(plan.deployed),
        "pending": bool(plan.pending),
        "differences": [_difference_json(each) for each in plan.differences[:MOST_IN_JSON]],
        "omitted": max(0, len(plan.differences) - MOST_IN_JSON),
        "changes": [asdict(change) for change in plan.pending],
        "notes": [clean(note) for note in plan.notes[:MOST_IN_JSON]],
    }


def _difference_json(difference: Difference) -> dict[str, Any]:
    document: dict[str, Any] = {
        "sign": difference.sign,
        "kind": difference.kind,
        "subject": clean(difference.subject),
    }
    for side in ("before", "after"):
        value = getattr(difference, side)
        if value is not MISSING:
            document[side] = _bounded(value)
    document |= {key: clean(getattr(difference, key)) for key in ("text", "note") if getattr(difference, key)}
    return {**document, "pipelines": list(difference.pipelines)}


def _bounded(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= LONGEST_IN_JSON else f"{text[: LONGEST_IN_JSON - 1]}…"


def _hashes(plan: Plan) -> str:
    deployed = sorted({(bundle or "unknown")[:12] for bundle in plan.deployed.values()})
    if not deployed:
        return f"; nothing is deployed (this bundle: {plan.bundle[:12]})"
    if deployed == [plan.bundle[:12]]:
        return f" (bundle {plan.bundle[:12]})"
    return f" (bundle {', '.join(deployed)} → {plan.bundle[:12]})"


def _actions(pending: Sequence[Change]) -> Iterator[str]:
    files = Counter(change.done for change in pending if change.kind == "asset")
    for done, count in files.items():
        yield f"{_WORDS[done]} {count} file{'s' if count > 1 else ''}"
    for change in pending:
        if change.kind != "asset":
            detail = f" ({clean(change.detail)})" if change.detail else ""
            yield f"{_WORDS[change.done]} {change.kind} {change.name}{detail}"
