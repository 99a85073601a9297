"""A store whose disk is full: SQLite itself says so, of a file that may not grow."""

from __future__ import annotations

import sqlite3

from sagemaker_monitor.emulator.state import Store

_UNBOUNDED = 1_073_741_823


def fill(store: Store) -> None:
    """Leave the store no room for another page."""
    with store._database.alone() as run:
        ((pages,),) = run("PRAGMA page_count").fetchall()
        run(f"PRAGMA max_page_count = {pages}").fetchall()
    size = 4000
    while size > 10:
        try:
            store.put("filler", str(store.count("filler")), {"n": "x" * size})
        except sqlite3.OperationalError:
            size //= 2


def make_room(store: Store) -> None:
    """Let the store grow again."""
    with store._database.alone() as run:
        run(f"PRAGMA max_page_count = {_UNBOUNDED}").fetchall()
