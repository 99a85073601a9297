"""The status of models as a table, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.cli.render.text import clean, console, iso, line
from sagemaker_monitor.operations.monitoring_status import MonitoringStatus
from sagemaker_monitor.operations.schedule_status import ScheduleStatus
from sagemaker_monitor.operations.status import (
    MOST_PENDING,
    Approved,
    Deployment,
    ModelStatus,
    PipelineStatus,
)

_CHECKOUT_STYLES = {"same": "green", "not deployed": "red", "differs": "yellow", "edited": "yellow"}
_CONCLUSION_STYLES = {
    "open": "green",
    "done": "green",
    "refused": "red",
    "broken": "yellow",
    "running": "cyan",
}
_EXECUTION_STYLES = {"Completed": "green", "CompletedWithViolations": "red", "Failed": "yellow"}


def print_status(environment: str, statuses: Sequence[ModelStatus]) -> None:
    """Print the status of models to standard output, ages as of now."""
    screen, now = console(), datetime.now(UTC)
    if not statuses:
        line(screen, Text(f"{environment}: there is no model"))
        return
    table = Table(box=SIMPLE_HEAD)
    for heading in ("model", "pipeline", "bundle", "checkout", "last run", "status", "verdict"):
        table.add_column(heading, overflow="fold")
    for status in statuses:
        for pipeline in status.pipelines:
            table.add_row(Text(clean(status.model)), *_cells(pipeline, now))
    screen.print(table)
    for status in statuses:
        line(screen, Text(f"{clean(status.model)}: {', '.join(_registry(status, now))}"))
        if status.deployment is not None:
            line(screen, Text(f"  {_deployed(status.deployment, now)}"))
        for each in status.schedules:
            line(screen, Text(f"  {_schedule(each)}"))
        if status.unseen_schedules:
            line(
                screen,
                Text(f"  its schedules are not known: {clean(status.unseen_schedules)}", style="yellow"),
            )
        for schedule in status.monitoring:
            text, style = _monitoring(schedule, status.approved)
            line(screen, Text(f"  {text}", style=style))
        for pipeline in status.pipelines:
            if pipeline.last is not None and pipeline.last.problem:
                line(screen, Text(f"  {pipeline.pipeline}: {clean(pipeline.last.problem)}", style="yellow"))


def status_json(environment: str, statuses: Sequence[ModelStatus]) -> str:
    """Return the status of models as JSON, schema_version 1; times are ISO 8601 in UTC."""
    document = {
        "schema_version": 1,
        "environment": environment,
        "models": [asdict(status) for status in statuses],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=iso)


def _cells(pipeline: PipelineStatus, now: datetime) -> Iterator[Text]:
    yield Text(clean(pipeline.pipeline))
    deployed = pipeline.checkout != "not deployed"
    yield Text(clean(pipeline.bundle[:12]) if pipeline.bundle else "unknown" if deployed else "-")
    # Without a bundle to compare with, there is nothing to say of what is deployed.
    compared = "-" if pipeline.checkout == "not compared" else pipeline.checkout
    yield Text(compared, style=_CHECKOUT_STYLES.get(pipeline.checkout, ""))
    last = pipeline.last
    if last is None:
        yield from (Text("-"), Text("-"), Text("-"))
        return
    yield Text(f"{age(last.started, now)} ago")
    yield Text(clean(last.status))
    verdict = last.decision or ("-" if last.conclusion == "running" else "no evidence")
    if last.waived:
        verdict += f", {last.waived} waiver{'' if last.waived == 1 else 's'} applied"
    yield Text(clean(verdict), style=_CONCLUSION_STYLES[last.conclusion])


def _registry(status: ModelStatus, now: datetime) -> Iterator[str]:
    approved = status.approved
    if approved is None:
        yield "no version is approved"
    else:
        yield f"version {approved.number} is approved"
        if approved.baseline_written is not None:
            yield f"its baseline is {age(approved.baseline_written, now)} old"
        if approved.baselines_gone:
            yield f"its baseline is gone from S3 ({', '.join(approved.baselines_gone)})"
        elif approved.baseline_written is None:
            yield "it carries no baseline"
        if approved.accepted:
            yield f"a baseline of it was accepted without comparing: {clean(approved.accepted)}"
    if status.pending:
        count = f"{status.pending} or more" if status.pending >= MOST_PENDING else str(status.pending)
        yield f"{count} pending"


def _schedule(schedule: ScheduleStatus) -> str:
    zone = "" if schedule.timezone == "UTC" else f" {clean(schedule.timezone)}"
    due = iso(schedule.next) if schedule.next else "not any more" if schedule.enabled else "disabled"
    return f"{clean(schedule.name)}: {clean(schedule.expression)}{zone}, next run: {due}"


def _monitoring(schedule: MonitoringStatus, approved: Approved | None) -> tuple[str, str]:
    """Return what is said of a monitoring schedule, and in which style."""
    words = [f"{clean(schedule.name)}: {clean(schedule.monitor)}, {clean(schedule.status)}"]
    last, style = schedule.last, ""
    if last is None:
        words.append("has not run")
    else:
        words.append(f"{clean(last.status)} for {iso(last.scheduled)}")
        style = _EXECUTION_STYLES.get(last.status, "")
        if last.reason:
            words.append(clean(last.reason, 200))
    behind = approved and schedule.baseline_version not in (None, approved.number)
    if approved and behind:
        words.append(
            f"compares with version {schedule.baseline_version}, and {approved.number} is approved: upsert"
        )
    return ", ".join(words), "yellow" if behind and not style else style


def _deployed(last: Deployment, now: datetime) -> str:
    moment = datetime.fromisoformat(last.at)
    revision = f", revision {clean(last.revision, 60)}" if last.revision else ""
    note = f" ({clean(last.note, 200)})" if last.note else ""
    return f"{clean(last.what, 40)}{note} {age(moment, now)} ago by {clean(last.by, 200)}{revision}"


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago *moment* was, in the unit that one would say."""
    length = max(now - moment, timedelta())
    for unit, word, most in (
        (timedelta(seconds=1), "s", 120),
        (timedelta(minutes=1), "min", 120),
        (timedelta(hours=1), "h", 48),
    ):
        if length < most * unit:
            return f"{length // unit} {word}"
    return f"{length // timedelta(days=1)} d"
