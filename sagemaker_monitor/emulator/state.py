"""The emulator's memory: JSON documents in one SQLite file, which a restart or a kill leaves readable.

Kinds and their keys, each within one region:
"pipeline", "model", "model-package-group", "processing-job", "training-job", "transform-job", "endpoint",
"endpoint-config", "monitoring-schedule", "…-job-definition": the name; "monitoring-execution": the
schedule's name and a number;
"execution", "model-package", "tags": the ARN; "definition": its digest.
S3 is in no region: its documents are in the one named "".
"""

from __future__ import annotations

import errno
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

Document = dict[str, Any]
Found = list[tuple[str, Document]]
"""Regions and documents."""
SCHEMA_VERSION = 2
PAUSE = 0.5
"""Seconds after which a write that found the disk full is tried again."""
_Given = TypeVar("_Given")
Watcher = Callable[[str, Document, Document], None]
"""Takes a region, a document as it was (empty when there was none), and as it is."""
PLACE = "_Place"
"""The member that tells a listed document's place in the order of creation; it is not kept."""
CREATED = "CreationTime"
"""The member that documents can be read by, a piece at a time, without reading the others."""
_LAST = chr(0x10FFFF)  # no key goes on with it
_PIECE = 128
"""Documents that are read at a time."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    region TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (region, kind, key));
CREATE INDEX IF NOT EXISTS of_kind ON documents (kind);
CREATE INDEX IF NOT EXISTS by_creation
    ON documents (region, kind, json_extract(body, '$.CreationTime'), number, key)
    WHERE json_extract(body, '$.CreationTime') IS NOT NULL;
CREATE TABLE IF NOT EXISTS counters (
    region TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY (region, name));
"""


class StateError(Exception):
    """The state directory cannot be used; the message says why and what to do."""


def is_no_space(error: BaseException) -> bool:
    """Return whether an error means that the disk is full."""
    if isinstance(error, sqlite3.OperationalError):
        return "full" in str(error)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


class Store:
    """Documents by kind and key, scoped to one region; every method is atomic and safe from any thread."""

    def __init__(self, database: _Database, region: str) -> None:
        """Use `Store.open` instead."""
        self._database = database
        self.region = region

    @classmethod
    def open(cls, path: Path, region: str) -> Store:
        """Open or create the SQLite file at *path*. Raises StateError when it is not one of ours."""
        return cls(_Database(path), region)

    def scoped(self, region: str) -> Store:
        """Return the same store as seen from *region*."""
        return Store(self._database, region)

    def regions(self) -> list[str]:
        """Return every region that has documents, in alphabetical order."""
        statement = "SELECT DISTINCT region FROM documents WHERE region != '' ORDER BY region"
        with self._database.alone() as run:
            return [row[0] for row in run(statement)]

    def get(self, kind: str, key: str) -> Document | None:
        """Return the document, or None; changing it changes nothing here."""
        with self._database.alone() as run:
            body = self._body(run, kind, key)
        return None if body is None else json.loads(body)

    def list(self, kind: str, prefix: str = "", **equal: str) -> list[Document]:
        """Return the documents of *kind*, oldest first, by the start of the key and by what fields equal.

        Each has its place in the order of creation as PLACE, which stays whatever comes and goes.
        """
        fields = "".join(f" AND json_extract(body, '$.\"{field}\"') = ?" for field in equal)
        statement = (
            "SELECT number, body FROM documents WHERE region = ? AND kind = ? AND key >= ? AND key <= ?"
            f"{fields} ORDER BY number"
        )
        with self._database.alone() as run:
            rows = run(statement, (self.region, kind, prefix, prefix + _LAST, *equal.values())).fetchall()
        return [{**json.loads(body), PLACE: number} for number, body in rows]

    def last(self, kind: str, prefix: str) -> Document | None:
        """Return the document of *kind* that was added last, of those whose keys start with *prefix*."""
        statement = (
            "SELECT body FROM documents WHERE number = (SELECT max(number) FROM documents "
            "WHERE region = ? AND kind = ? AND key >= ? AND key <= ?)"
        )
        with self._database.alone() as run:
            row = run(statement, (self.region, kind, prefix, prefix + _LAST)).fetchone()
        return None if row is None else json.loads(row[0])

    def has_more(self, kind: str, prefix: str, than: int) -> bool:
        """Return whether there are more documents of *kind* than that, whose keys start with *prefix*."""
        statement = (
            "SELECT 1 FROM documents WHERE region = ? AND kind = ? AND key >= ? AND key <= ? LIMIT 1 OFFSET ?"
        )
        with self._database.alone() as run:
            return run(statement, (self.region, kind, prefix, prefix + _LAST, than)).fetchone() is not None

    def by_creation(
        self, kind: str, prefix: str = "", *, descending: bool, after: tuple[float, int] | None = None
    ) -> Iterator[Document]:
        """Yield the documents of *kind* by CreationTime, which all have, and then by PLACE, which each gets.

        *prefix* is the start of the key, *after* CreationTime and PLACE of the last one that was read. Only
        so many are read as are taken.
        """
        order, beyond = ("DESC", "<") if descending else ("ASC", ">")
        created = f"json_extract(body, '$.{CREATED}')"
        where = f"region = ? AND kind = ? AND key >= ? AND key <= ? AND {created} IS NOT NULL"
        onwards = f" AND {created} {beyond}= ? AND ({created} {beyond} ? OR number {beyond} ?)"
        while True:
            statement = (
                f"SELECT number, {created}, body FROM documents INDEXED BY by_creation "
                f"WHERE {where}{'' if after is None else onwards} "
                f"ORDER BY {created} {order}, number {order} LIMIT {_PIECE}"
            )
            places = () if after is None else (after[0], *after)
            with self._database.alone() as run:
                rows = run(statement, (self.region, kind, prefix, prefix + _LAST, *places)).fetchall()
            for number, _, body in rows:
                yield {**json.loads(body), PLACE: number}
            if len(rows) < _PIECE:
                return
            after = rows[-1][1], rows[-1][0]

    def newest(self, kinds: Sequence[str], most: int, skip: int = 0) -> Found:
        """Return region and document of the *most* newest of some kinds, in every region, newest first."""
        with self._database.alone() as run:
            rows = run(
                f"SELECT region, body FROM documents WHERE kind IN ({','.join('?' * len(kinds))}) "
                "ORDER BY number DESC LIMIT ? OFFSET ?",
                (*kinds, most, skip),
            ).fetchall()
        return [(region, json.loads(body)) for region, body in rows]

    def create(self, kind: str, key: str, document: Document) -> bool:
        """Add a document; return False, and change nothing, when the key is taken."""
        statement = (
            "INSERT INTO documents (region, kind, key, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (region, kind, key) DO NOTHING"
        )
        with self._database.alone() as run:
            return run(statement, (self.region, kind, key, _text(document))).rowcount > 0

    def put(self, kind: str, key: str, document: Document) -> None:
        """Add a document or replace the one there; a replaced one keeps its place in the order."""
        with self._database.alone() as run:
            self._put(run, kind, key, _text(document))
        self._tell(kind, {}, document)

    def update(self, kind: str, key: str, change: Callable[[Document], Document | None]) -> Document:
        """Replace the document by what *change* makes of it, in one step; return the new one.

        *change* may edit its argument and return None. Nothing is written when it raises. Raises KeyError
        when there is no such document.
        """
        with self._database.alone() as run:
            body = self._body(run, kind, key)
            if body is None:
                raise KeyError(key)
            document: Document = json.loads(body)
            changed = change(document)
            result = document if changed is None else changed
            self._put(run, kind, key, _text(result))
        if kind in self._database.watchers:
            self._tell(kind, json.loads(body), result)
        return result

    def watch(self, kind: str, tell: Watcher) -> None:
        """Have *tell* called with the region, what was and what is, after each change of a document."""
        self._database.watchers.setdefault(kind, []).append(tell)

    def _tell(self, kind: str, before: Document, now: Document) -> None:
        for tell in self._database.watchers.get(kind, ()):
            tell(self.region, before, now)

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; return whether there was one."""
        statement = "DELETE FROM documents WHERE region = ? AND kind = ? AND key = ?"
        with self._database.alone() as run:
            return run(statement, (self.region, kind, key)).rowcount > 0

    def delete_all(self, kind: str, keys: Iterable[str]) -> None:
        """Remove the documents of *kind* with any of these *keys*, in one step."""
        statement = (
            "DELETE FROM documents WHERE region = ? AND kind = ? AND key IN (SELECT value FROM json_each(?))"
        )
        with self._database.alone() as run:
            run(statement, (self.region, kind, json.dumps(list(keys))))

    def clear(self, kind: str, prefix: str) -> int:
        """Remove the documents of *kind* whose keys start with *prefix*; return how many there were."""
        statement = "DELETE FROM documents WHERE region = ? AND kind = ? AND key >= ? AND key <= ?"
        with self._database.alone() as run:
            return run(statement, (self.region, kind, prefix, prefix + _LAST)).rowcount

    def next_number(self, name: str) -> int:
        """Count *name* up by one and return it: 1, 2, 3, … never the same twice."""
        statement = (
            "INSERT INTO counters (region, name, value) VALUES (?, ?, 1) "
            "ON CONFLICT (region, name) DO UPDATE SET value = value + 1 RETURNING value"
        )
        with self._database.alone() as run:
            ((value,),) = run(statement, (self.region, name)).fetchall()
            return int(value)

    def outlast(self, write: Callable[[], _Given]) -> _Given:
        """Return what *write* returns, called again for as long as the disk is full.

        What goes on behind an answered request has nobody to tell: its end has to come on record, however
        late, or it would seem to run for ever. *write* must bear being begun anew. Raises what it raised once
        the emulator ends, and the next start puts the end on record.
        """
        while True:
            try:
                return write()
            except (sqlite3.OperationalError, OSError) as error:
                if not is_no_space(error) or self._database.ending.wait(PAUSE):
                    raise

    def hurry(self) -> None:
        """Let nothing wait for room on the disk any longer: the emulator ends."""
        self._database.ending.set()

    def count(self, kind: str) -> int:
        """Return how many documents of *kind* there are, in every region."""
        with self._database.alone() as run:
            ((number,),) = run("SELECT count(*) FROM documents WHERE kind = ?", (kind,)).fetchall()
            return int(number)

    def close(self) -> None:
        """Close the file, for every region."""
        self._database.close()

    def _body(self, run: _Run, kind: str, key: str) -> str | None:
        statement = "SELECT body FROM documents WHERE region = ? AND kind = ? AND key = ?"
        row = run(statement, (self.region, kind, key)).fetchone()
        return None if row is None else row[0]

    def _put(self, run: _Run, kind: str, key: str, body: str) -> None:
        statement = (
            "INSERT INTO documents (region, kind, key, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (region, kind, key) DO UPDATE SET body = excluded.body"
        )
        run(statement, (self.region, kind, key, body))


_Run = Callable[..., sqlite3.Cursor]


def _text(document: Document) -> str:
    return json.dumps(
        {name: value for name, value in document.items() if name != PLACE}, separators=(",", ":")
    )


class _Database:
    """One connection behind a lock, on which every statement is a transaction of its own.

    No method above writes more than one, so none needs to begin and commit: each statement lets other
    threads run, and one that waits to run again with the lock in its hand holds up all of them.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self.ending = threading.Event()
        self.watchers: dict[str, list[Watcher]] = {}
        try:
            self._connection = sqlite3.connect(
                path, timeout=10, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise StateError(f"cannot open {path}: {error}") from error
        try:
            self._prepare(path)
        except sqlite3.Error as error:
            self._connection.close()
            raise StateError(f"cannot use {path}: {error}; move it away or reset the emulator") from error
        except StateError:
            self._connection.close()
            raise

    def _prepare(self, path: Path) -> None:
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, SCHEMA_VERSION):
            raise StateError(
                f"{path} has layout {version}, this version reads {SCHEMA_VERSION}: start anew with "
                "`sagemaker-monitor local reset`, or keep it, and name another directory with --state-dir"
            )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)
        self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def alone(self) -> Iterator[_Run]:
        """Give a way to run statements while no other thread does."""
        with self._lock:
            yield self._connection.execute

    def close(self) -> None:
        with self._lock:
            self._connection.close()
