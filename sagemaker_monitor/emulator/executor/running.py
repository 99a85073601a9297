"""Which executions run in this process."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.definition import Definition
from sagemaker_monitor.emulator.executor.reuse import Done
from sagemaker_monitor.emulator.executor.run import Run

STOPPED_REASON = "InternalServerError: the emulator was stopped while the execution ran; start a new one"

MOST = 256
"""Executions that run at once, each with threads of its own; others are Executing and wait their turn."""

Key = tuple[Path, str]
"""State directory and execution ARN: several emulators can live in one process."""


@dataclass(frozen=True)
class _Started:
    key: Key
    run: Run
    ended: threading.Event = field(default_factory=threading.Event)


_RUNS: dict[Key, _Started] = {}
_TURNS: deque[_Started] = deque()
_THREADS: set[threading.Thread] = set()
_LOCK = threading.Lock()
_LOG = logging.getLogger(__name__)


def start(
    context: Context,
    execution: Mapping[str, Any],
    definition: Definition,
    parameters: Mapping[str, Any],
    taken: Done,
) -> None:
    """Run *definition* for the record *execution* as soon as its turn comes; return at once.

    Steps that are *taken* over do not run.
    """
    run = Run(context, execution, definition, parameters, taken)
    started = _Started((context.config.state_dir, run.arn), run)
    with _LOCK:
        _RUNS[started.key] = started
        _TURNS.append(started)
        if len(_THREADS) < MOST:
            thread = threading.Thread(target=_work, name=f"execution-{run.arn[-12:]}")
            _THREADS.add(thread)
            try:
                thread.start()
            except RuntimeError:  # no more threads can be had: one of those that there are comes to it
                _THREADS.remove(thread)
                if not _THREADS:
                    raise


def bound(context: Context, arn: str, limit: int) -> None:
    """Let the execution run at most *limit* steps at once; one that is not running is left alone."""
    with _LOCK:
        found = _RUNS.get((context.config.state_dir, arn))
    if found is not None:
        found.run.bound(limit)


def stop(context: Context, arn: str) -> None:
    """Ask the execution to stop; one that is not running is left alone."""
    with _LOCK:
        found = _RUNS.get((context.config.state_dir, arn))
    if found is not None:
        found.run.stop()


def shutdown(state_dir: Path) -> None:
    """Stop every execution of this emulator and wait until all of them are on record as Failed."""
    with _LOCK:
        all_started = [started for (directory, _), started in _RUNS.items() if directory == state_dir]
    for started in all_started:
        started.run.stop(STOPPED_REASON)
    for started in all_started:
        started.ended.wait()


def _work() -> None:
    """Run executions as long as some wait for their turn."""
    while True:
        with _LOCK:
            if not _TURNS:
                _THREADS.remove(threading.current_thread())
                return
            started = _TURNS.popleft()
        _execute(started)


def _execute(started: _Started) -> None:
    try:
        started.run.execute()
    except Exception:  # the border of the execution's thread: without this it would seem to run for ever
        _LOG.exception("execution %s broke", started.run.arn)
        started.run.broke()
    finally:
        with _LOCK:
            if _RUNS[started.key] is started:  # else a retry of the execution has its place
                del _RUNS[started.key]
        started.ended.set()
