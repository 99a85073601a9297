"""Pages of a list that changes while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.paging import kept, page
from sagemaker_monitor.emulator.state import Store
from sagemaker_monitor.emulator.wire import ApiError

FIELDS = {"Name": "Name", "CreationTime": "CreationTime"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open a store with six models, of which two at a time were made in the same millisecond."""
    opened = Store.open(tmp_path / "state.db", "us-east-1")
    for number in range(6):
        _add(opened, number)
    yield opened
    opened.close()


def _add(store: Store, number: int) -> None:
    store.put("model", f"m{number}", {"Name": f"m{number}", "CreationTime": number // 2})


def _page(store: Store, token: str | None = None, **request: Any) -> tuple[list[str], str | None]:
    asked = {"MaxResults": 2, "NextToken": token, **request}
    found, following = page(store.list("model"), asked, sort_fields=FIELDS)
    return [each["Name"] for each in found], following


def _rest(store: Store, token: str | None, **request: Any) -> list[str]:
    names = []
    while token is not None:
        found, token = _page(store, token, **request)
        names += found
    return names


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7])
def test_pages_are_the_list_cut_into_pieces(store: Store, size: int) -> None:
    """Whatever a page's size, all pages together are the list, newest first, and none is empty."""
    first, token = _page(store, MaxResults=size)

    assert len(first) == min(size, 6)
    assert first + _rest(store, token, MaxResults=size) == ["m5", "m4", "m3", "m2", "m1", "m0"]


def test_what_is_created_meanwhile_moves_nothing_to_another_page(store: Store) -> None:
    """A list read newest first, to which something is added between two pages, shows nothing twice."""
    first, token = _page(store)
    _add(store, 6)
    _add(store, 5)  # again, as an update does

    assert first + _rest(store, token) == ["m5", "m4", "m3", "m2", "m1", "m0"]


def test_what_is_deleted_meanwhile_hides_nothing(store: Store) -> None:
    """A list of which the first page's last document is deleted between two pages still shows the rest."""
    first, token = _page(store, SortOrder="Ascending")
    store.delete("model", "m0")
    store.delete("model", "m1")

    assert first + _rest(store, token, SortOrder="Ascending") == ["m0", "m1", "m2", "m3", "m4", "m5"]


@pytest.mark.parametrize("token", ["", "x", "b2Zmc2V0OjI=", "MQ==", "WzEsICJ4Il0=", "W251bGwsIDFd"])
def test_a_token_that_is_none_is_refused(store: Store, token: str) -> None:
    """What is no token of ours is a ValidationException, whatever it decodes to."""
    with pytest.raises(ApiError, match="NextToken"):
        _page(store, token)


def test_the_token_of_another_order_or_list_is_refused(store: Store) -> None:
    """A token of a list by time goes on neither by name, nor the other way round, nor with other things."""
    _, token = _page(store)

    for other in ({"SortBy": "Name"}, {"SortOrder": "Ascending"}):
        with pytest.raises(ApiError, match="NextToken"):
            _page(store, token, **other)
    with pytest.raises(ApiError, match="NextToken"):
        page([], {"NextToken": token}, sort_fields={"Name": "Other", "CreationTime": "CreationTime"})


MANY = 450


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Open a store with many models in two regions, their times in no order and some the same."""
    opened = Store.open(tmp_path_factory.mktemp("many") / "state.db", "us-east-1")
    for number in range(MANY):
        time = 1_790_000_000.123 + number * 7 % 150 / 1000
        document = {"Name": f"m{number % 7}", "CreationTime": round(time, 3)}
        opened.put("model", f"{'ab'[number % 3 == 0]}/{number}", document)
        opened.scoped("eu-west-1").put("model", f"a/{number}", document)
    yield opened
    opened.close()


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize("prefix", ["", "a/", "b/"])
@pytest.mark.parametrize("size", [1, 37, 100])
def test_many_are_paged_as_few_are(many: Store, order: str, prefix: str, size: int) -> None:
    """What an index finds is, page by page and token by token, what sorting all of them gives."""
    request: dict[str, Any] = {"MaxResults": size, "SortOrder": order}
    wanted = [each for each in many.list("model", prefix) if each["Name"] != "m3"]

    pages = 0
    while pages < 12:
        found = kept(
            many, "model", request, lambda each: each["Name"] != "m3", sort_fields=FIELDS, prefix=prefix
        )
        assert found == page(wanted, request, sort_fields=FIELDS)
        pages, request["NextToken"] = pages + 1, found[1]
        if found[1] is None:
            break
    assert pages > 1


def test_of_many_only_a_page_is_read(many: Store) -> None:
    """A page looks at one document more than it has."""
    seen: list[Any] = []
    found, token = kept(
        many, "model", {"MaxResults": 10}, lambda each: not seen.append(each), sort_fields=FIELDS
    )

    assert (len(found), len(seen)) == (10, 11)
    assert token is not None


@pytest.mark.parametrize("request_", [{"SortBy": "Name"}, {"SortOrder": "Ascending"}])
def test_tokens_of_many_are_refused_as_those_of_few(many: Store, request_: dict[str, Any]) -> None:
    """A token of another order, and what is none, is a ValidationException also where an index finds."""
    _, token = kept(many, "model", {"MaxResults": 2}, lambda _: True, sort_fields=FIELDS)
    for given, asked in ((token, request_), ("MQ==", {}), ("WyJ4IiwgMSwgIk5hbWUiXQ==", {})):
        with pytest.raises(ApiError, match="NextToken"):
            kept(many, "model", {"NextToken": given, **asked}, lambda _: True, sort_fields=FIELDS)
