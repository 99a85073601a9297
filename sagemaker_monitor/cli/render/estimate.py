"""An estimate as tables, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.cli.render.text import clean, console, iso, line, number
from sagemaker_monitor.operations.estimating.estimate import (
    HoursEstimate,
    ModelEstimate,
    PipelineEstimate,
    StepEstimate,
)
from sagemaker_monitor.operations.estimating.hosting import EndpointHours
from sagemaker_monitor.operations.estimating.jobs import Instances
from sagemaker_monitor.operations.estimating.money import cost
from sagemaker_monitor.operations.estimating.spread import Spread
from sagemaker_monitor.settings.prices import Prices

EMULATED = (
    "these durations are the emulator's on this machine, and none of AWS's: they show which jobs a run has "
    "on which instances, not what it takes there"
)
NOT_COUNTED = "not counted: storage, requests, logs, and what starts the runs"
FEW = 10


def print_estimate(
    environment: str, is_local: bool, estimates: Sequence[ModelEstimate], prices: Prices | None
) -> None:
    """Print the estimates of models to standard output."""
    screen = console()
    if is_local:
        line(screen, Text(EMULATED, style="yellow"))
    if prices is not None:
        source = f", {clean(prices.source)}" if prices.source else ""
        line(screen, Text(f"prices in {clean(prices.currency)}{source}; {NOT_COUNTED}"))
    for each in estimates:
        line(screen, Text(f"\n{clean(each.model)} in {clean(environment)}", style="bold"))
        for pipeline in each.pipelines:
            _print_pipeline(screen, pipeline, prices)
        for schedule in each.schedules:
            _print_pipeline(screen, schedule, prices, "monitoring schedule ")
        line(screen, Text(f"all of it in a month: {_sum(each.per_month, prices)}"))
        if each.endpoint is not None:
            _print_endpoint(screen, each.endpoint, prices)
    if len(estimates) > 1:
        total = _total(each.per_month for each in estimates)
        line(screen, Text(f"\nall {len(estimates)} models in a month: {_sum(total, prices)}", style="bold"))


def _print_pipeline(screen: Console, found: PipelineEstimate, prices: Prices | None, what: str = "") -> None:
    if not found.runs:
        why = (
            "no execution of it has ended by itself; run"
            if found.deployed
            else "not deployed; upsert and run"
        )
        line(screen, Text(f"{what}{found.pipeline}: nothing to read: {why} it a few times", style="yellow"))
        _print_notes(screen, found)
        return
    ends = ", ".join(f"{count} {clean(status)}" for status, count in found.statuses.items())
    days = f"{found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}"
    often = f"{number(found.frequency.runs)} runs a month ({found.frequency.told})"
    runs = f"{found.runs} run{'' if found.runs == 1 else 's'}"
    line(screen, Text(f"{what}{found.pipeline}: {runs} read, {days} ({ends}); {often}"))
    if found.steps:
        screen.print(_steps(found.steps))
    if found.hours:
        screen.print(_hours(found.hours, prices))
    _print_notes(screen, found)


def _print_notes(screen: Console, found: PipelineEstimate) -> None:
    for note in found.notes:
        line(screen, Text(f"  {clean(note)}", style="yellow"))
    if 0 < found.runs < FEW:
        line(screen, Text(f"  of fewer than {FEW} runs the p90 is the largest"))


def _steps(steps: Sequence[StepEstimate]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for heading in ("step", "used for", "instances"):
        table.add_column(heading, overflow="fold")
    for heading in ("runs", "median", "p90"):
        table.add_column(heading, justify="right")
    for each in steps:
        table.add_row(
            clean(each.step),
            _used_for(each.what),
            f"{each.count} × {clean(each.what.instance_type)}",
            str(each.seconds.n),
            duration(each.seconds.median),
            duration(each.seconds.p90),
        )
    return table


def _hours(hours: Sequence[HoursEstimate], prices: Prices | None) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("instance-hours", overflow="fold")
    for heading in ("median run", "p90 run", "mean run", "a month"):
        table.add_column(heading, justify="right")
    if prices is not None:
        table.add_column(f"{clean(prices.currency)} a month", justify="right")
    for each in hours:
        run = each.per_run
        cells = [_h(value) for value in (run.median, run.p90, run.mean, each.per_month)]
        if prices is not None:
            price = prices.price(each.what.kind, each.what.instance_type)
            cells.append("no price" if price is None else _money(price * each.per_month))
        table.add_row(f"{_used_for(each.what)} {clean(each.what.instance_type)}", *cells)
    return table


def _print_endpoint(screen: Console, found: EndpointHours, prices: Prices | None) -> None:
    variants = ", ".join(f"{clean(v.variant)} {v.count} × {clean(v.instance_type)}" for v in found.variants)
    if found.variants:
        what = f"endpoint {clean(found.name)}, whether it is watched or not ({variants})"
        line(screen, Text(f"{what}, in a month: {_sum(found.per_month, prices)}"))
    for note in found.notes:
        line(screen, Text(f"endpoint {clean(found.name)}: {clean(note)}", style="yellow"))


def _sum(hours: Mapping[Instances, float], prices: Prices | None) -> str:
    """Return instance-hours as text, and what they cost."""
    listed = ", ".join(
        f"{_h(count)} h {_used_for(what)} {clean(what.instance_type)}" for what, count in hours.items()
    )
    if prices is None:
        return listed or "nothing"
    found = cost(hours, prices)
    without = "".join(
        f"; no price for {what.kind} on {clean(what.instance_type)}, whose {_h(count)} h are not in it"
        for what, count in found.unpriced.items()
    )
    return f"{_money(found.amount)} {clean(prices.currency)} ({listed or 'nothing'}){without}"


def _used_for(what: Instances) -> str:
    return "shadow endpoint, at most" if what.at_most else what.kind


def _h(hours: float) -> str:
    if hours and hours < 0.001:
        return "<0.001"
    return f"{hours:.3f}" if hours < 10 else f"{hours:.1f}"


def _money(amount: float) -> str:
    return "<0.01" if 0 < amount < 0.005 else f"{amount:.2f}"


def duration(seconds: float) -> str:
    """Return a length of time as one would say it: 0.4 s, 52 s, 4 min 03 s, 1 h 02 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def _total(parts: Iterator[Mapping[Instances, float]]) -> Mapping[Instances, float]:
    total: Counter[Instances] = Counter()
    for part in parts:
        total.update(part)
    return total


def estimate_json(
    environment: str, is_local: bool, estimates: Sequence[ModelEstimate], prices: Prices | None
) -> str:
    """Return the estimates as JSON, schema_version 1; times are ISO 8601 in UTC, lengths of time seconds."""
    document = {
        "schema_version": 1,
        "environment": environment,
        "durations": "emulator" if is_local else "aws",
        "prices": {"currency": prices.currency, "source": prices.source} if prices else None,
        "models": [_model_json(each, prices) for each in estimates],
        "total_per_month": _sum_json(_total(each.per_month for each in estimates), prices),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=iso)


def _model_json(found: ModelEstimate, prices: Prices | None) -> dict[str, Any]:
    endpoint = found.endpoint
    return {
        "model": found.model,
        "pipelines": [_pipeline_json(each) for each in found.pipelines],
        "monitoring_schedules": [{"schedule": each.pipeline, **_runs_json(each)} for each in found.schedules],
        "per_month": _sum_json(found.per_month, prices),
        "endpoint": endpoint
        and {
            "name": endpoint.name,
            "variants": [asdict(each) for each in endpoint.variants],
            "per_month": _sum_json(endpoint.per_month, prices),
            "notes": endpoint.notes,
        },
    }


def _pipeline_json(found: PipelineEstimate) -> dict[str, Any]:
    return {"pipeline": found.pipeline, **_runs_json(found)}


def _runs_json(found: PipelineEstimate) -> dict[str, Any]:
    return {
        "name": found.name,
        "deployed": found.deployed,
        "runs": found.runs,
        "statuses": dict(found.statuses),
        "first": found.first,
        "last": found.last,
        "runs_per_month": asdict(found.frequency),
        "steps": [
            {"step": each.step, **asdict(each.what), "count": each.count, "seconds": _spread(each.seconds)}
            for each in found.steps
        ],
        "instance_hours": [
            {**asdict(each.what), "per_run": _spread(each.per_run), "per_month": each.per_month}
            for each in found.hours
        ],
        "notes": found.notes,
    }


def _spread(found: Spread) -> dict[str, float]:
    return asdict(found)


def _sum_json(hours: Mapping[Instances, float], prices: Prices | None) -> dict[str, Any]:
    found = cost(hours, prices) if prices else None
    return {
        "instance_hours": [{**asdict(what), "hours": count} for what, count in hours.items()],
        "cost": found and found.amount,
        "without_price": [asdict(what) for what in found.unpriced] if found else [],
    }
