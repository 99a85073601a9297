"""What the body of a job is given."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs import publishing
from sagemaker_monitor.emulator.jobs.interruption import Interruption
from sagemaker_monitor.emulator.jobs.staging import Upload
from sagemaker_monitor.emulator.models.pool import ModelServers


def entered(record: dict[str, Any], secondary: str, now: float) -> dict[str, Any]:
    """Return a job's record with one more secondary status, and when it began."""
    return {**record, "_Transitions": [*record.get("_Transitions", []), [secondary, now]]}


@dataclass(frozen=True)
class Work:
    """One running job: its record, its directory, and what it shares with the others."""

    context: Context
    kind: str
    name: str
    record: dict[str, Any]
    servers: ModelServers
    interruption: Interruption

    @property
    def root(self) -> Path:
        """The directory that stands for the container's /opt/ml."""
        return self.context.job_dir(self.name)

    @property
    def log(self) -> Path:
        """Where the container's output goes."""
        return self.root / "log.txt"

    @property
    def servers_dir(self) -> Path:
        """Where model servers unpack artifacts."""
        return self.context.config.state_dir / "models"

    def prepare(self) -> None:
        """Make the job's directory anew."""
        shutil.rmtree(self.root, ignore_errors=True)
        (self.root / "output").mkdir(parents=True)
        self.log.touch()

    def enter(self, secondary: str) -> None:
        """Note that the job has come to this secondary status."""
        self.context.store.update(
            self.kind, self.name, lambda record: entered(record, secondary, self.context.now())
        )

    def finish(self, uploads: list[Upload], *staged: Path, stopped: bool = False) -> None:
        """Put the outputs in S3, all or none, and drop the *staged* directories; also *stopped*.

        What appears stands in the record until the job's end does, so that after a kill it can be taken back.
        """
        if not stopped:
            self.interruption.check()
        kept = publishing.kept_in(self.root)
        found = publishing.appearances(self.context.s3, uploads, kept)
        self.context.store.update(self.kind, self.name, lambda record: {**record, publishing.NOTE: found})
        publishing.publish(self.context.s3, uploads)
        # S3 has all of it now; a job that failed keeps them, to look into.
        for directory in (self.root / "tmp", *staged):
            shutil.rmtree(directory, ignore_errors=True)

    def settle(self) -> None:
        """Let what has appeared in S3 stay, however the job ends."""
        self.context.store.update(
            self.kind, self.name, lambda record: {k: v for k, v in record.items() if k != publishing.NOTE}
        )
        publishing.drop(publishing.kept_in(self.root))
