"""A container's directory, a model server on loopback, and the process between them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sagemaker_monitor.analysis.container.__main__ import main

REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Finished:
    """A container that has ended."""

    code: int
    message: str
    log: str
    output: Path

    def document(self, name: str) -> Any:
        """The JSON document called *name* in the output."""
        return json.loads((self.output / name).read_text())

    @property
    def files(self) -> list[str]:
        """The names of all files of the output."""
        return sorted(each.name for each in self.output.iterdir()) if self.output.exists() else []


@dataclass(frozen=True)
class Container:
    """An analysis container's directory, laid out as /opt/ml."""

    root: Path

    def add(self, name: str, content: str | bytes, *, input_name: str = "data") -> Container:
        """Put a file of the dataset, or of another input, in place."""
        file = self.root / "processing" / "input" / input_name / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def run(
        self,
        config: dict[str, Any] | str,
        *,
        endpoint: str = "",
        baseline: str | None = None,
        own_process: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run the container, in this process, which is faster, or one of its own, as jobs do."""
        file = self.root / "processing" / "input" / "config" / "analysis_config.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(config if isinstance(config, str) else json.dumps(config))
        environment = {
            "SAGEMAKER_MONITOR_ROOT": str(self.root),
            "SAGEMAKER_MONITOR_SHADOW_ENDPOINT": endpoint,
            **(variables or {}),
        }
        if baseline is not None:
            place = self.root / "processing" / "baseline" / "analysis.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(baseline)
            environment["baseline_constraints"] = "/opt/ml/processing/baseline/analysis.json"
        code, log = (_in_own_process if own_process else _in_this_process)(environment)
        message = (self.root / "output" / "message").read_text()
        return Finished(code, message, log, self.root / "processing" / "output")


def _in_this_process(environment: dict[str, str]) -> tuple[int, str]:
    with redirect_stdout(io.StringIO()) as log, redirect_stderr(log):
        code = main(["clarify"], environment)
    return code, log.getvalue()


def _in_own_process(environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "sagemaker_monitor.analysis.container", "clarify"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def container(tmp_path: Path) -> Container:
    """An empty container directory."""
    (tmp_path / "ml" / "processing" / "input" / "data").mkdir(parents=True)
    return Container(tmp_path / "ml")


Model = Callable[[list[list[str]]], Sequence[object]]
Responder = Callable[[bytes], bytes]


@dataclass
class ModelServer:
    """A model behind /invocations, and what it was asked."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def requests(self) -> list[list[list[str]]]:
        """The cells of each request in CSV."""
        return [_cells(body) for body in self.bodies]


def _cells(body: bytes) -> list[list[str]]:
    return [line.split(",") for line in body.decode().splitlines()]


def serve(model: Model, status: int = 200) -> AbstractContextManager[ModelServer]:
    """Serve *model*, a function from rows of cells to one answer for each, over HTTP."""
    return respond(lambda body: "".join(f"{each}\n" for each in model(_cells(body))).encode(), status)


@contextmanager
def respond(
    responder: Responder, status: int = 200, *, requests_per_connection: int = 0
) -> Iterator[ModelServer]:
    """Serve *responder*, a function from a request's body to the answer's, over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            server.connections += 1
            self.asked = 0

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.asked += 1
            if self.asked > requests_per_connection > 0:
                self.close_connection = True
                return
            server.bodies.append(body)
            server.headers.append(dict(self.headers))
            answer = responder(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = ModelServer(f"http://127.0.0.1:{http.server_port}/invocations")
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
