"""The store of documents."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.state import PLACE, StateError, Store, is_no_space
from tests.emulator.full_disk import fill, make_room


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open a store in a file of its own."""
    opened = Store.open(tmp_path / "state.db", "us-east-1")
    yield opened
    opened.close()


def test_documents_outlive_the_process(tmp_path: Path) -> None:
    """What was put is there when the file is opened again, in the order it came."""
    first = Store.open(tmp_path / "state.db", "us-east-1")
    for key in ("b", "a"):
        first.put("model", key, {"ModelName": key})
    first.close()
    second = Store.open(tmp_path / "state.db", "us-east-1")

    assert [each["ModelName"] for each in second.list("model")] == ["b", "a"]
    second.close()


def test_regions_do_not_see_each_other(store: Store) -> None:
    """A document of one region is not found from another, and both regions are known."""
    store.put("model", "m", {"n": 1})
    store.scoped("eu-west-1").put("model", "m", {"n": 2})

    assert (store.get("model", "m"), store.scoped("eu-west-1").get("model", "m")) == ({"n": 1}, {"n": 2})
    assert store.regions() == ["eu-west-1", "us-east-1"]


def test_create_does_not_replace(store: Store) -> None:
    """Creating a document twice keeps the first."""
    assert store.create("model", "m", {"n": 1})
    assert not store.create("model", "m", {"n": 2})
    assert store.get("model", "m") == {"n": 1}


def test_list_filters_by_prefix_and_fields(store: Store) -> None:
    """Prefixes are plain text, with no wildcards."""
    for key, status in (("a%1", "x"), ("a_1", "x"), ("ab1", "y")):
        store.put("k", key, {"key": key, "status": status})

    assert [each["key"] for each in store.list("k", "a%")] == ["a%1"]
    assert [each["key"] for each in store.list("k", "a", status="x")] == ["a%1", "a_1"]


def test_an_update_that_raises_changes_nothing(store: Store) -> None:
    """An exception inside a change leaves the document as it was, and the store usable."""
    store.put("k", "a", {"n": 1})

    def change(document: dict[str, Any]) -> None:
        document["n"] = 2
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.update("k", "a", change)
    assert store.get("k", "a") == {"n": 1}
    with pytest.raises(KeyError):
        store.update("k", "b", change)


def test_updates_from_many_threads_are_all_counted(store: Store) -> None:
    """Read, change and write are one step: no update is lost."""
    store.put("k", "a", {"n": 0})

    def count() -> None:
        for _ in range(50):
            store.update("k", "a", lambda document: {"n": document["n"] + 1})

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.get("k", "a") == {"n": 400}


def test_numbers_are_never_given_twice(store: Store) -> None:
    """Counters go on from where they were, each for itself."""
    assert [store.next_number("a") for _ in range(3)] == [1, 2, 3]
    assert store.next_number("b") == 1


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file of another kind, or of another layout, is named and left alone."""
    other = tmp_path / "state.db"
    other.write_bytes(b"no database" * 1000)
    with pytest.raises(StateError, match="cannot use"):
        Store.open(other, "us-east-1")
    assert other.read_bytes() == b"no database" * 1000
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StateError, match="layout 99"):
        Store.open(tmp_path / "newer.db", "us-east-1")


def test_a_list_reads_no_more_than_its_prefix(store: Store) -> None:
    """The documents below a key are found by the index: other ones cost a list nothing."""
    for number in range(3):
        store.put("execution-step", f"arn/{number}/step", {"n": number})
    statements: list[str] = []
    connection = store._database._connection
    connection.set_trace_callback(statements.append)

    assert [each["n"] for each in store.list("execution-step", "arn/1/")] == [1]
    plan = connection.execute(f"EXPLAIN QUERY PLAN {statements[0]}").fetchall()
    assert "kind=? AND key>? AND key<?" in plan[0][3]


def test_the_place_of_a_listed_document_stays_and_is_not_kept(store: Store) -> None:
    """A document that is put again as it was listed keeps its place, which is no member of it."""
    for key in ("a", "b"):
        store.put("k", key, {"key": key})
    (first, second) = store.list("k")
    store.put("k", "a", first)
    store.delete("k", "b")
    store.put("k", "c", {"key": "c"})

    assert store.get("k", "a") == {"key": "a"}
    again, third = (each[PLACE] for each in store.list("k"))
    assert (again, third > second[PLACE]) == (first[PLACE], True)


def test_what_must_be_kept_waits_for_room_until_the_emulator_ends(store: Store) -> None:
    """On a full disk a write fails at once; one that must not be lost is done when there is room again."""
    wide = {"n": "x" * 10_000}
    fill(store)
    with pytest.raises(sqlite3.OperationalError) as full:
        store.put("k", "refused", wide)
    waiting = threading.Thread(target=store.outlast, args=(lambda: store.put("k", "kept", wide),))
    waiting.start()
    make_room(store)
    waiting.join(10)

    assert is_no_space(full.value)
    assert store.get("k", "kept") == wide
    fill(store)
    store.hurry()
    with pytest.raises(sqlite3.OperationalError):
        store.outlast(lambda: store.put("k", "late", {"n": "x" * 20_000}))
