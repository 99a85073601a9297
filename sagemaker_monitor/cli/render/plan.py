"""A plan on the screen, by where one would look for the cause, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.text import Text

from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.cli.render.values import pair, single
from sagemaker_monitor.operations.difference import MISSING, Difference
from sagemaker_monitor.operations.ledger import Done, timestamp
from sagemaker_monitor.operations.plan import Plan
from sagemaker_monitor.operations.planning.drift import Drift
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.settings import Environment

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
    "deleted": "delete",
}


def plan_text(plan: Plan, *, stderr: bool = False) -> None:
    """Print a plan to standard output, or to standard error."""
    screen = console(stderr=stderr)
    count = len(plan.differences)
    what = f"{count} difference{'s' if count != 1 else ''}" if plan.pending else "nothing to change"
    line(screen, Text(f"{plan.environment} {plan.model}: {what}{hashes(plan)}", style="bold"))
    for heading, shown in sections(plan):
        line(screen, Text(f"  {heading}"))
        for difference in shown[:MOST_LINES]:
            line(screen, Text(f"    {difference_line(difference)}", style=_STYLES[difference.sign]))
        if len(shown) > MOST_LINES:
            line(screen, Text(f"    and {len(shown) - MOST_LINES} more: --format json has them"))
    if plan.pending:
        line(screen, Text(f"  upsert would {'; '.join(actions(plan.pending))}"))
    for text in drift_lines(plan):
        line(screen, Text(f"  {text}", style="magenta"))
    for note in plan.notes[:MOST_LINES]:
        line(screen, Text(f"  note: {clean(note)}"))


def sections(plan: Plan) -> Iterator[tuple[str, list[Difference]]]:
    """Yield the differences in the order of showing, under where one looks for them, or what they are of."""
    headings = {
        "model": f"models/{plan.model}.yaml",
        "environment": f"environments/{plan.environment}.yaml, base.yaml",
        "pipeline": "pipelines",
        "file": "files",
    }
    found: dict[str, list[Difference]] = {heading: [] for heading in headings.values()}
    for difference in plan.differences:
        heading = headings.get(difference.kind, f"{difference.resource}s")
        found.setdefault(heading, []).append(difference)
    yield from ((heading, shown) for heading, shown in found.items() if shown)


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


def drift_lines(plan: Plan) -> Iterator[str]:
    """Yield what was changed by hand: a line a resource, and one for each thing in it."""
    for drift in plan.drift:
        last = plan.done
        since = "" if last is None else f" since the {last.what} of {last.at}"
        if not drift.fields:
            yield f"by hand{since}: {drift.kind} {drift.name} was deleted"
            continue
        by = f" by {clean(drift.modified_by, 200)}" if drift.modified_by else ""
        yield f"by hand{since}{by}: {drift.kind} {drift.name}, {', '.join(drift.fields)}"
        for difference in drift.differences[:MOST_LINES]:
            yield f"  {difference_line(difference)}"
        if len(drift.differences) > MOST_LINES:
            yield f"  and {len(drift.differences) - MOST_LINES} more: --format json has them"


def plans_json(
    environment: Environment,
    revision: str,
    plans: Sequence[Plan],
    unconfigured: Sequence[str] = (),
    basis: Mapping[str, Any] | None = None,
) -> str:
    """Return plans as JSON, schema_version 1; with the *basis* of each it can be done as it is."""
    document = {
        "schema_version": 1,
        "environment": environment.name,
        "account": environment.account,
        "region": environment.region,
        "revision": revision,
        "created": timestamp(),
        "pending": any(plan.pending for plan in plans),
        "unconfigured": list(unconfigured),
        "plans": [
            {**_plan_json(plan), **({} if basis is None else {"basis": basis[plan.model]})} for plan in plans
        ],
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
        "drift": [_drift_json(drift) for drift in plan.drift],
        "last": None if plan.done is None else _last_json(plan.done),
        "notes": [clean(note) for note in plan.notes[:MOST_IN_JSON]],
    }


def _drift_json(drift: Drift) -> dict[str, Any]:
    return {
        "kind": drift.kind,
        "name": drift.name,
        "fields": list(drift.fields),
        "gone": not drift.fields,
        "modified": None if drift.modified is None else drift.modified.isoformat(),
        "modified_by": drift.modified_by or None,
        "differences": [_difference_json(each) for each in drift.differences[:MOST_IN_JSON]],
    }


def _last_json(done: Done) -> dict[str, Any]:
    names = ("what", "by", "at", "bundle", "revision", "note")
    return {name: clean(getattr(done, name)) for name in names}


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


def hashes(plan: Plan) -> str:
    """Return which bundles are deployed and which would be, behind the plan's first words."""
    deployed = sorted({(bundle or "unknown")[:12] for bundle in plan.deployed.values()})
    if not deployed:
        return f"; nothing is deployed (this bundle: {plan.bundle[:12]})"
    if deployed == [plan.bundle[:12]]:
        return f" (bundle {plan.bundle[:12]})"
    return f" (bundle {', '.join(deployed)} → {plan.bundle[:12]})"


def actions(pending: Sequence[Change]) -> Iterator[str]:
    """Yield what upsert would do, in its order; files counted, where the first of them comes."""
    files = Counter(change.done for change in pending if change.kind == "asset")
    for change in pending:
        if change.kind == "asset":
            if count := files.pop(change.done, 0):
                yield f"{_WORDS[change.done]} {count} file{'s' if count > 1 else ''}"
        else:
            detail = f" ({clean(change.detail)})" if change.detail else ""
            yield f"{_WORDS[change.done]} {change.kind} {change.name}{detail}"
