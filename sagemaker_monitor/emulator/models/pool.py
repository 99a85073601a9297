"""Running model servers: started when first asked for, shared, stopped when idle."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sagemaker_monitor.emulator.models.archive import extract
from sagemaker_monitor.emulator.models.launch import (
    LOG,
    Launch,
    Patience,
    announced,
    answered,
    free_port,
    spawn,
)

_PATIENCE = 5.0
"""Seconds that a server has to end by itself."""


@dataclass
class _Server:
    """One server process and who uses it."""

    directory: Path
    process: subprocess.Popen[bytes]
    endpoint: str
    users: int = 0
    idle_since: float = field(default_factory=time.monotonic)


class ModelServers:
    """At most one server per launch. Servers end with this process, however that ends."""

    def __init__(self, *, idle_seconds: float = 300, start_seconds: float = 60) -> None:
        self._idle_seconds = idle_seconds
        self._start_seconds = start_seconds
        self._lock = threading.Lock()
        self._starting: dict[tuple[str, ...], threading.Lock] = {}
        self._servers: dict[tuple[str, ...], _Server] = {}
        self._timer: threading.Timer | None = None
        self._clean = False

    @contextmanager
    def lease(self, launch: Launch, directory: Path, check: Callable[[], None]) -> Iterator[str]:
        """Give the endpoint of the server of *launch*, such as http://127.0.0.1:9999/invocations.

        The artifact is unpacked below *directory* while the server runs. Raises ArtifactError when it is no
        model; *check* is called while waiting, and may raise.
        """
        with self._lock:
            turn = self._starting.setdefault(launch.key, threading.Lock())
        with turn:
            server = self._take(launch.key) or self._start(launch, directory, check)
        try:
            yield server.endpoint
        finally:
            self._give_back(server)

    def shutdown(self) -> None:
        """Stop every server."""
        with self._lock:
            servers, self._servers = list(self._servers.values()), {}
            if self._timer is not None:
                self._timer.cancel()
        for server in servers:
            _stop(server)

    def stop_idle(self) -> None:
        """Stop the servers that nobody has used for the idle time."""
        now = time.monotonic()
        with self._lock:
            self._timer = None
            idle = {
                key: server
                for key, server in self._servers.items()
                if not server.users and now - server.idle_since >= self._idle_seconds
            }
            for key in idle:
                del self._servers[key]
            if any(not server.users for server in self._servers.values()):
                self._watch()
        for server in idle.values():
            _stop(server)

    def _take(self, key: tuple[str, ...]) -> _Server | None:
        with self._lock:
            server = self._servers.get(key)
            if server is None:
                return None
            if server.process.poll() is None:
                server.users += 1
                return server
            del self._servers[key]
        _stop(server)
        return None

    def _give_back(self, server: _Server) -> None:
        with self._lock:
            server.users -= 1
            server.idle_since = time.monotonic()
            if not server.users:
                self._watch()

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(self._idle_seconds, self.stop_idle)
            self._timer.daemon = True
            self._timer.start()

    def _prepare(self, directory: Path) -> None:
        with self._lock:
            if not self._clean:
                # What the servers of a killed emulator left; they ended with it.
                shutil.rmtree(directory, ignore_errors=True)
                self._clean = True
            directory.mkdir(parents=True, exist_ok=True)

    def _start(self, launch: Launch, directory: Path, check: Callable[[], None]) -> _Server:
        self._prepare(directory)
        home = Path(tempfile.mkdtemp(prefix="model-", dir=directory))
        process = None
        try:
            extract(launch.artifact.path, home / "model", name=launch.artifact.uri)
            if launch.code is not None:
                extract(launch.code.path, home / "code", name=launch.code.uri)
            port = free_port() if launch.command else None
            process = spawn(home, launch, port)
            patience = Patience(launch.artifact.uri, time.monotonic() + self._start_seconds, check)
            if port is None:
                endpoint = announced(process, home / LOG, patience)
            else:
                endpoint = answered(process, home / LOG, port, patience)
        except BaseException:
            if process is not None:
                _end(process)
            shutil.rmtree(home, ignore_errors=True)
            raise
        server = _Server(home, process, endpoint, users=1)
        with self._lock:
            self._servers[launch.key] = server
        return server


def _stop(server: _Server) -> None:
    _end(server.process)
    shutil.rmtree(server.directory, ignore_errors=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server with all that it started, which it does itself when its input ends."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
