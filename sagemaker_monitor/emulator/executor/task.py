"""What the handler of one step is given, and what it can do."""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.emulator import members, wire
from sagemaker_monitor.emulator.api import (
    model_packages,
    models,
    processing_jobs,
    training_jobs,
    transform_jobs,
)
from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.executor.failure import StepFailed, StepStopped
from sagemaker_monitor.emulator.executor.records import Records
from sagemaker_monitor.emulator.jobs.records import PREFIXES

OPERATIONS: dict[str, Handler] = {
    **model_packages.OPERATIONS,
    **models.OPERATIONS,
    **processing_jobs.OPERATIONS,
    **training_jobs.OPERATIONS,
    **transform_jobs.OPERATIONS,
}
_NAME_LIMIT = 63
_SUFFIX_LENGTH = 10


class StopSwitch:
    """Whether an execution was asked to stop, and the jobs that must be told."""

    def __init__(self, context: Context) -> None:
        """Start in the position "run"."""
        self._context = context
        self._lock = threading.Lock()
        self._jobs: list[tuple[str, str]] = []
        self._actions: list[Callable[[str | None], None]] = []
        self._asked = threading.Event()
        self.reason: str | None = None

    @property
    def asked(self) -> bool:
        """Whether a stop was asked for."""
        return self._asked.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait, but not beyond a stop; return whether one was asked for."""
        return self._asked.wait(seconds)

    def started(self, kind: str, name: str) -> None:
        """Remember a job that has to be stopped with the execution; stop it at once when that was asked."""
        with self._lock:
            self._jobs.append((kind, name))
            asked = self.asked
        if asked:
            self._context.jobs.stop(self._context, kind, name)

    def ask(self, reason: str | None = None) -> None:
        """Stop every job, and let no other step start; *reason* is given when nobody wished it."""
        with self._lock:
            self._asked.set()
            self.reason = self.reason or reason
            jobs, actions = list(self._jobs), list(self._actions)
        for kind, name in jobs:
            self._context.jobs.stop(self._context, kind, name)
        for act in actions:
            act(reason)

    @contextmanager
    def calling(self, action: Callable[[str | None], None]) -> Iterator[None]:
        """Run *action* with the reason whenever a stop is asked for inside the block, from any thread."""
        with self._lock:
            self._actions.append(action)
            asked, reason = self.asked, self.reason
        if asked:
            action(reason)
        try:
            yield
        finally:
            with self._lock:
                self._actions.remove(action)


@dataclass(frozen=True, slots=True)
class Task:
    """One step about to run: its name, and its arguments and options with every expression resolved."""

    context: Context
    records: Records
    execution_id: str
    step_name: str
    arguments: Mapping[str, Any]
    options: Mapping[str, Any]
    stop: StopSwitch

    def describe(self, metadata: Mapping[str, Any]) -> None:
        """Put *metadata* into the step's record."""
        self.records.described(self.step_name, metadata)

    def new_name(self, base: str | None = None) -> str:
        """Return a fresh name for what the step creates, as SageMaker builds it from execution and step.

        A name in the Arguments, which the SDK keeps only when asked to, takes the place of the prefix.
        """
        alphabet = string.ascii_letters + string.digits
        suffix = "".join(secrets.choice(alphabet) for _ in range(_SUFFIX_LENGTH))
        prefix = base or f"pipelines-{self.execution_id}-{self.step_name}"
        return f"{prefix[: _NAME_LIMIT - _SUFFIX_LENGTH - 1].replace('_', '-').rstrip('-')}-{suffix}"

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call an operation of the API, as a client would. Raises StepFailed when it is refused."""
        try:
            return self.try_call(operation, request)
        except ApiError as error:
            reason = f"Failed to invoke sagemaker:{operation}. Error Details: {error.message}"
            raise StepFailed(f"ClientError: {reason}", error.code) from error

    def try_call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call an operation of the API. Raises ApiError when it is refused."""
        model = wire.operation_model(operation)
        if model is not None and model.input_shape is not None:
            wire.check(model.input_shape, request)
        members.refuse(operation, request)
        return OPERATIONS[operation](self.context, request)

    def wait(self, kind: str, name: str) -> dict[str, Any]:
        """Block until the job completed; return its record. Raises StepFailed and StepStopped."""
        self.stop.started(kind, name)
        record = self.context.jobs.wait(self.context, kind, name)
        match record[f"{PREFIXES[kind]}JobStatus"]:
            case "Completed":
                return record
            case "Stopped":
                raise StepStopped
        raise StepFailed(record.get("FailureReason") or f"ClientError: {kind} {name} did not complete")
