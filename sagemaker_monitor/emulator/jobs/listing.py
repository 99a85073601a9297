"""List jobs as ListProcessingJobs and ListTransformJobs do: filtered, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sagemaker_monitor.emulator.api import paging

Summary = dict[str, Any]


def page(
    summaries: Iterable[Summary], request: dict[str, Any], *, prefix: str
) -> tuple[list[Summary], str | None]:
    """Return one page of *summaries*, which come oldest first, and the token of the next one.

    *prefix* is that of the members' names, such as "ProcessingJob". Newest first by default.
    """
    name, status = f"{prefix}Name", f"{prefix}Status"
    found = [
        summary
        for summary in summaries
        if paging.matches(summary, request, name)
        and request.get("StatusEquals", summary[status]) == summary[status]
        and paging.within(summary, request, "LastModifiedTime")
    ]
    return paging.page(
        found, request, sort_fields={"Name": name, "Status": status, "CreationTime": "CreationTime"}
    )
