"""Start one model server as a child process, and wait until it answers."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sagemaker_monitor.emulator.jobs.container import Container
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.s3.directory import StoredObject

LOG = "log.txt"
SCRIPTS = ("scikit-learn", "xgboost-script")
"""The kinds of model that are served through a script of the model's own."""
MODEL_DIR = "/opt/ml/model"
_PACKAGE_PARENT = str(Path(__file__).parents[3])
_SERVER = "sagemaker_monitor.emulator.models.server"
_GUARD = str(Path(__file__).parents[1] / "jobs" / "guard.py")


@dataclass(frozen=True)
class Launch:
    """What a model server is started for.

    An artifact, and the kind of model that `server` reads it as, or a *command* that serves in its place;
    the container's environment, and the archive of a script that is not in the artifact.
    """

    artifact: StoredObject
    kind: str
    environment: Mapping[str, str] = field(default_factory=dict)
    code: StoredObject | None = None
    command: tuple[str, ...] = ()

    @property
    def runs_code(self) -> bool:
        """Whether a script or command of the model's own runs, which may expect /opt/ml."""
        return bool(self.command) or self.kind in SCRIPTS

    @property
    def key(self) -> tuple[str, ...]:
        """What two launches have in common that one server can answer for."""
        code = self.code.etag if self.code else ""
        own = sorted(f"{name}={value}" for name, value in self.environment.items())
        return (self.artifact.etag, self.kind, code, *self.command, "", *own)


@dataclass(frozen=True)
class Patience:
    """How long to wait for the server of the artifact *name*: until *deadline*, calling *check*."""

    name: str
    deadline: float
    check: Callable[[], None]

    def spend(self, seconds: float) -> None:
        """Check, and wait *seconds*; raise ArtifactError when there is no more time."""
        self.check()
        if time.monotonic() > self.deadline:
            raise ArtifactError(f"the server of {self.name} was not ready in time")
        time.sleep(seconds)


def spawn(home: Path, launch: Launch, port: int | None) -> subprocess.Popen[bytes]:
    """Start the server in *home*, which stands for /opt/ml; a command is told the *port* to listen on.

    Nothing of the emulator's own environment gets in but PATH and the language.
    """
    environ = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    environ |= {"HOME": str(home), "PYTHONUNBUFFERED": "1"}
    if launch.runs_code:
        container = Container.of(home)
        code = {"SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/code"} if launch.code is not None else {}
        own = {"SM_MODEL_DIR": MODEL_DIR, **launch.environment, **code}
        environ |= container.environment(own)
        command = container.command([*launch.command, "serve"] if port else _server(launch.kind, MODEL_DIR))
    else:
        environ |= launch.environment
        command = _server(launch.kind, str(home / "model"))
    if port is None:
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, [environ.get("PYTHONPATH"), _PACKAGE_PARENT]))
    else:
        environ |= {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_MONITOR_ROOT": str(home)}
        command = [sys.executable, "-I", "-S", _GUARD, *command]
    with (home / LOG).open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log if port else subprocess.PIPE,
            stderr=log,
            cwd=home,
            env=environ,
            start_new_session=True,
        )


def _server(kind: str, model_dir: str) -> list[str]:
    return [sys.executable, "-m", _SERVER, "--kind", kind, "--model-dir", model_dir]


def announced(process: subprocess.Popen[bytes], log: Path, patience: Patience) -> str:
    """Return the endpoint that a server of ours tells once its model is loaded and it listens."""
    assert process.stdout is not None
    while not select.select([process.stdout], [], [], 0.2)[0]:
        patience.spend(0)
    line = process.stdout.readline()
    answer = json.loads(line) if line else {"error": _ended(process, log)}
    if "error" in answer:
        raise ArtifactError(f"{patience.name} cannot be served: {answer['error']}")
    return f"http://127.0.0.1:{answer['port']}/invocations"


def answered(process: subprocess.Popen[bytes], log: Path, port: int, patience: Patience) -> str:
    """Return the endpoint of a command's server once its /ping answers 200."""
    while not _ping(port):
        if process.poll() is not None:
            raise ArtifactError(f"{patience.name} cannot be served: {_ended(process, log)}")
        patience.spend(0.1)
    return f"http://127.0.0.1:{port}/invocations"


def free_port() -> int:
    """Return a port of loopback that nobody listened on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _ping(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False


def _ended(process: subprocess.Popen[bytes], log: Path) -> str:
    """Say how a server ended, with its last words."""
    words = log.read_bytes()[-2000:].decode("utf-8", "replace").strip().splitlines()
    told = f": {words[-1][:300]}" if words else ""
    return f"its server ended with exit code {process.wait()}{told}"
