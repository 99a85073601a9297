"""What a model's script or command started ends with its server."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.models.launch import Launch
from sagemaker_monitor.emulator.models.pool import ModelServers
from tests.emulator.jobs.test_processing_jobs import await_end
from tests.emulator.models.servers import stored

pytestmark = pytest.mark.long

HANGS = """
import os, subprocess, time

def model_fn(model_dir):
    child = subprocess.Popen(["sleep", "600"])
    with open(os.environ["NOTES"], "w") as notes:
        notes.write(f"{os.getpid()} {child.pid}\\n")
    time.sleep(600)
"""
SERVES = """
import http.server, os, subprocess

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

child = subprocess.Popen(["sleep", "600"])
with open(os.environ["NOTES"], "w") as notes:
    notes.write(f"{os.getpid()} {child.pid}\\n")
http.server.HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


class _Enough(Exception):  # noqa: N818 - not an error
    pass


def _pids(notes: Path) -> list[int]:
    text = notes.read_text() if notes.exists() else ""
    return [int(each) for each in text.split()] if text.endswith("\n") else []


def test_a_script_that_never_loads_ends_with_what_it_started(tmp_path: Path) -> None:
    """A lease that is given up while the model loads leaves neither the server nor its child."""
    notes = tmp_path / "notes"
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "NOTES": str(notes),
    }
    launch = Launch(stored(tmp_path, {"code/inference.py": HANGS}), "scikit-learn", environment)

    def check() -> None:
        if _pids(notes):
            raise _Enough

    pool = ModelServers()
    with pytest.raises(_Enough), pool.lease(launch, tmp_path / "servers", check):
        pass
    pool.shutdown()

    for pid in _pids(notes):
        await_end(pid)
    assert len(_pids(notes)) == 2


def test_a_command_that_serves_ends_with_what_it_started(tmp_path: Path) -> None:
    """Stopping the server of an image of one's own ends the command and its child."""
    notes, program = tmp_path / "notes", tmp_path / "serve.py"
    program.write_text(SERVES)
    command = (sys.executable, str(program))
    launch = Launch(stored(tmp_path, {"x": b""}), "command", {"NOTES": str(notes)}, None, command)
    pool = ModelServers()
    with pool.lease(launch, tmp_path / "servers", lambda: None):
        for pid in _pids(notes):
            os.kill(pid, 0)
    started = time.monotonic()
    pool.shutdown()

    assert time.monotonic() - started < 4
    assert len(_pids(notes)) == 2
    for pid in _pids(notes):
        await_end(pid)
