"""Where one emulator listens, whom it claims to be, and where it keeps its state."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sagemaker_monitor.emulator.functions.registry import Functions
from sagemaker_monitor.emulator.jobs.images import Registry

DEFAULT_PORT = 4780


@dataclass(frozen=True)
class EmulatorConfig:
    """Settings of one emulator process; port 0 means any free port. *images* are run beside AWS's own.

    With *fire_on_creation* every monitoring schedule runs once when it is made: nobody waits for the hour.
    """

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    account: str = "000000000000"
    default_region: str = "us-east-1"
    images: Registry = field(default_factory=Registry)
    fire_on_creation: bool = False
    functions: Functions = field(default_factory=Functions)

    @property
    def url(self) -> str:
        """The endpoint that clients use; meaningful once the port is not 0."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"
