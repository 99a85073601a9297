"""Run a job's command as a guarded child process in a clean environment, with its output in a log."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs.interruption import Interruption
from sagemaker_monitor.emulator.jobs.job_log import Recorder

_GUARD = str(Path(__file__).with_name("guard.py"))
_PACKAGE_PARENT = str(Path(__file__).parents[3])


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
        **({"PYTHONPATH": _PACKAGE_PARENT} if ours else {}),
        **extra,
    }


def run(
    command: Sequence[str],
    *,
    root: Path,
    environ: Mapping[str, str],
    log: Path,
    seconds: float,
    until: Interruption,
    over: str = "the job ran longer than its MaxRuntimeInSeconds of {:g} and was stopped",
) -> int:
    """Run *command* in *root* to its end and return its exit code; raise Interrupted when it was made to end.

    After *seconds*, told as *over*, or when *until* trips, the process and everything it started are killed.
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

    clock = threading.Timer(
        seconds,
        until.trip,
        [over.format(seconds)],
    )
    clock.daemon = True
    clock.start()
    try:
        with until.calling(kill):
            code = process.wait()
    finally:
        clock.cancel()
        kill()
        recorder.close()
    until.check()
    return code
