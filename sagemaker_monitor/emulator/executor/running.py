"""Which executions run in this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.definition import Definition
from sagemaker_monitor.emulator.executor.reuse import Done
from sagemaker_monitor.emulator.executor.run import Run

STOPPED_REASON = "InternalServerError: the emulator was stopped while the execution ran; start a new one"

# By state directory and execution ARN: several emulators can live in one process.
_RUNS: dict[tuple[Path, str], tuple[Run, threading.Thread]] = {}
_LOCK = threading.Lock()
_LOG = logging.getLogger(__name__)


def start(
    context: Context,
    execution: Mapping[str, Any],
    definition: Definition,
    parameters: Mapping[str, Any],
    taken: Done,
) -> None:
    """Run *definition* for the record *execution* in a thread of its own; return at once.

    Steps that are *taken* over do not run.
    """
    run = Run(context, execution, definition, parameters, taken)
    key = (context.config.state_dir, run.arn)
    thread = threading.Thread(target=_execute, args=(key, run), name=f"execution-{run.arn[-12:]}")
    with _LOCK:
        _RUNS[key] = (run, thread)
    thread.start()


def bound(context: Context, arn: str, limit: int) -> None:
    """Let the execution run at most *limit* steps at once; one that is not running is left alone."""
    with _LOCK:
        found = _RUNS.get((context.config.state_dir, arn))
    if found is not None:
        found[0].bound(limit)


def stop(context: Context, arn: str) -> None:
    """Ask the execution to stop; one that is not running is left alone."""
    with _LOCK:
        found = _RUNS.get((context.config.state_dir, arn))
    if found is not None:
        found[0].stop()


def shutdown(state_dir: Path) -> None:
    """Stop every execution of this emulator and wait until all of them are on record as Failed."""
    with _LOCK:
        runs = [found for (directory, _), found in _RUNS.items() if directory == state_dir]
    for run, _ in runs:
        run.stop(STOPPED_REASON)
    for _, thread in runs:
        thread.join()


def _execute(key: tuple[Path, str], run: Run) -> None:
    try:
        run.execute()
    except Exception:  # the border of the execution's thread: without this it would seem to run for ever
        _LOG.exception("execution %s broke", run.arn)
        run.broke()
    finally:
        with _LOCK:
            if _RUNS[key][0] is run:  # else a retry of the execution has its place
                del _RUNS[key]
