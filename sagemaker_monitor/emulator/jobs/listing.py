"""List jobs as ListProcessingJobs and ListTransformJobs do: filtered, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sagemaker_monitor.emulator.api import paging
from sagemaker_monitor.emulator.state import PLACE, Document, Store


def page(
    store: Store,
    kind: str,
    summary: Callable[[Document], Document],
    request: dict[str, Any],
    *,
    prefix: str,
) -> tuple[list[Document], str | None]:
    """Return the *summary* of one page of the jobs of *kind*, and the next one's token.

    *prefix* is that of the members' names, such as "ProcessingJob". Newest first by default.
    """
    name, status = f"{prefix}Name", f"{prefix}Status"
    return paging.kept(
        store,
        kind,
        request,
        lambda each: (
            paging.matches(each, request, name)
            and request.get("StatusEquals", each[status]) == each[status]
            and paging.within(each, request, "LastModifiedTime")
        ),
        sort_fields={"Name": name, "Status": status, "CreationTime": "CreationTime"},
        view=lambda record: {PLACE: record[PLACE], **summary(record)},
    )
