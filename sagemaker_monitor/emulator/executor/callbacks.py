"""Callbacks that steps wait for: a token each, answered once, by whoever read it from the queue."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.api.context import Context

KIND = "callback"
_LENGTH = 10
_ALPHABET = string.ascii_letters + string.digits

# By state directory and token: several emulators can live in one process.
_BELLS: dict[tuple[Path, str], threading.Event] = {}
_LOCK = threading.Lock()


@contextmanager
def opened(
    context: Context, arn: str, step: str, types: dict[str, str]
) -> Iterator[tuple[str, threading.Event]]:
    """Give a token, and the event that is set when it was answered; afterwards nobody waits for it."""
    record = {"PipelineExecutionArn": arn, "StepName": step, "Types": types}
    token = _token()
    while not context.store.create(KIND, token, record):
        token = _token()
    bell = threading.Event()
    key = (context.config.state_dir, token)
    with _LOCK:
        _BELLS[key] = bell
    try:
        yield token, bell
    finally:
        with _LOCK:
            del _BELLS[key]


def awaited(context: Context, token: str) -> bool:
    """Return whether a step waits for the token."""
    with _LOCK:
        return (context.config.state_dir, token) in _BELLS


def ring(context: Context, token: str) -> None:
    """Tell the step that its token was answered."""
    with _LOCK:
        bell = _BELLS.get((context.config.state_dir, token))
    if bell is not None:
        bell.set()


def answer_of(context: Context, token: str) -> dict[str, Any] | None:
    """Return what was answered, or None."""
    answer: dict[str, Any] | None = (context.store.get(KIND, token) or {}).get("Answer")
    return answer


def _token() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
