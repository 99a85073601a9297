"""Run jobs a few at a time, and keep their records true."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs import JobRunner, processing, publishing, training, transform
from sagemaker_monitor.emulator.jobs.failure import JobFailed, bounded
from sagemaker_monitor.emulator.jobs.interruption import Interrupted, Interruption, ShutDown
from sagemaker_monitor.emulator.jobs.reaping import reap
from sagemaker_monitor.emulator.jobs.records import PREFIXES
from sagemaker_monitor.emulator.jobs.work import Work
from sagemaker_monitor.emulator.models.pool import ModelServers

Change = dict[str, Any]
RESTARTED = "InternalServerError: the emulator was stopped while the job ran; start it again under a new name"
_RUNNING = ("InProgress", "Stopping")
_BODIES: dict[str, Callable[[Work], Change]] = {
    "processing-job": processing.run,
    "training-job": training.run,
    "transform-job": transform.run,
}


@dataclass(frozen=True)
class _Job:
    interruption: Interruption = field(default_factory=Interruption)
    ended: threading.Event = field(default_factory=threading.Event)


class LocalJobRunner:
    """Supervises each job's child process from a thread; jobs beyond *at_once* wait for their turn."""

    def __init__(self, *, at_once: int, servers: ModelServers) -> None:
        self._servers = servers
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="job")
        self._lock = threading.Lock()
        self._jobs: dict[tuple[str, str, str], _Job] = {}

    def start_processing(self, context: Context, name: str) -> None:
        """Start the processing job called *name*; return at once."""
        self._start(context, "processing-job", name)

    def start_transform(self, context: Context, name: str) -> None:
        """Start the transform job called *name*; return at once."""
        self._start(context, "transform-job", name)

    def start_training(self, context: Context, name: str) -> None:
        """Start the training job called *name*; return at once."""
        self._start(context, "training-job", name)

    def wait(self, context: Context, kind: str, name: str) -> dict[str, Any]:
        """Block until the job ended; return its record. Raises KeyError when there is no such job."""
        job = self._jobs.get((kind, context.region, name))
        if job is not None:
            job.ended.wait()
        record = context.store.get(kind, name)
        if record is None:
            raise KeyError(name)
        return record

    def stop(self, context: Context, kind: str, name: str) -> None:
        """Ask the job to stop; it ends Stopped soon. A job that already ended is left alone."""
        job = self._jobs.get((kind, context.region, name))
        if job is None:
            return
        status = f"{PREFIXES[kind]}JobStatus"

        def change(record: dict[str, Any]) -> None:
            if record[status] == "InProgress":
                record.update({status: "Stopping", "_LastModified": context.now()})

        context.store.update(kind, name, change)
        job.interruption.trip(Interrupted())

    def shutdown(self) -> None:
        """Kill every child process and join every thread of ours; the jobs end Stopped."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.interruption.trip(ShutDown("the emulator was shut down"))
        self._threads.shutdown(wait=True)
        self._servers.shutdown()

    def _start(self, context: Context, kind: str, name: str) -> None:
        job = _Job()
        with self._lock:
            self._jobs[kind, context.region, name] = job
        try:
            self._threads.submit(self._supervise, context, kind, name, job)
        except RuntimeError:  # shut down meanwhile
            _end(context, kind, name, "Failed", {"FailureReason": RESTARTED})
            job.ended.set()

    def _supervise(self, context: Context, kind: str, name: str, job: _Job) -> None:
        try:
            status, gained = self._outcome(context, kind, name, job)
            context.store.outlast(lambda: _end(context, kind, name, status, gained))
        finally:
            job.ended.set()
            with self._lock:
                self._jobs.pop((kind, context.region, name), None)
            reap(context.job_dir(name))  # nobody waits for this

    def _outcome(self, context: Context, kind: str, name: str, job: _Job) -> tuple[str, Change]:
        started = {f"{PREFIXES[kind]}StartTime": context.now()}
        record = context.store.outlast(
            lambda: context.store.update(kind, name, lambda record: record | started)
        )
        work = Work(context, kind, name, record, self._servers, job.interruption)
        try:
            job.interruption.check()
            return "Completed", _BODIES[kind](work)
        except Interrupted as interrupted:
            reason = str(interrupted)
            return "Stopped", {"FailureReason": bounded(reason)} if reason else {}
        except JobFailed as failed:
            return "Failed", {"FailureReason": bounded(str(failed))}
        except OSError as error:
            what = f"InternalServerError: {error.strerror or error}: {error.filename or work.root}"
            return "Failed", {"FailureReason": bounded(what)}
        # The border of the job: whatever went wrong in it, its record must end.
        except Exception as error:
            _write_trace(work)
            what = f"InternalServerError: the emulator could not run the job: {error!r}; see {work.log}"
            return "Failed", {"FailureReason": bounded(what)}


def create_job_runner(*, at_once: int | None = None, servers: ModelServers | None = None) -> JobRunner:
    """Return a runner of as many jobs at once as the machine has processors, but at least two.

    *servers* are those that it shares with endpoints; it ends them with itself.
    """
    return LocalJobRunner(
        at_once=at_once or max(2, os.cpu_count() or 2), servers=ModelServers() if servers is None else servers
    )


def recover(context: Context, kind: str) -> None:
    """End the jobs of *kind* that were running when the emulator last ended, without their outputs."""
    status = f"{PREFIXES[kind]}JobStatus"
    for record in context.store.list(kind):
        if record[status] in _RUNNING:
            _end(context, kind, record[f"{PREFIXES[kind]}JobName"], "Failed", {"FailureReason": RESTARTED})


def _end(context: Context, kind: str, name: str, status: str, gained: Change) -> None:
    """Put the end on record; a job that failed leaves no outputs."""
    prefix = PREFIXES[kind]
    kept = publishing.kept_in(context.job_dir(name))
    if status == "Failed":
        record = context.store.get(kind, name) or {}
        publishing.withdraw(context.s3, record.get(publishing.NOTE, []), kept)
    ended = {f"{prefix}JobStatus": status, f"{prefix}EndTime": context.now(), "_LastModified": context.now()}

    def change(record: dict[str, Any]) -> dict[str, Any]:
        record.pop(publishing.NOTE, None)
        return {**record, **gained, **ended}

    context.store.update(kind, name, change)
    publishing.drop(kept)


def _write_trace(work: Work) -> None:
    try:
        with work.log.open("a", encoding="utf-8") as log:
            traceback.print_exc(file=log)
    except OSError:
        traceback.print_exc()
