"""The emulator as a process of its own, from start to reset."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sagemaker_monitor.cli.main import main
from tests.operations.emulated import CONF

Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Local:
    """A configuration with a port of its own, and a state directory."""

    conf: Path
    state: Path
    port: int

    def __call__(self, *words: str) -> int:
        """Run a command of the group `local`."""
        return main(["local", *words, "--conf-dir", str(self.conf), "--state-dir", str(self.state)])


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    """A `local` that does not run yet, and does not run afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shutil.copytree(CONF, tmp_path / "conf")
    path = tmp_path / "conf" / "environments" / "local.yaml"
    path.write_text(path.read_text().replace(":4780", f":{port}"))
    found = Local(tmp_path / "conf", tmp_path / "state", port)
    yield found
    found("down")


def test_up_is_ready_for_upsert_and_twice_is_once(local: Local, capsys: Capture) -> None:
    """It prints the endpoint, creates the bucket once, and a second up leaves the running one alone."""
    assert local("up") == 0
    first = capsys.readouterr()
    assert local("up") == 0
    second = capsys.readouterr()

    assert first.out == second.out == f"http://127.0.0.1:{local.port}\n"
    assert "created bucket sagemaker-monitor-local" in first.err
    assert "created bucket" not in second.err


def test_status_says_whether_it_runs(local: Local, capsys: Capture) -> None:
    """Exit code 3 while it does not run, 0 while it does, and JSON on demand; so does what clients need."""
    assert local("status") == 3
    assert local("env") == 3
    assert "no emulator runs with its state in" in capsys.readouterr().err
    local("up")
    capsys.readouterr()

    assert local("status", "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["running"], document["url"]) == (True, f"http://127.0.0.1:{local.port}")

    assert local("env") == 0
    exports = capsys.readouterr().out.splitlines()
    assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{local.port}" in exports
    assert f"export AWS_CA_BUNDLE={local.state.resolve()}/ca.pem" in exports
    assert (local.state / "ca.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_the_image_that_monitors_is_the_analysis_here(local: Local, capsys: Capture) -> None:
    """Up runs this project's analysis for the environment's images.monitor, unless a command is given."""
    path = local.conf / "environments" / "local.yaml"
    path.write_text(f"{path.read_text()}images: {{monitor: 'team/watch:1.0', texts: 'texts:1'}}\n")
    words = "team/watch=python -m sagemaker_monitor.analysis.container"
    for options, expected in (((), words), (("--image", "team/watch=run me"), "team/watch=run me")):
        assert local("up", *options) == 0
        told = capsys.readouterr().err
        assert "images.texts does not run here: give --image texts=COMMAND for its jobs" in told
        assert "images.monitor does not run" not in told
        assert local("status", "--format", "json") == 0

        assert json.loads(capsys.readouterr().out)["images"] == [expected]
        local("down")


def test_down_keeps_the_state_and_reset_deletes_it(local: Local, capsys: Capture) -> None:
    """After down the directory is there, after reset of a running one it is gone; both can be repeated."""
    local("up")
    assert local("down") == 0
    assert local("down") == 0
    assert (local.state / "s3" / "sagemaker-monitor-local").is_dir()

    local("up")
    assert local("reset") == 0
    assert local("reset") == 0
    assert not local.state.exists()


def test_reset_never_deletes_what_is_not_an_emulators(local: Local, capsys: Capture) -> None:
    """A directory of somebody's files stays."""
    local.state.mkdir()
    (local.state / "thesis.txt").write_text("years of work")

    assert local("reset") == 3
    assert (local.state / "thesis.txt").exists()
    assert "is not an emulator's state; nothing was deleted" in capsys.readouterr().err


@pytest.mark.long
def test_a_port_in_use_is_told(local: Local, capsys: Capture) -> None:
    """Somebody else listens there: exit code 3, and the port is named."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", local.port))
        taken.listen()

        assert local("up") == 3

    told = capsys.readouterr().err
    assert str(local.port) in told
    assert "Traceback" not in told


def test_another_environment_is_no_emulator(local: Local, capsys: Capture) -> None:
    """Only `local` can be started."""
    assert local("up", "--env", "prod") == 2
    assert "the emulator is the environment 'local'" in capsys.readouterr().err
