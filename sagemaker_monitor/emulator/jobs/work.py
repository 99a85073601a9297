"""What the body of a job is given."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs.interruption import Interruption
from sagemaker_monitor.emulator.jobs.staging import Upload, publish
from sagemaker_monitor.emulator.models.pool import ModelServers


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

    def finish(self, uploads: list[Upload], *staged: Path) -> None:
        """Put the outputs in S3, all or none, unless the job was stopped; drop the *staged* directories.

        What is about to appear stands in the record meanwhile, so that after a crash a half-published
        output can be taken back.
        """
        self.interruption.check()
        new = [upload.uri for upload in uploads if not self.context.s3.exists(upload.uri)]
        self._note(new)
        publish(self.context.s3, uploads)
        self._note(None)
        # S3 has all of it now; a job that failed keeps them, to look into.
        for directory in (self.root / "tmp", *staged):
            shutil.rmtree(directory, ignore_errors=True)

    def _note(self, uris: list[str] | None) -> None:
        def change(record: dict[str, Any]) -> None:
            record.pop("_Publishing", None)
            if uris:
                record["_Publishing"] = uris

        self.context.store.update(self.kind, self.name, change)
