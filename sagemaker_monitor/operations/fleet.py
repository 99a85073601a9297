"""The same work for many models: several at a time, in order, and one that fails does not stop the others."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
P = TypeVar("P")

AT_ONCE = 8
"""Models that are worked on at a time: what AWS's limits of calls a second leave room for."""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What became of one model: a value, or the error."""

    model: str
    value: T | None = None
    error: Exception | None = None


class StoppedError(Exception):
    """Somebody wants everything to stop; raised inside the work, which cleans up."""


@dataclass(frozen=True)
class Task(Generic[P]):
    """One model's work: *prepare* is done in the calling thread, one after the other, and what it gives is
    then worked on beside others."""

    model: str
    prepare: Callable[[], P]


def each(
    tasks: Iterable[Task[P]],
    work: Callable[[P, threading.Event], T],
    *,
    at_once: int = AT_ONCE,
) -> Iterator[Outcome[T]]:
    """Yield what became of each task, in their order, while at most *at_once* are worked on.

    No more are prepared ahead than are worked on, so that memory does not grow with their number.
    When the caller stops, or is interrupted, *work* is told by its event and waited for.
    """
    stop = threading.Event()
    waiting: deque[tuple[str, Future[T] | Exception]] = deque()
    pool = ThreadPoolExecutor(max_workers=at_once)
    try:
        for task in tasks:
            if len(waiting) >= at_once:
                yield _outcome(*waiting.popleft())
            try:
                prepared = task.prepare()
            except Exception as error:
                waiting.append((task.model, error))
            else:
                waiting.append((task.model, pool.submit(work, prepared, stop)))
                del prepared
        while waiting:
            yield _outcome(*waiting.popleft())
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _outcome(model: str, found: Future[T] | Exception) -> Outcome[T]:
    if isinstance(found, Exception):
        return Outcome(model, error=found)
    try:
        return Outcome(model, found.result())
    except Exception as error:
        return Outcome(model, error=error)
