"""An emulator in the background: start it, stop it, look at it, start anew."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.claim import Claim, ClaimError, is_ours, mark_directory, running_process
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.jobs.reaping import reap_all

HEALTH = "/_sagemaker-monitor/health"
LOG = "server.log"
_LONGEST_LOG = 4 << 20
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class LifecycleError(Exception):
    """The emulator could not be started, stopped or reset; the message says why and what to do."""


@dataclass(frozen=True)
class Status:
    """What is known about the emulator of one state directory; *counts* are of records, by kind."""

    state_dir: Path
    running: bool
    url: str | None = None
    pid: int | None = None
    uptime: float | None = None  # seconds
    version: str | None = None
    account: str | None = None
    region: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.state_dir / LOG


def up(config: EmulatorConfig, *, timeout: float = 30.0) -> Status:
    """Start an emulator in the background and return once it answers; one that runs already is left alone.

    Raises LifecycleError when the port is taken, when the directory is not ours, or when the emulator of this
    directory listens elsewhere or as another account. *timeout* is in seconds.
    """
    state_dir = config.state_dir.resolve()
    current = status(state_dir, patience=timeout)
    if current.running:
        return _same(current, config)
    _refuse_taken_port(config)
    try:
        os.close(mark_directory(state_dir))
    except ClaimError as error:
        raise LifecycleError(str(error)) from error
    try:
        child = _spawn(config, state_dir)
    except OSError as error:
        text = f"cannot start the emulator of {state_dir}: {error.strerror or error}; try again"
        raise LifecycleError(text) from error
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        started = status(state_dir, patience=0)
        if started.running and started.pid == child.pid:
            return started
        if child.poll() is not None:
            # Two calls at once: the other one's server holds the directory.
            other = status(state_dir, patience=timeout)
            return _same(other, config) if other.running else _give_up(state_dir, child.returncode)
        time.sleep(0.02)
    child.kill()
    child.wait()
    raise LifecycleError(f"the emulator did not answer within {timeout:g} s; its log is {state_dir / LOG}")


def down(state_dir: Path, *, timeout: float = 15.0) -> bool:
    """Stop the emulator of a state directory; return False when none runs. *timeout* is in seconds.

    One that does not stop in time is killed; its state stays readable.
    """
    state_dir = state_dir.resolve()
    pid = _pid(state_dir)
    if pid is None:
        return False
    for number, patience in ((signal.SIGTERM, timeout), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if _wait(lambda: running_process(state_dir) is None, patience):
            return True
    raise LifecycleError(f"process {pid}, the emulator of {state_dir}, does not end")


def reset(state_dir: Path) -> bool:
    """Delete the state of an emulator that does not run; return False when there is none.

    Raises LifecycleError while it runs, and for a directory that was not made for an emulator.
    """
    state_dir = state_dir.resolve()
    if not state_dir.exists():
        return False
    if not is_ours(state_dir):
        raise LifecycleError(f"{state_dir} is not an emulator's state; nothing was deleted")
    try:
        claim = Claim.take(state_dir)
    except ClaimError as error:
        text = f"the emulator of {state_dir} is running; stop it before the reset"
        raise LifecycleError(text) from error
    try:
        reap_all(state_dir)  # what an emulator that was killed left could write on
        shutil.rmtree(state_dir)
    except OSError as error:
        raise LifecycleError(f"cannot delete {state_dir}: {error.strerror or error}") from error
    finally:
        claim.release()
    return True


def status(state_dir: Path, *, patience: float = 5.0) -> Status:
    """Return whether an emulator uses the directory, and what it says of itself.

    One that is just starting is given *patience* seconds to answer. Raises LifecycleError when a process
    holds the directory but does not answer.
    """
    state_dir = state_dir.resolve()
    deadline = time.monotonic() + patience
    while True:
        running = running_process(state_dir)
        if running is None:
            return Status(state_dir, running=False)
        answer = health(str(running["url"])) if "url" in running else None
        if answer is not None and answer.get("state_dir") == str(state_dir):
            return _status(state_dir, answer)
        if time.monotonic() >= deadline:
            break
        time.sleep(0.05)
    if patience == 0:
        return Status(state_dir, running=False)
    raise LifecycleError(f"an emulator uses {state_dir} but does not answer; its log is {state_dir / LOG}")


def health(url: str, *, timeout: float = 2.0) -> dict[str, Any] | None:
    """Return what an emulator at *url* says of itself, or None when none of ours answers there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url + HEALTH, timeout=timeout) as response:
            answer = json.loads(response.read(1 << 16))
    except (OSError, ValueError, urllib.error.URLError):
        return None
    ours = isinstance(answer, dict) and answer.get("service") == "sagemaker-monitor emulator"
    return answer if ours else None


@dataclass(frozen=True)
class Fired:
    """A schedule that was run: the time that it was due at, and the execution of a pipeline that it started.

    An execution of a monitoring schedule is found by its time.
    """

    scheduled: datetime
    execution_arn: str | None


def fire(url: str, region: str, schedule: str, at: str | None, *, timeout: float = 30.0) -> Fired:
    """Let the emulator at *url* run a schedule as if it were due *at*; return what that is.

    Raises LifecycleError with the emulator's words, such as that there is no such schedule.
    """
    from sagemaker_monitor.emulator.control import FIRE

    body = json.dumps({"schedule": schedule, **({"at": at} if at else {})}).encode()
    request = urllib.request.Request(f"{url}{FIRE}?region={region}", data=body, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            answer = json.loads(response.read(1 << 16))
    except urllib.error.HTTPError as error:
        with error:
            words = json.loads(error.read(1 << 16)).get("message", str(error))
        raise LifecycleError(words) from error
    except (OSError, ValueError) as error:
        raise LifecycleError(f"the emulator at {url} does not answer: {error}") from error
    return Fired(datetime.fromisoformat(answer["ScheduledTime"]), answer.get("PipelineExecutionArn"))


def _status(state_dir: Path, answer: dict[str, Any]) -> Status:
    return Status(
        state_dir,
        running=True,
        url=answer["url"],
        pid=answer["pid"],
        uptime=max(0.0, time.time() - answer["started"]),
        version=answer["version"],
        account=answer["account"],
        region=answer["region"],
        counts=answer["counts"],
        images=tuple(answer.get("images", ())),
        functions=tuple(answer.get("functions", ())),
    )


def _same(current: Status, config: EmulatorConfig) -> Status:
    wanted = (config.url if config.port else current.url, config.account, config.default_region)
    if (current.url, current.account, current.region) != wanted:
        there = f"{current.url}, account {current.account}, {current.region}"
        raise LifecycleError(
            f"the emulator of {current.state_dir} already runs at {there}, not at {wanted[0]}, account "
            f"{wanted[1]}, {wanted[2]}; stop it first, or give this one another --state-dir"
        )
    if config.images.commands and config.images.options != list(current.images):
        raise LifecycleError(
            f"the emulator of {current.state_dir} already runs with other commands for images "
            f"({'; '.join(current.images)[:300] or 'none'}); stop it first"
        )
    if config.functions.by_name and config.functions.options != list(current.functions):
        raise LifecycleError(
            f"the emulator of {current.state_dir} already runs with other Lambda functions "
            f"({'; '.join(current.functions)[:300] or 'none'}); stop it first"
        )
    return current


def _refuse_taken_port(config: EmulatorConfig) -> None:
    other = health(config.url) if config.port else None
    if other is not None:
        where = other["state_dir"]
        raise LifecycleError(
            f"port {config.port} is taken by the emulator of {where}; stop it, or choose another port in the "
            "environment's endpoint_url"
        )


def _spawn(config: EmulatorConfig, state_dir: Path) -> subprocess.Popen[bytes]:
    path = state_dir / LOG
    if path.exists() and path.stat().st_size > _LONGEST_LOG:
        os.replace(path, path.with_suffix(".log.1"))
    command = [sys.executable, "-m", "sagemaker_monitor.emulator", "--state-dir", str(state_dir)]
    command += ["--host", config.host, "--port", str(config.port)]
    command += ["--account", config.account, "--region", config.default_region]
    command += [part for option in config.images.options for part in ("--image", option)]
    command += [part for option in config.functions.options for part in ("--lambda", option)]
    command += ["--fire-schedules"] if config.fire_on_creation else []
    search = os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]))
    with path.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=state_dir,
            env={**os.environ, "PYTHONPATH": search},
            start_new_session=True,
        )
    # It outlives this call, not this process's duty to reap it.
    threading.Thread(target=child.wait, name="emulator-reaper", daemon=True).start()
    return child


def _give_up(state_dir: Path, code: int) -> Status:
    try:
        lines = (state_dir / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []  # a reset at the same time deleted it
    reason = lines[-1][:500] if lines else f"it ended with code {code}"
    raise LifecycleError(f"the emulator did not start: {reason}")


def _pid(state_dir: Path) -> int | None:
    found: dict[str, Any] | None = None

    def known() -> bool:
        nonlocal found
        found = running_process(state_dir)
        return found is None or "pid" in found

    if not _wait(known, 5.0):
        raise LifecycleError(
            f"an emulator uses {state_dir} but does not say which process it is; end it by hand"
        )
    return None if found is None else int(found["pid"])


def _wait(condition: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True
