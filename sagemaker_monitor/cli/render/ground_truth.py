"""What became of a file of labels, hour by hour."""

from __future__ import annotations

import json

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from sagemaker_monitor.analysis.decision.wording import several
from sagemaker_monitor.aws.moments import stamp
from sagemaker_monitor.cli.render.text import clean, console, line
from sagemaker_monitor.operations.ground_truth import HourPut, Put

_DONE = {"written": "green", "unchanged": "", "not written": "yellow"}


def put_json(put: Put) -> str:
    """Return it as JSON."""
    captured, labelled = _totals(put)
    window = put.window
    document = {
        "status": put.status,
        "file": str(put.labels.path),
        "keys": len(put.labels.labels),
        "duplicates": put.labels.duplicates,
        "matched": put.matched,
        "unknown": put.unknown,
        "window": {
            "start": stamp(window.start) if window.start else None,
            "end": stamp(window.end) if window.end else None,
        },
        "captured": captured,
        "labelled": labelled,
        "without_label": captured - labelled,
        "overlap": labelled / captured if captured else 0.0,
        "minimum_overlap": put.minimum_overlap,
        "hours": [
            {
                "hour": stamp(hour.hour),
                "captured": hour.captured,
                "records": hour.records,
                "labelled": hour.labelled,
                "overlap": hour.overlap,
                "uri": hour.uri,
                "done": hour.done,
            }
            for hour in put.hours
        ],
    }
    return json.dumps(document, indent=2)


def print_put(put: Put) -> None:
    """Print it to standard output: the hours that got labels, and what is left over on both sides."""
    screen = console()
    touched = [hour for hour in put.hours if hour.records]
    table = Table(box=SIMPLE_HEAD)
    for heading in ("hour", "captured", "labels here", "with a label", "overlap", "records"):
        table.add_column(
            heading, overflow="fold", justify="left" if heading in ("hour", "records") else "right"
        )
    for hour in touched:
        table.add_row(*_row(hour, put.minimum_overlap))
    screen.print(table)
    for text in _told(put, touched):
        line(screen, Text(clean(text, 2000)))


def _row(hour: HourPut, minimum: float) -> tuple[Text, ...]:
    enough = hour.overlap >= minimum
    return (
        Text(stamp(hour.hour)),
        Text(str(hour.captured)),
        Text(str(hour.records)),
        Text(str(hour.labelled)),
        Text(f"{hour.overlap:.1%}", style="" if enough else "yellow"),
        Text(hour.done, style=_DONE.get(hour.done, "")),
    )


def _told(put: Put, touched: list[HourPut]) -> list[str]:
    records = sum(hour.records for hour in touched)
    told = [f"{put.matched} of {len(put.labels.labels)} keys found among the captures"]
    if put.unknown:
        told[0] += f", {put.unknown} not found"
    if records > put.matched:
        told[0] += f"; they name {records} records, because some were scored more than once"
    if put.labels.duplicates:
        told.append(f"{several(put.labels.duplicates, 'label')} repeated on another line")
    missing = sum(hour.captured - hour.labelled for hour in touched)
    if missing:
        told.append(f"{several(missing, 'record')} of these hours without a label yet")
    others = [hour for hour in put.hours if not hour.records]
    if others:
        count = sum(hour.captured for hour in others)
        told.append(
            f"none of these labels in {several(len(others), 'more hour')} with {several(count, 'record')}"
        )
    low = sum(hour.overlap < put.minimum_overlap for hour in touched)
    if low:
        told.append(f"{several(low, 'hour')} below the minimum overlap of {put.minimum_overlap:.0%}")
    return [*told, *_written(put, touched)]


def _written(put: Put, touched: list[HourPut]) -> list[str]:
    if put.status == "unchanged":
        return ["unchanged: these records are there already"]
    new = [str(hour.uri) for hour in touched if hour.done in ("written", "not written")]
    if not new:
        return ["dry run: these records are there already"]
    return [f"{'dry run, would write' if put.dry_run else 'wrote'} {uri}" for uri in new]


def _totals(put: Put) -> tuple[int, int]:
    return sum(hour.captured for hour in put.hours), sum(hour.labelled for hour in put.hours)
