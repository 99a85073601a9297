"""The seam between the API and whatever runs processing and transform jobs.

`runner.py` of this package provides `create_job_runner() -> JobRunner`; the server calls it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sagemaker_monitor.emulator.api.context import Context


class JobRunner(Protocol):
    """Runs the jobs whose records already stand in the store, and keeps those records up to date.

    Records are the store's kinds "processing-job", "training-job" and "transform-job", keyed by job name. The
    context is that of the request which created the job: its region scopes the store and the job's directory.
    """

    def start_processing(self, context: Context, name: str) -> None:
        """Start the processing job called *name*; return at once."""

    def start_transform(self, context: Context, name: str) -> None:
        """Start the transform job called *name*; return at once."""

    def start_training(self, context: Context, name: str) -> None:
        """Start the training job called *name*; return at once."""

    def wait(self, context: Context, kind: str, name: str) -> dict[str, Any]:
        """Block until the job of *kind*, such as "processing-job", ended; return its record."""

    def stop(self, context: Context, kind: str, name: str) -> None:
        """Ask the job to stop; it ends Stopped soon. A job that already ended is left alone."""

    def shutdown(self) -> None:
        """Kill every child process and join every thread of ours."""
