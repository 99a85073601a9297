"""Lists as the API gives them: filtered, sorted, a page at a time."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from sagemaker_monitor.emulator.state import Document
from sagemaker_monitor.emulator.wire import ApiError

_DEFAULT_SIZE = 100


def matches(
    document: Document, request: dict[str, Any], name_field: str, time_field: str = "CreationTime"
) -> bool:
    """Return whether a document passes a request's NameContains, CreationTimeAfter and CreationTimeBefore."""
    created = document[time_field]
    return (
        request.get("NameContains", "").lower() in str(document.get(name_field, "")).lower()
        and request.get("CreationTimeAfter", created) <= created
        and created <= request.get("CreationTimeBefore", created)
    )


def within(document: Document, request: dict[str, Any], field: str) -> bool:
    """Return whether a document's time *field* passes a request's <field>After and <field>Before."""
    at = document[field]
    return bool(request.get(f"{field}After", at) <= at <= request.get(f"{field}Before", at))


def page(
    documents: Sequence[Document],
    request: dict[str, Any],
    *,
    sort_fields: dict[str, str],
    default: tuple[str, str] = ("CreationTime", "Descending"),
) -> tuple[list[Document], str | None]:
    """Return one page of *documents*, which come oldest first, and the token of the next one.

    *sort_fields* maps the request's SortBy to a document's field; *default* is SortBy and SortOrder when the
    request has none. Equal ones stay in order of creation. Raises ApiError ValidationException for a token
    that is none of ours.
    """
    field = sort_fields[request.get("SortBy", default[0])]
    descending = request.get("SortOrder", default[1]) == "Descending"
    numbered = sorted(
        enumerate(documents), key=lambda each: (each[1].get(field, ""), each[0]), reverse=descending
    )
    start = _offset(request.get("NextToken"))
    end = start + request.get("MaxResults", _DEFAULT_SIZE)
    token = base64.b64encode(f"offset:{end}".encode()).decode("ascii") if end < len(numbered) else None
    return [document for _, document in numbered[start:end]], token


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        word, _, offset = base64.b64decode(token, validate=True).decode("ascii").partition(":")
    except ValueError as error:
        raise _bad_token() from error
    if word != "offset" or not offset.isdigit():
        raise _bad_token()
    return int(offset)


def _bad_token() -> ApiError:
    return ApiError(
        "ValidationException", "The NextToken is not one that this operation gave; start without one"
    )
