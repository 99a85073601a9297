"""List jobs as ListProcessingJobs and ListTransformJobs do: filtered, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sagemaker_monitor.emulator.wire import ApiError

Summary = dict[str, Any]

DEFAULT_PAGE = 10
_BOUNDS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "CreationTimeAfter": ("CreationTime", lambda time, bound: time > bound),
    "CreationTimeBefore": ("CreationTime", lambda time, bound: time < bound),
    "LastModifiedTimeAfter": ("LastModifiedTime", lambda time, bound: time > bound),
    "LastModifiedTimeBefore": ("LastModifiedTime", lambda time, bound: time < bound),
}


def page(
    summaries: Iterable[Summary], request: dict[str, Any], *, prefix: str
) -> tuple[list[Summary], str | None]:
    """Return one page of *summaries*, oldest first, as *request* asks, and the token of the next page.

    *prefix* is that of the members' names, such as "ProcessingJob". Newest first by default.
    """
    name, status = f"{prefix}Name", f"{prefix}Status"
    found = [summary for summary in summaries if _wanted(summary, request, name, status)]
    keys = {"Name": name, "Status": status, "CreationTime": "CreationTime"}
    found.sort(key=lambda summary: summary[keys[request.get("SortBy", "CreationTime")]])
    if request.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    start = _offset(request.get("NextToken"))
    end = start + int(request.get("MaxResults", DEFAULT_PAGE))
    return found[start:end], str(end) if end < len(found) else None


def _wanted(summary: Summary, request: dict[str, Any], name: str, status: str) -> bool:
    return (
        request.get("NameContains", "").lower() in summary[name].lower()
        and request.get("StatusEquals", summary[status]) == summary[status]
        and all(
            inside(summary[member], request[bound])
            for bound, (member, inside) in _BOUNDS.items()
            if bound in request
        )
    )


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdecimal():
        raise ApiError("ValidationException", "NextToken is not one that a List operation gave")
    return int(token)
