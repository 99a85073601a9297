"""Several processes that start, stop and delete one emulator at once; and one that is asked for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator import lifecycle
from sagemaker_monitor.emulator.claim import Claim
from sagemaker_monitor.emulator.config import EmulatorConfig
from tests.emulator.faults.victim import Victim
from tests.emulator.jobs.conftest import ROLE, processing_request
from tests.emulator.jobs.test_killed_server import await_file

ROOT = Path(__file__).parents[3]
CHURN = """
import random, sys
from pathlib import Path
from sagemaker_monitor.emulator import lifecycle
from sagemaker_monitor.emulator.config import EmulatorConfig

state, seed = Path(sys.argv[1]), sys.argv[2]
chance, done = random.Random(seed), 0
for _ in range(6):
    try:
        match chance.choice(("up", "up", "down", "reset", "status")):
            case "up":
                assert lifecycle.up(EmulatorConfig(state, port=0)).running
            case "down":
                lifecycle.down(state)
            case "reset":
                lifecycle.down(state)
                lifecycle.reset(state)
            case _:
                lifecycle.status(state)
        done += 1
    except lifecycle.LifecycleError as error:
        print(error)
print(f"done {done}")
"""


def _run(code: str, *arguments: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ,
    )


def _servers(state_dir: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = entry.joinpath("cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if b"sagemaker_monitor.emulator" in words and str(state_dir).encode() in words:
            found.append(int(entry.name))
    return found


def test_a_claim_is_not_taken_on_what_a_reset_deleted(tmp_path: Path) -> None:
    """Who waits for a directory that is deleted meanwhile gets the new one, and has it alone."""
    state_dir = tmp_path / "state"
    first = Claim.take(state_dir)
    (state_dir / "EMULATOR").rename(tmp_path / "old")  # deleted and made anew
    second = Claim.take(state_dir)

    assert lifecycle.running_process(state_dir) == {}
    first.release()
    assert lifecycle.running_process(state_dir) == {}
    second.release()
    assert lifecycle.running_process(state_dir) is None


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to count the emulators")
def test_processes_that_start_stop_and_reset_at_once(tmp_path: Path) -> None:
    """Every command does its work or says why not, and afterwards there is one emulator, which works."""
    state_dir = tmp_path / "state"
    churning = [_run(CHURN, str(state_dir), str(seed)) for seed in range(4)]
    told = [each.communicate()[0] for each in churning]
    try:
        running = lifecycle.up(EmulatorConfig(state_dir, port=0))

        assert running.running
        assert len(_servers(state_dir)) == 1
        for text in told:
            assert "Traceback" not in text
            assert "done" in text
    finally:
        lifecycle.down(state_dir)


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs /proc to find the processes")
def test_a_reset_while_jobs_run_leaves_nothing(tmp_path: Path) -> None:
    """Stopping and deleting an emulator ends its jobs first; neither a process nor a file is left."""
    victim = Victim(tmp_path)
    victim.start()
    try:
        victim.clients["s3"].create_bucket(Bucket="data")
        for number in range(3):
            code = "import time; open('busy','w'); time.sleep(600)"
            victim.clients["sagemaker"].create_processing_job(**processing_request(f"job{number}", code=code))
        await_file(victim.state_dir / "jobs" / "us-east-1" / "job0" / "busy")

        assert lifecycle.down(victim.state_dir)
        assert lifecycle.reset(victim.state_dir)
        assert victim.children() == []
        assert not victim.state_dir.exists()
    finally:
        victim.end()


@pytest.mark.long
def test_the_command_serves_in_the_foreground_until_ctrl_c(tmp_path: Path) -> None:
    """`local up --foreground` makes the bucket, writes its log to standard error, and ends with 0."""
    conf = tmp_path / "conf" / "environments"
    conf.mkdir(parents=True)
    port = Victim(tmp_path).port
    (conf / "base.yaml").write_text("schema_version: 1\nregion: us-east-1\n")
    (conf / "local.yaml").write_text(
        f'schema_version: 1\naccount: "000000000000"\nendpoint_url: http://127.0.0.1:{port}\n'
        f"roles: {{execution: {ROLE}}}\nstorage: {{bucket: data}}\n"
    )
    command = [sys.executable, "-m", "sagemaker_monitor.cli.main", "local", "up", "--foreground"]
    with subprocess.Popen(
        [*command, "--state-dir", str(tmp_path / "s"), "--conf-dir", str(conf.parent)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stderr is not None
        first, second = process.stderr.readline(), process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()

    assert "listening on" in first, first + second + rest
    assert "created bucket data" in second
    assert rest.rstrip().endswith("stopped")
    assert process.returncode == 0


def _memory(process: Any) -> int:
    """Return the resident memory in KiB."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see the memory")
def test_memory_stays_flat_over_thousands_of_requests(tmp_path: Path) -> None:
    """Pages, lists, objects and refusals: two thousand requests more need at most 6 MiB more."""
    from tests.emulator.pages.test_pages import HTML, Asker

    victim = Victim(tmp_path)
    victim.start()
    s3, sagemaker = victim.clients["s3"], victim.clients["sagemaker"]
    s3.create_bucket(Bucket="data")
    for number in range(50):
        s3.put_object(Bucket="data", Key=f"in/{number}", Body=b"x" * 1000)
        sagemaker.create_model(ModelName=f"m{number}", PrimaryContainer={"Image": "i"}, ExecutionRoleArn=ROLE)
    asker = Asker(victim.url)

    def ask(times: int) -> None:
        for number in range(times):
            asker.ask("GET", "/", Accept=HTML)
            asker.ask("GET", "/_sagemaker-monitor/s3?uri=s3://data/in/", Accept=HTML)
            asker.ask("GET", f"/data/in/{number % 60}")
            asker.ask("POST", "/", X_Amz_Target="SageMaker.ListModels")
            asker.ask("POST", "/", X_Amz_Target=f"SageMaker.Nothing{number}")

    try:
        ask(100)
        before = _memory(victim.process)
        ask(400)
        grown = _memory(victim.process) - before
    finally:
        asker.close()
        victim.end()

    assert grown < 6 << 10, f"{grown} KiB more, after {before} KiB"
