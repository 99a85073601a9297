"""Lists as the API gives them: filtered, sorted, a page at a time."""

from __future__ import annotations

import base64
import json
import operator
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from sagemaker_monitor.emulator.state import CREATED, PLACE, Document, Store
from sagemaker_monitor.emulator.wire import ApiError

_DEFAULT_SIZE = 100
_FEW = 200
"""Documents that are as well all read as found by an index."""
Keep = Callable[[Document], bool]


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
    request has none. Equal ones stay in order of creation. A token says behind which document the next page
    starts, so what is created or deleted meanwhile moves nothing to another page. Raises ApiError
    ValidationException for a token that is none of ours, or one of another list or order.
    """
    field, descending, order = _order(request, sort_fields, default)
    placed = [
        ((document.get(field, ""), document.get(PLACE, number)), document)
        for number, document in enumerate(documents)
    ]
    placed.sort(key=operator.itemgetter(0), reverse=descending)
    if request.get("NextToken") is not None:
        last = _decode(request["NextToken"], order)
        beyond = operator.lt if descending else operator.gt
        try:
            placed = [each for each in placed if beyond(each[0], last)]
        except TypeError as error:  # the token of another list
            raise bad_token() from error
    size = request.get("MaxResults", _DEFAULT_SIZE)
    token = _encode(placed[size - 1][0], order) if len(placed) > size else None
    return [document for _, document in placed[:size]], token


def kept(
    store: Store,
    kind: str,
    request: dict[str, Any],
    keep: Keep,
    *,
    sort_fields: dict[str, str],
    prefix: str = "",
    view: Callable[[Document], Document] = lambda document: document,
) -> tuple[list[Document], str | None]:
    """Return one page of the documents of *kind* that *keep* passes, and the next one's token, as `page`.

    All have a CreationTime. Sorted by it, which is the default, many are read up to the page's end alone.
    *prefix* is that of their keys; *view* says how each is seen, with its PLACE and CreationTime.
    """
    field, descending, order = _order(request, sort_fields, (CREATED, "Descending"))
    if field != CREATED or not store.has_more(kind, prefix, _FEW):
        found = [each for each in map(view, store.list(kind, prefix)) if keep(each)]
        return page(found, request, sort_fields=sort_fields)
    after = None if request.get("NextToken") is None else _decode(request["NextToken"], order)
    if after is not None and isinstance(after[0], str):  # the token of another list
        raise bad_token()
    documents = map(view, store.by_creation(kind, prefix, descending=descending, after=after))
    size = request.get("MaxResults", _DEFAULT_SIZE)
    first = list(islice(filter(keep, documents), size + 1))
    more = len(first) > size
    token = _encode((first[size - 1][field], first[size - 1][PLACE]), order) if more else None
    return first[:size], token


def _order(
    request: dict[str, Any], sort_fields: dict[str, str], default: tuple[str, str]
) -> tuple[str, bool, str]:
    """Return the field that a request sorts by, whether descending, and what its tokens say of both."""
    field = sort_fields[request.get("SortBy", default[0])]
    descending = request.get("SortOrder", default[1]) == "Descending"
    return field, descending, f"{','.join(sort_fields.values())}:{field}:{'<' if descending else '>'}"


def _encode(position: tuple[Any, int], order: str) -> str:
    return base64.b64encode(json.dumps([*position, order]).encode()).decode("ascii")


def _decode(token: str, order: str) -> tuple[Any, int]:
    try:
        value, place, of = json.loads(base64.b64decode(token, validate=True))
    except (ValueError, TypeError, RecursionError) as error:
        raise bad_token() from error
    if of != order or not isinstance(value, str | int | float) or not isinstance(place, int):
        raise bad_token()
    return value, place


def bad_token() -> ApiError:
    """Return the error for a token that is none of ours."""
    return ApiError(
        "ValidationException", "The NextToken is not one that this operation gave; start without one"
    )
