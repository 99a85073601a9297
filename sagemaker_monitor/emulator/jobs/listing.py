"""List jobs as ListProcessingJobs and ListTransformJobs do: filtered, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sagemaker_monitor.emulator.api import paging
from sagemaker_monitor.emulator.state import PLACE, Document


def page(
    records: Iterable[Document],
    summary: Callable[[Document], Document],
    request: dict[str, Any],
    *,
    prefix: str,
) -> tuple[list[Document], str | None]:
    """Return the *summary* of one page of *records*, which come oldest first, and the next one's token.

    *prefix* is that of the members' names, such as "ProcessingJob". Newest first by default.
    """
    name, status = f"{prefix}Name", f"{prefix}Status"
    summaries = ({PLACE: record[PLACE], **summary(record)} for record in records)
    found = [
        each
        for each in summaries
        if paging.matches(each, request, name)
        and request.get("StatusEquals", each[status]) == each[status]
        and paging.within(each, request, "LastModifiedTime")
    ]
    return paging.page(
        found, request, sort_fields={"Name": name, "Status": status, "CreationTime": "CreationTime"}
    )
