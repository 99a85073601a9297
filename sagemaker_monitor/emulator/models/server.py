"""Serve one model over HTTP: GET /ping, POST /invocations."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.exchange import RequestError, Served

MAX_REQUEST_BYTES = 100 * 1024**2
# XGBoost imports these when they are there: two thirds of a start, for nothing that serving uses.
UNUSED = ("pandas", "pyarrow", "sklearn")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, host: str, port: int, model: Served) -> None:
        super().__init__((host, port), _Handler)
        self.model = model


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    # One packet per answer, at once: headers and body written apart wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 300

    def do_GET(self) -> None:
        """Answer the health check."""
        self._send(200 if self.path == "/ping" else 404, b"")

    def do_POST(self) -> None:
        """Answer a request for predictions."""
        try:
            body = self._body()
            if self.path != "/invocations":
                raise RequestError(404, f"no such path {self.path[:100]!r}; there are /ping and /invocations")
            if not body:
                self._send(204, b"")
                return
            content_type, accept = self.headers.get("Content-Type", ""), self.headers.get("Accept", "")
            answer = self.server.model.answer(content_type, accept, body)
        except RequestError as error:
            self._send(error.status, f"{error}\n".encode(), "text/plain; charset=utf-8")
        else:
            self._send(200, answer.body, answer.content_type)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close_connection = True
            raise RequestError(411, "the request has no Content-Length")
        if int(length) > MAX_REQUEST_BYTES:
            self.close_connection = True
            raise RequestError(413, f"the request has {length} bytes; at most {MAX_REQUEST_BYTES} are read")
        return self.rfile.read(int(length))

    def _send(self, status: int, body: bytes, content_type: str = "text/plain") -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: requests carry rows."""


def _xgboost(directory: Path) -> Served:
    for name in UNUSED:
        sys.modules[name] = None  # type: ignore[assignment]
    from sagemaker_monitor.emulator.models.booster import load
    from sagemaker_monitor.emulator.models.scoring import Scorer

    return Scorer(load(directory), os.environ)


def _linear_learner(directory: Path) -> Served:
    from sagemaker_monitor.emulator.models.linear_learner import LinearLearner
    from sagemaker_monitor.emulator.models.linear_learner_artifact import load

    return LinearLearner(load(directory))


def _scikit_learn(directory: Path) -> Served:
    from sagemaker_monitor.emulator.models.script_model import scikit_learn, serve

    return serve(scikit_learn(), directory, dict(os.environ))


def _xgboost_script(directory: Path) -> Served:
    from sagemaker_monitor.emulator.models.script_model import serve, xgboost

    return serve(xgboost(), directory, dict(os.environ))


# Each imports what it needs when it is chosen: libraries take most of a start.
KINDS: dict[str, Callable[[Path], Served]] = {
    "xgboost": _xgboost,
    "xgboost-script": _xgboost_script,
    "linear-learner": _linear_learner,
    "scikit-learn": _scikit_learn,
}


def main(arguments: list[str] | None = None) -> int:
    """Serve until standard input ends; say on standard output where, or why not, as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=sorted(KINDS), required=True, help="what wrote the artifact")
    parser.add_argument("--model-dir", type=Path, required=True, help="the unpacked model.tar.gz")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    tell = _keep_standard_output()
    # Before the model is loaded: a script may take for ever.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        server = _Server(options.host, options.port, KINDS[options.kind](options.model_dir))
    except (ArtifactError, OSError) as error:
        tell({"error": str(error)})
        return 1
    tell({"port": server.server_address[1]})
    server.serve_forever()
    return 0


def _keep_standard_output() -> Callable[[dict[str, object]], None]:
    """Return what writes a line to standard output; from now on what scripts print goes to the log."""
    ours = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(document: dict[str, object]) -> None:
        print(json.dumps(document), file=ours, flush=True)

    return tell


def _end_with_parent() -> None:
    """Exit when standard input ends: the emulator holds its other end, so it ends with the emulator."""
    while os.read(0, 4096):
        pass
    if os.getpgrp() == os.getpid():  # what the model's script started goes with it
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
