"""What a policy sees by the number of rows, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.analysis.decision.detecting import told
from sagemaker_monitor.analysis.outlook import AtRows, Bound, towards
from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.operations.calibrating import Calibrated

DRIFT = "data_quality/baseline_drift_check/"
NEVER = "none"
_DIFFERENCES = frozenset({"CI", "DPL", "DPPL", "AD", "RD", "SD", "DAR", "DRR"})
"""Metrics of bias that lie between -1 and 1."""
MOST_SUBJECTS = 60
"""Limits that the table lists; JSON has all of them."""


def print_calibration(model: str, found: Calibrated) -> None:
    """Print the table to standard output."""
    screen = console()
    line(screen, Text(f"{clean(model)}: {found.rows} rows of {clean(found.source)}"))
    table = Table(box=SIMPLE_HEAD)
    table.add_column("rows of a batch", overflow="fold")
    for each in found.sizes:
        table.add_column(f"{each.rows}{'*' if each.few else ''}", justify="right")
    for name, cells in _refusals(found):
        table.add_row(name, *cells)
    names, others = _names(found)
    if names:
        table.add_section()
        table.add_row(Text("caught in 9 of 10 batches: a change by", style="italic"))
    for name in names:
        table.add_row(clean(_short(name)), *(_cell(name, each) for each in found.sizes))
    powers = [each.powers for each in found.sizes]
    if powers and powers[0]:
        table.add_section()
        table.add_row(Text("how often a declared change is caught", style="italic"))
        for row in zip(*powers, strict=True):
            moved = f"{_short(row[0].subject)} {row[0].by:+g}"
            table.add_row(clean(moved), *("-" if p.caught is None else f"{p.caught:.0%}" for p in row))
    screen.print(table)
    for text in _notes(found, others):
        line(screen, Text(text))


def _refusals(found: Calibrated) -> Iterator[tuple[str, list[str]]]:
    monitors = list(dict.fromkeys(name for each in found.sizes for name in each.monitors))
    for monitor in monitors:
        known = [each.monitors.get(monitor) for each in found.sizes]
        yield (
            f"honest batches refused by {monitor}",
            ["-" if each is None else f"{each.refuses:.1%}" for each in known],
        )
    yield f"by all, at most (promised {found.false_refusals:.0%})", [f"{e.refuses:.1%}" for e in found.sizes]


def _names(found: Calibrated) -> tuple[list[str], int]:
    """Return the subjects whose limits refuse, and how many others there are; these where none refuses."""
    warns: dict[str, bool] = {}
    for each in found.sizes:
        for monitor in each.monitors.values():
            warns.update((name, bound.action != "fail") for name, bound in monitor.bounds.items())
    shown = [name for name, warn in warns.items() if not warn] or list(warns)
    shown = shown[:MOST_SUBJECTS]
    return shown, len(warns) - len(shown)


def _cell(name: str, each: AtRows) -> str:
    bound = next((m.bounds[name] for m in each.monitors.values() if name in m.bounds), None)
    if bound is None:
        return "-"
    moved = towards(name, bound)
    warns = " (warns)" if bound.action != "fail" else ""
    if moved is None:
        return f"{_fixed(bound)}{warns}"
    return f"{moved:+.2g}{warns}" if _possible(name, bound.base, moved) else NEVER


def _short(name: str) -> str:
    """Return what a limit is about, as people say it."""
    return f"drift of {name.removeprefix(DRIFT)}" if name.startswith(DRIFT) else name


def _possible(name: str, base: float, moved: float) -> bool:
    """Return whether the metric can move so far; what would have to is never caught."""
    if name.startswith(DRIFT):
        return moved <= 1
    metric, reached = name.split("/")[1], base + moved
    if metric == "DI":
        return reached >= 0
    return metric not in _DIFFERENCES or abs(reached) <= 1


def _fixed(bound: Bound) -> str:
    """Return a limit that says no detectable change."""
    low, high = bound.limit.low, bound.limit.high
    sides = [f"≥ {low:.4g}" if low is not None else "", f"≤ {high:.4g}" if high is not None else ""]
    return f"limit {' '.join(filter(None, sides))}" if any(sides) else "anything"


def _notes(found: Calibrated, others: int) -> Iterator[str]:
    if others:
        yield f"{others} more limits, most of which only warn: --format json"
    for each in found.sizes:
        if each.few:
            more = f"; and {len(each.few) - 1} more" if len(each.few) > 1 else ""
            yield f"* {each.rows} rows would be inconclusive by gate.minimum_rows: {clean(each.few[0])}{more}"
    for power in found.sizes[-1].powers if found.sizes else ():
        needed = power.rows_needed
        if power.caught is None:
            yield clean(told(power))
        elif needed is None:
            never = f"no number of rows makes that {power.wanted:.0%} beside this baseline and policy"
            yield f"{clean(power.subject)} {power.by:+g}: {never}"
        else:
            yield f"{clean(power.subject)} {power.by:+g}: {power.wanted:.0%} from about {needed} rows"
    for monitor, why in found.without.items():
        yield f"not simulated: {monitor}: {clean(why)}"
    yield "honest batches are drawn as the baseline was"
    yield "a change is of the true value, around which batches scatter; none: the metric cannot move so far"
    yield "drift is the distance between a feature's values in baseline and batch, 0 to 1"
    yield "limit: one of your own; how many honest batches it refuses is in the first lines"


def calibration_json(environment: str, model: str, found: Calibrated) -> str:
    """Return the table as JSON, schema_version 1."""
    document = {
        "schema_version": 1,
        "environment": environment,
        "model": model,
        "baseline": {"source": found.source, "rows": found.rows},
        "false_refusals": found.false_refusals,
        "sizes": [_size(each) for each in found.sizes],
        "not_simulated": found.without,
        "no_declared_changes_of": found.unsimulated,
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _size(each: AtRows) -> dict[str, Any]:
    return {
        "rows": each.rows,
        "refuses_honest": round(each.refuses, 4),
        "too_few": list(each.few),
        "monitors": {
            name: {
                "refuses_honest": monitor.refuses,
                "false_refusals": monitor.promised,
                "limits": {
                    subject: {
                        "action": bound.action,
                        "baseline": bound.base,
                        **_finite(vars(bound.limit)),
                        "detects_rise": bound.rise,
                        "detects_fall": bound.fall,
                    }
                    for subject, bound in monitor.bounds.items()
                },
            }
            for name, monitor in each.monitors.items()
        },
        "declared": [dict(vars(power)) for power in each.powers],
    }


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with infinities as null: no limit on that side."""
    return {k: None if v in (float("inf"), float("-inf")) else v for k, v in values.items()}
