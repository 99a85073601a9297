"""A plan as Markdown, for a pull request: what would change, first in a table, then line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sagemaker_monitor.cli.render.plan import actions, difference_line, drift_lines, sections
from sagemaker_monitor.cli.render.text import clean
from sagemaker_monitor.operations.plan import Plan
from sagemaker_monitor.reports.markdown_text import bounded, escape
from sagemaker_monitor.settings import Environment

MOST_LINES = 40
"""Differences under one heading; the text and JSON have more."""


def plans_markdown(
    environment: Environment, revision: str, plans: Sequence[Plan], unconfigured: Sequence[str] = ()
) -> str:
    """Return plans as one comment of a pull request; whatever comes from elsewhere is escaped."""
    changed = [plan for plan in plans if plan.pending or plan.drift or plan.notes]
    pending = sum(bool(plan.pending) for plan in plans)
    drifted = sum(bool(plan.drift) for plan in plans)
    summary = [f"{pending} of {len(plans)} models would change" if pending else "nothing would change"]
    if drifted:
        summary.append(f"{drifted} changed by hand")
    head = [f"## {escape(environment.name)}: {', '.join(summary)}", ""]
    if changed:
        head += ["| model | differences | upsert would | by hand |", "|---|---|---|---|"]
        head += [_row(plan) for plan in changed[:100]]
        head += [*([f"| and {len(changed) - 100} more | | | |"] if len(changed) > 100 else []), ""]
    head += [f"- **{escape(name)}** is deployed, and no longer configured" for name in unconfigured]
    head += [""] if unconfigured else []
    last = f"Account {environment.account}, {environment.region}, revision {escape(revision or 'unknown')}."
    return bounded(head, [list(_section(plan)) for plan in changed], last)


def _row(plan: Plan) -> str:
    does = escape("; ".join(actions(plan.pending))[:300]) or "-"
    return f"| {escape(plan.model)} | {len(plan.differences)} | {does} | {len(plan.drift) or '-'} |"


def _section(plan: Plan) -> Iterator[str]:
    yield f"### {escape(plan.model)}"
    yield ""
    for heading, shown in sections(plan):
        yield f"**{escape(heading)}**"
        yield ""
        yield from _listing([difference_line(difference) for difference in shown])
    if plan.drift:
        yield "**changed by hand**"
        yield ""
        yield from _listing(list(drift_lines(plan)))
    for note in plan.notes[:MOST_LINES]:
        yield f"- note: {escape(clean(note))}"
    if plan.notes:
        yield ""


def _listing(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines as a diff: those that come and go have a colour of their own there."""
    yield "```diff"
    for text in lines[:MOST_LINES]:
        # A fence inside would end the block; `~` means nothing in a diff, `!` is a change.
        told = text.replace("```", "'''")
        yield f"! {told[2:]}" if told.startswith("~ ") else told
    if len(lines) > MOST_LINES:
        yield f"# and {len(lines) - MOST_LINES} more"
    yield "```"
    yield ""
