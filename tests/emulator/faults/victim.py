"""An emulator as a process that is killed: started, killed, looked at."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from sagemaker_monitor.emulator.lifecycle import health
from tests.emulator.hosting.conftest import SCALES

ROOT = Path(__file__).parents[3]
REGION = "us-east-1"
TRAIN = """
import os, pathlib, time
root = pathlib.Path(os.environ["SAGEMAKER_MONITOR_ROOT"])
for number in range(20):
    (root / f"output/data/{number}.txt").write_text("trained" * 1000)
    time.sleep(0.01)
(root / "model/weight.txt").write_text("2")
"""


class Victim:
    """One state directory, the process that uses it now, and clients that outlive each process."""

    def __init__(self, folder: Path) -> None:
        """Prepare; `start` starts. *folder* has the state and what its images run."""
        self.folder, self.state_dir = folder, folder / "state"
        self.process: subprocess.Popen[bytes] | None = None
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        session: Any = boto3.Session("test", "test", region_name=REGION)
        config = Config(
            retries={"max_attempts": 0}, connect_timeout=5, read_timeout=60, max_pool_connections=30
        )
        self.clients = {
            name: session.client(name, endpoint_url=self.url, config=config)
            for name in ("sagemaker", "sagemaker-runtime", "s3")
        }
        (folder / "scales.py").write_text(SCALES)
        (folder / "train.py").write_text(TRAIN)

    def start(self) -> float:
        """Start the emulator; return how many seconds it took until it answered."""
        command = [sys.executable, "-m", "sagemaker_monitor.emulator", "--state-dir", str(self.state_dir)]
        command += ["--port", str(self.port)]
        command += ["--image", f"team/scales={sys.executable} {self.folder / 'scales.py'}"]
        command += ["--image", f"team/train={sys.executable} {self.folder / 'train.py'}"]
        began = time.monotonic()
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
        while time.monotonic() - began < 30:
            assert self.process.poll() is None, self.log()[-2000:]
            if health(self.url) is not None:
                return time.monotonic() - began
            time.sleep(0.01)
        raise AssertionError(f"the emulator did not start: {self.log()[-2000:]}")

    def kill(self) -> None:
        """Kill it as nobody should, and wait until it is gone."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def end(self) -> None:
        """Stop whatever runs."""
        if self.process is not None:
            self.kill()
        for client in self.clients.values():
            client.close()

    def log(self) -> str:
        """Return what it wrote."""
        return (self.folder / "server.log").read_text(errors="replace")

    def children(self) -> list[str]:
        """Return the command lines of processes that work below the state directory."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if not entry.name.isdigit() or not os.readlink(entry / "cwd").startswith(str(self.state_dir)):
                    continue
                if entry.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found.append(f"{entry.name} {entry.joinpath('cmdline').read_bytes()[:200]!r}")
            except OSError:
                continue
        return found

    def await_no_children(self, patience: float = 10.0) -> None:
        """Wait until every child has ended; fail when one lives on."""
        until = time.monotonic() + patience
        while left := self.children():
            assert time.monotonic() < until, f"processes outlive the emulator: {left}"
            time.sleep(0.02)
