"""What a killed emulator leaves behind, and what the next one makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.emulator.jobs.conftest import ROLE, XGBOOST, processing_request, transform_request
from tests.emulator.jobs.test_processing_jobs import FAMILY, await_end, await_text

ROOT = Path(__file__).parents[3]


@contextmanager
def emulator(state_dir: Path, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], Any, Any]]:
    """Run an emulator as a process; give it, a SageMaker and an S3 client; kill it at the end."""
    command = [
        sys.executable,
        "-m",
        "sagemaker_monitor.emulator",
        "--state-dir",
        str(state_dir),
        "--port",
        "0",
    ]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environ)
    try:
        await_text(log, "listening on ")
        url = log.read_text().split("listening on ")[1].split(",")[0]
        session: Any = boto3.Session("test", "test", region_name="us-east-1")
        sagemaker = session.client("sagemaker", endpoint_url=url)
        s3 = session.client("s3", endpoint_url=url)
        yield process, sagemaker, s3
        sagemaker.close()
        s3.close()
    finally:
        process.kill()
        process.wait()


def children_of(state_dir: Path) -> list[int]:
    """Return the processes that work below *state_dir*."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            where = os.readlink(entry / "cwd") if entry.name.isdigit() else ""
        except OSError:
            continue
        if where.startswith(str(state_dir)):
            found.append(int(entry.name))
    return found


def await_file(path: Path) -> None:
    """Wait until there is a file at *path*."""
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs /proc to find the processes")
def test_nothing_outlives_a_killed_emulator(tmp_path: Path, artifact: bytes) -> None:
    """After SIGKILL its jobs and model servers end; the next emulator calls the jobs Failed."""
    state_dir = tmp_path / "state"
    with emulator(state_dir, tmp_path / "first.txt") as (process, sagemaker, s3):
        s3.create_bucket(Bucket="data")
        s3.put_object(Bucket="data", Key="model.tar.gz", Body=artifact)
        s3.put_object(Bucket="data", Key="in/a.csv", Body=b"1,2\n" * 1_000_000)
        container = {"Image": XGBOOST, "ModelDataUrl": "s3://data/model.tar.gz"}
        sagemaker.create_model(ModelName="tiny", PrimaryContainer=container, ExecutionRoleArn=ROLE)
        sagemaker.create_processing_job(**processing_request(code=FAMILY))
        sagemaker.create_transform_job(**transform_request(BatchStrategy="SingleRecord"))
        log = state_dir / "jobs" / "us-east-1" / "job" / "log.txt"
        await_text(log, "started")
        await_file(log.parents[1] / "score" / "transformed" / "a.csv.out")
        children = children_of(state_dir)

        process.kill()
        process.wait()

    assert (
        len(children) == 6
    )  # two guards, the script and its child, the transform's driver, the model server
    for pid in children:
        await_end(pid)
    with emulator(state_dir, tmp_path / "second.txt") as (_, sagemaker, s3):
        processing = sagemaker.describe_processing_job(ProcessingJobName="job")
        transform = sagemaker.describe_transform_job(TransformJobName="score")
        objects = s3.list_objects_v2(Bucket="data", Prefix="out/")
    assert (processing["ProcessingJobStatus"], transform["TransformJobStatus"]) == ("Failed", "Failed")
    for job in (processing, transform):
        assert "the emulator was stopped while the job ran" in job["FailureReason"]
    assert "Contents" not in objects


DAEMON = (
    "import os,sys,time; os.fork() and time.sleep(60); os.setsid(); "
    "open('left','w').write(str(os.getpid())); time.sleep(600)"
)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find the processes")
def test_a_daemon_that_a_job_left_is_ended_at_the_next_start(tmp_path: Path) -> None:
    """A process that left its job's process group outlives the kill, and not the next emulator's start."""
    state_dir = tmp_path / "state"
    with emulator(state_dir, tmp_path / "first.txt") as (_, sagemaker, s3):
        s3.create_bucket(Bucket="data")
        sagemaker.create_processing_job(**processing_request(code=DAEMON))
        left = state_dir / "jobs" / "us-east-1" / "job" / "left"
        await_file(left)
        await_text(left, "")
    daemon = int(left.read_text())
    os.kill(daemon, 0)  # it lives on

    with emulator(state_dir, tmp_path / "second.txt"):
        await_end(daemon)
