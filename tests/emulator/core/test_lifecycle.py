"""The emulator as a process: up, down, status, reset, a kill, a restart."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from sagemaker_monitor.emulator import lifecycle
from sagemaker_monitor.emulator.__main__ import main
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.jobs.images import Registry
from sagemaker_monitor.emulator.lifecycle import LifecycleError

ROLE = "arn:aws:iam::000000000000:role/execution"


@pytest.fixture
def config(tmp_path: Path) -> Iterator[EmulatorConfig]:
    """Return a configuration whose emulator is stopped at the end."""
    yield EmulatorConfig(tmp_path / "state", port=0)
    lifecycle.down(tmp_path / "state")


def _client(service: str, url: str | None) -> Any:
    session: Any = boto3.Session()
    return session.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_up_is_idempotent_and_down_too(config: EmulatorConfig) -> None:
    """A second `up` finds the first one's process; a second `down` finds none."""
    first = lifecycle.up(config)
    second = lifecycle.up(config)

    assert (first.running, first.pid, first.url) == (True, second.pid, second.url)
    assert lifecycle.status(config.state_dir).counts["model"] == 0
    assert lifecycle.down(config.state_dir)
    assert not lifecycle.status(config.state_dir).running
    assert not lifecycle.down(config.state_dir)


def test_the_process_has_the_registered_images(config: EmulatorConfig) -> None:
    """Commands for images reach the process; another `up` with other commands is refused, none is not."""
    registered = replace(config, images=Registry({"scorer": ("run", "two words")}))

    assert lifecycle.up(registered).images == ("scorer=run 'two words'",)
    assert lifecycle.up(registered).running
    assert lifecycle.up(config).running
    with pytest.raises(LifecycleError, match=r"other commands for images \(scorer=run 'two words'\); stop"):
        lifecycle.up(replace(config, images=Registry({"scorer": ("other",)})))


def test_state_outlives_a_kill(config: EmulatorConfig) -> None:
    """After kill -9 the next emulator has every model and object, and no file of the dead one misleads."""
    running = lifecycle.up(config)
    s3, sagemaker = _client("s3", running.url), _client("sagemaker", running.url)
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="a/b", Body=b"bytes", ContentType="text/csv")
    upload = s3.create_multipart_upload(Bucket="kept", Key="parts")["UploadId"]
    where = {"Bucket": "kept", "Key": "parts", "UploadId": upload}
    etag = s3.upload_part(**where, PartNumber=1, Body=b"part")["ETag"]
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"}, ExecutionRoleArn=ROLE)
    os.kill(running.pid or 0, signal.SIGKILL)
    until = time.monotonic() + 5
    while lifecycle.status(config.state_dir).running and time.monotonic() < until:
        time.sleep(0.02)
    assert (config.state_dir / "server.json").exists()
    again = lifecycle.up(config)
    s3.close()
    sagemaker.close()
    s3, sagemaker = _client("s3", again.url), _client("sagemaker", again.url)

    assert again.pid != running.pid
    found = s3.get_object(Bucket="kept", Key="a/b")
    assert (found["Body"].read(), found["ContentType"]) == (b"bytes", "text/csv")
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert s3.get_object(Bucket="kept", Key="parts")["Body"].read() == b"part"
    assert sagemaker.describe_model(ModelName="m")["ModelName"] == "m"
    s3.close()
    sagemaker.close()


def test_reset_deletes_only_stopped_state_of_an_emulator(config: EmulatorConfig, tmp_path: Path) -> None:
    """A running emulator and a foreign directory keep everything; a stopped one is gone."""
    lifecycle.up(config)
    with pytest.raises(LifecycleError, match="stop it before the reset"):
        lifecycle.reset(config.state_dir)
    lifecycle.down(config.state_dir)
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("work", encoding="utf-8")
    with pytest.raises(LifecycleError, match="not an emulator's state"):
        lifecycle.reset(foreign)
    with pytest.raises(LifecycleError, match="is not empty"):
        lifecycle.up(EmulatorConfig(foreign, port=0))

    assert [each.name for each in foreign.iterdir()] == ["thesis.txt"]
    assert lifecycle.reset(config.state_dir)
    assert not config.state_dir.exists()
    assert not lifecycle.reset(config.state_dir)


def test_a_taken_port_is_said(config: EmulatorConfig, tmp_path: Path) -> None:
    """By another program or by another emulator, whose directory is named."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LifecycleError, match="cannot listen on"):
            lifecycle.up(EmulatorConfig(config.state_dir, port=taken.getsockname()[1]))
    port = int(str(lifecycle.up(config).url).rsplit(":", 1)[1])
    with pytest.raises(LifecycleError, match=f"taken by the emulator of {config.state_dir}"):
        lifecycle.up(EmulatorConfig(tmp_path / "other", port=port))
    with pytest.raises(LifecycleError, match="already runs at"):
        lifecycle.up(EmulatorConfig(config.state_dir, port=port, account="111111111111"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_foreground_process_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """A signal ends it with code 0, and its claim on the directory with it."""
    command = [
        sys.executable,
        "-m",
        "sagemaker_monitor.emulator",
        "--state-dir",
        str(tmp_path / "s"),
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "listening on http://127.0.0.1:" in process.stderr.readline()
        process.send_signal(number)
        rest = process.stderr.read()

    assert process.returncode == 0
    assert "Traceback" not in rest
    assert not (tmp_path / "s" / "server.json").exists()


def test_it_starts_within_a_second_of_processor_time(tmp_path: Path) -> None:
    """Nothing slow is imported before the first answer: no moto, no SDK, no numbers."""
    code = (
        "import sys, time; from pathlib import Path\n"
        "from sagemaker_monitor.emulator.server import serve\n"
        "from sagemaker_monitor.emulator.config import EmulatorConfig\n"
        f"serve(EmulatorConfig(Path({str(tmp_path / 's')!r}), port=0)).stop()\n"
        "heavy = {'moto', 'flask', 'sagemaker', 'polars', 'numpy', 'scipy', 'xgboost'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert time.process_time() < 1, time.process_time()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_bad_arguments_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A host off loopback, a taken port, a directory that is a file, a state that another process uses."""
    state = str(tmp_path / "state")
    assert main(["--state-dir", state, "--host", "0.0.0.0"]) == 2
    assert "is not loopback" in capsys.readouterr().err
    assert main(["--state-dir", state, "--image", "scorer"]) == 2
    assert "'scorer' is not REPOSITORY=COMMAND" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        main(["--state-dir", state, "--port", "70000"])
    assert caught.value.code == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--state-dir", state, "--port", str(taken.getsockname()[1])]) == 3
    lines = capsys.readouterr().err.strip().splitlines()
    assert "cannot listen on 127.0.0.1" in lines[-1]
    (tmp_path / "file").write_bytes(b"")
    assert main(["--state-dir", str(tmp_path / "file"), "--port", "0"]) == 3
    assert "cannot keep state in" in capsys.readouterr().err
    lifecycle.up(EmulatorConfig(tmp_path / "state", port=0))
    assert main(["--state-dir", state, "--port", "0"]) == 3
    lifecycle.down(tmp_path / "state")
    assert "another emulator keeps its state" in capsys.readouterr().err
