"""What every API handler is given, and the shape of a handler."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.state import Store
from sagemaker_monitor.emulator.wire import ApiError

if TYPE_CHECKING:
    from sagemaker_monitor.emulator.hosting import Hosting
    from sagemaker_monitor.emulator.jobs import JobRunner
    from sagemaker_monitor.emulator.s3.directory import S3Directory
    from sagemaker_monitor.emulator.schedules.runner import ScheduleRunner

__all__ = ["ApiError", "Context", "Handler"]


@dataclass(frozen=True)
class Context:
    """The emulator as one request sees it: the store is the one of the request's region."""

    config: EmulatorConfig
    store: Store
    s3: S3Directory
    region: str
    account: str
    jobs: JobRunner
    hosting: Hosting
    schedules: ScheduleRunner

    def now(self) -> float:
        """Return the time as SageMaker's JSON has it: seconds since the epoch, in milliseconds."""
        return round(time.time(), 3)

    def arn(self, resource: str, name: str) -> str:
        """Return the ARN of a SageMaker resource, such as `arn("pipeline", "mortgage-register-local")`."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{resource}/{name}"

    def job_dir(self, name: str) -> Path:
        """Return the directory of the job called *name*; it is not created here."""
        return self.config.state_dir / "jobs" / self.region / name

    def in_region(self, region: str) -> Context:
        """Return the same emulator as seen from *region*."""
        return replace(self, region=region, store=self.store.scoped(region))


Handler = Callable[[Context, dict[str, Any]], dict[str, Any]]
"""One operation: the validated request in, the response out. Times are epoch seconds. Raises ApiError."""
