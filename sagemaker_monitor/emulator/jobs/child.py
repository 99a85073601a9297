"""Run a job's command as a guarded child process in a clean environment, with its output in a log."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs.interruption import Interruption, TimedOut
from sagemaker_monitor.emulator.jobs.job_log import Recorder
from sagemaker_monitor.emulator.jobs.work import Work

GRACE = 120.0
"""Seconds between SIGTERM and SIGKILL: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html."""
DEFAULT_RUNTIME = 86_400
"""Seconds that a job runs at most whose StoppingCondition says nothing."""
_GUARD = str(Path(__file__).with_name("guard.py"))
PACKAGE_PARENT = str(Path(__file__).parents[3])
"""What is on the path of Python where this package can be imported."""


def environment(context: Context, root: Path, extra: Mapping[str, str], *, ours: bool) -> dict[str, str]:
    """Return the whole environment of a job's process.

    Nothing of the emulator's own environment gets in but PATH and the language; *ours* makes this package
    importable. AWS clients find the emulator, and no credentials of the person who runs it.
    """
    inherited = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    region = context.region
    return {
        **inherited,
        "HOME": str(root),
        "TMPDIR": str(root / "tmp"),
        "PYTHONUNBUFFERED": "1",
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": context.config.url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "SAGEMAKER_MONITOR_ROOT": str(root),
        "OUTPUT_MESSAGE_PATH": str(root / "output" / "message"),
        **({"PYTHONPATH": PACKAGE_PARENT} if ours else {}),
        **extra,
    }


def run_job(work: Work, command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the job's *command* for as long as its StoppingCondition lets it; for the rest see `run`."""
    return run(
        command,
        root=work.root,
        environ=environ,
        log=work.log,
        seconds=work.record.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_RUNTIME),
        until=work.interruption,
    )


def run(
    command: Sequence[str],
    *,
    root: Path,
    environ: Mapping[str, str],
    log: Path,
    seconds: float,
    until: Interruption,
    grace: float = GRACE,
) -> int:
    """Run *command* in *root* to its end and return its exit code; raise Interrupted when it was made to end.

    After *seconds*, or when *until* trips, the process and everything it started get SIGTERM, and are killed
    after as many seconds of *grace*, or at once where *until* says so.
    """
    until.check()
    (root / "tmp").mkdir(parents=True, exist_ok=True)
    recorder = Recorder(log)
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", _GUARD, *command],
            stdin=subprocess.PIPE,
            stdout=recorder.fd,
            stderr=recorder.fd,
            cwd=root,
            env=dict(environ),
            start_new_session=True,
        )
    finally:
        recorder.release()

    assert process.stdin is not None
    # The guard kills the whole group when this pipe ends.
    kill = process.stdin.close
    told = process.stdin.fileno()
    late = threading.Timer(grace, kill)
    late.daemon = True

    def end() -> None:
        if until.at_once or not grace:
            kill()
            return
        with contextlib.suppress(OSError):
            os.write(told, b".")
        late.start()

    out_of_time = TimedOut(f"the job ran longer than its MaxRuntimeInSeconds of {seconds:g} and was stopped")
    clock = threading.Timer(seconds, until.trip, [out_of_time])
    clock.daemon = True
    clock.start()
    try:
        with until.calling(end):
            code = process.wait()
    finally:
        clock.cancel()
        late.cancel()
        kill()
        recorder.close()
    until.check()
    return code
