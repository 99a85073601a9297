"""A running emulator, reached over HTTP by the clients that everybody uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.jobs.images import Registry
from sagemaker_monitor.emulator.server import Server

REGION = "us-east-1"


@dataclass
class RunningEmulator:
    """One emulator of the tests: its address, its clients, its directories, and its inside."""

    server: Server
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The endpoint."""
        return self.server.url

    @property
    def state_dir(self) -> Path:
        """Where it keeps its state."""
        return self.server.config.state_dir

    @property
    def s3_root(self) -> Path:
        """The directory whose directories are buckets."""
        return self.state_dir / "s3"

    @property
    def context(self) -> Context:
        """What handlers are given."""
        return self.server.context

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a boto3 client; one per service and region, closed with the emulator."""
        if (service, region) not in self._clients:
            session: Any = boto3.Session()
            self._clients[service, region] = session.client(
                service,
                endpoint_url=self.url,
                region_name=region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 0}),
            )
        return self._clients[service, region]

    def close(self) -> None:
        """Close the clients and stop the emulator."""
        for client in self._clients.values():
            client.close()
        self.server.stop()


def with_image(folder: Path, image: str, program: str) -> RunningEmulator:
    """Start an emulator, with its state in *folder*, that runs *program* where *image* is asked for."""
    (folder / "program.py").write_text(program)
    images = Registry().add(f"{image}=python program.py", folder)
    return RunningEmulator(Server(EmulatorConfig(folder / "state", port=0, images=images)).start())


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """Run an emulator on a free port, with a state directory of its own."""
    config = EmulatorConfig(tmp_path_factory.mktemp("emulator"), port=0)
    running = RunningEmulator(Server(config).start())
    yield running
    running.close()
