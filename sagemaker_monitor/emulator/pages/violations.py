"""What a monitor found wrong: the violations that its report lists, a bounded number of them."""

from __future__ import annotations

import json
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.pages import links
from sagemaker_monitor.emulator.pages.page import LONGEST_TEXT, Cell, Table
from sagemaker_monitor.emulator.s3.keys import S3Error

REPORT = "constraint_violations.json"
MOST = 50
_LONGEST_REPORT = 8 << 20
_HEADERS = ("Feature, metric or facet", "Check", "What")


def of_job(context: Context, record: dict[str, Any]) -> Table | None:
    """Return the violations that a processing job reported; None for a job that wrote no such report."""
    if record.get("ProcessingJobStatus") not in ("Completed", "Failed"):
        return None
    for output in record.get("ProcessingOutputConfig", {}).get("Outputs", []):
        uri = f"{output.get('S3Output', {}).get('S3Uri', '').rstrip('/')}/{REPORT}"
        try:
            stored = context.s3.get(uri)
            content = context.s3.read_bytes(uri) if stored.size <= _LONGEST_REPORT else b""
        except S3Error:
            continue
        # An object that was there before is another job's.
        if stored.modified >= record.get("ProcessingStartTime", 0.0):
            return _table(content, uri)
    return None


def _table(content: bytes, uri: str) -> Table:
    try:
        found = json.loads(content)["violations"]
        rows = tuple(_row(each) for each in found[:MOST])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Table("Violations", _HEADERS, (), "The report cannot be read.", Cell(uri, links.to_uri(uri)))
    left_out = f"{len(found) - MOST:,} more in " if len(found) > MOST else ""
    more = Cell(f"{left_out}{uri}", links.to_uri(uri))
    return Table(f"Violations ({len(found):,})", _HEADERS, rows, "The monitor found none.", more)


def _row(violation: dict[str, Any]) -> tuple[Cell, ...]:
    named = [violation.get(key) for key in ("feature_name", "metric_name", "facet", "facet_value")]
    texts = [str(each) for each in named if each is not None]
    return (
        Cell(" / ".join(dict.fromkeys(texts))[:LONGEST_TEXT]),
        Cell(str(violation.get("constraint_check_type", ""))[:LONGEST_TEXT], code=True),
        Cell(str(violation.get("description", ""))[:LONGEST_TEXT]),
    )
