"""Which log groups and streams the emulator has of its own: those of jobs and of registered functions.

They are called as on AWS. Nothing is copied: a stream is a log file, there while it is written, and after a
restart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs.job_log import Event, read_forward
from sagemaker_monitor.emulator.jobs.records import PREFIXES

JOBS = {
    "/aws/sagemaker/ProcessingJobs": "processing-job",
    "/aws/sagemaker/TrainingJobs": "training-job",
    "/aws/sagemaker/TransformJobs": "transform-job",
}
"""Group to the kind of job whose logs it has."""
FUNCTIONS = "/aws/lambda/"
ROOTS = ("/aws/sagemaker", FUNCTIONS)


@dataclass(frozen=True)
class Stream:
    """The log of one job, or of one invocation of a function."""

    group: str
    name: str
    log: Path
    created: int
    """When it was begun, in milliseconds."""
    growing: bool
    """Whether it is still written."""

    def events(self, offset: int = 0) -> Iterator[Event]:
        """Yield the events from *offset* on."""
        return read_forward(self.log, offset, growing=self.growing)


def groups(context: Context) -> list[str]:
    """Return the groups in which something was logged, by name."""
    called = _functions(context)
    named = [f"{FUNCTIONS}{folder.name}" for folder in (called.iterdir() if called.is_dir() else ())]
    return [group for group in sorted([*JOBS, *named]) if any(streams(context, group))]


def streams(context: Context, group: object, prefix: str = "") -> Iterator[Stream]:
    """Yield the streams of *group*; of jobs those whose name begins with *prefix*."""
    if group in JOBS:
        yield from _of_jobs(context, str(group), prefix)
    elif isinstance(group, str) and group.startswith(FUNCTIONS):
        yield from _of_function(context, group)


def _of_jobs(context: Context, group: str, prefix: str) -> Iterator[Stream]:
    kind = JOBS[group]
    field = PREFIXES[kind]
    for record in context.store.list(kind, prefix=prefix):
        job, started = record[f"{field}JobName"], record.get(f"{field}StartTime")
        log = context.job_dir(job) / "log.txt"
        if started is not None and log.is_file():
            name = f"{job}/{_host(kind, job)}-{int(started)}"
            growing = record[f"{field}JobStatus"] in ("InProgress", "Stopping")
            yield Stream(group, name, log, int(started * 1000), growing)


def _of_function(context: Context, group: str) -> Iterator[Stream]:
    name = group.removeprefix(FUNCTIONS)
    if not name or "/" in name or name.startswith("."):
        return
    for log in sorted((_functions(context) / name).glob("*/log.txt")):
        calling = log.with_name("event.json").exists()
        yield Stream(group, log.parent.name, log, int(log.parent.stat().st_ctime * 1000), calling)


def _functions(context: Context) -> Path:
    return context.config.state_dir / "functions" / context.region


def _host(kind: str, job: str) -> str:
    """Return what a stream's name calls the machine: a job's host, a transform's instance."""
    return "algo-1" if kind != "transform-job" else f"i-{hashlib.sha256(job.encode()).hexdigest()[:17]}"
