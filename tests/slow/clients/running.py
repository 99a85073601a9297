"""Runs a flow as a notebook would: a program of its own, in the client's environment, against an emulator.

A flow is a program `flows/with_<client>/<flow>.py` (or `.sh`) that imports nothing of this project. It is
called with the folder of recorded data and the name of a bucket that it may make, knows of the emulator by
AWS_ENDPOINT_URL, credentials and a region alone, with an SDK by what `local env` exports, and prints as its
last line a JSON object: what it found, and under `laps` the seconds that its parts took, and that its imports
computed.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.speed.environments import Peer, python_of
from sagemaker_monitor.emulator.client_environment import environment_of
from sagemaker_monitor.emulator.lifecycle import Status

FLOWS = Path(__file__).parent / "flows"
REGION = "us-east-1"
LONGEST = 300.0
CLIENTS = {
    "boto3": Peer("boto3-1.44.5", ("boto3==1.44.5",)),
    "awscli": Peer("awscli-1.46.3", ("awscli==1.46.3",)),
    "sdk_v2": Peer("sagemaker-2.257.7", ("sagemaker==2.257.7",)),
    "sdk_v3": Peer("sagemaker-3.27.0", ("sagemaker==3.27.0",)),
}


class FlowError(Exception):
    """A flow broke off, or its client cannot be installed; the message is the end of what it said."""


@dataclass(frozen=True)
class Ran:
    """What one flow found, the seconds it took, and what it said.

    *laps* are seconds by part, *cpu* those that the client's own processes computed.
    """

    client: str
    flow: str
    wall: float
    cpu: float
    laps: dict[str, float]
    found: dict[str, Any] = field(repr=False)
    said: str = field(repr=False)


def programs() -> list[Path]:
    """Return every flow of every client."""
    return sorted(path for path in FLOWS.glob("with_*/*") if path.suffix in (".py", ".sh"))


def client_of(program: Path) -> str:
    """Return the client that a flow is written for."""
    return program.parent.name.removeprefix("with_")


def home() -> Path:
    """Return where the clients' environments are kept, outside of any working copy."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "sagemaker-monitor" / "clients"


def python_for(client: str) -> Path:
    """Return the interpreter of a client's environment, made if need be. Raises FlowError."""
    python = python_of(CLIENTS[client], home())
    if isinstance(python, str):
        raise FlowError(f"{client} is {python}")
    return python


def variables(client: str, emulator: Status) -> dict[str, str]:
    """Return what a client knows of the emulator: with an SDK what `local env` exports."""
    assert emulator.url is not None
    exported = environment_of(emulator.url, REGION, emulator.state_dir)
    plain = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    return exported if client.startswith("sdk") else {name: exported[name] for name in plain}


def run(program: Path, emulator: Status, data: Path, folder: Path) -> Ran:
    """Run a flow against a running emulator, in *folder*, which is empty. Raises FlowError."""
    client, flow = client_of(program), program.stem
    python = python_for(client)
    _wait_for_the_hour()
    bucket = f"{client}-{flow}".replace("_", "-")
    environment = {
        **variables(client, emulator),
        "HOME": str(folder),
        "PATH": os.pathsep.join([str(python.parent), os.environ.get("PATH", "")]),
        "PYTHONPATH": str(FLOWS),
    }
    interpreter = [str(python)] if program.suffix == ".py" else ["sh"]
    command = [*interpreter, str(program.resolve()), str(data), bucket]
    began, before = time.perf_counter(), _computed()
    with (folder / "stdout").open("w") as out, (folder / "stderr").open("w") as errors:
        try:
            code = subprocess.run(
                command, cwd=folder, env=environment, stdout=out, stderr=errors, timeout=LONGEST, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1
    wall, cpu = time.perf_counter() - began, _computed() - before
    said = (folder / "stdout").read_text() + (folder / "stderr").read_text()
    if code:
        raise FlowError(f"{client} {flow} ended with {code} after {wall:.0f} s:\n{said[-4000:]}")
    found = json.loads((folder / "stdout").read_text().splitlines()[-1])
    return Ran(client, flow, wall, cpu, found.pop("laps"), found, said)


def _wait_for_the_hour() -> None:
    """Begin no flow in the last two minutes of an hour: a schedule looks at the hour that it is made in."""
    now = datetime.now(UTC)
    if now.minute >= 58:
        time.sleep(3600 - now.minute * 60 - now.second)


def _computed() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
