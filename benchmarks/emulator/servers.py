"""The emulator and moto's server as processes of their own, and what the kernel says of them (Linux)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MIB = 1 << 20


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    name: str
    url: str
    pid: int
    folder: Path
    """Where it keeps what it keeps."""

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client that tries once, so that nothing is hidden by a second try."""
        return client(self.url, service, **options)


@dataclass(frozen=True)
class Footprint:
    """What a process and its descendants hold at one moment; memory in MiB."""

    memory: float
    children_memory: float
    threads: int
    files: int
    children: int


@dataclass
class Watch:
    """The footprints of a server while something went on."""

    taken: list[Footprint] = field(default_factory=list)

    def most(self, figure: str) -> float:
        """Return the highest value of *figure*, a member of Footprint."""
        return float(max(getattr(each, figure) for each in self.taken))

    @property
    def peak(self) -> float:
        """The highest memory of the server and its descendants together, in MiB."""
        return max(each.memory + each.children_memory for each in self.taken)


def client(url: str, service: str, **options: Any) -> Any:
    """Return a boto3 client of the server at *url*."""
    session: Any = boto3.Session()
    return session.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(**{"retries": {"max_attempts": 0}, "max_pool_connections": 32, **options}),
    )


@contextmanager
def emulator(folder: Path) -> Iterator[Running]:
    """Run the emulator with its state in *folder*."""
    port = _free_port()
    command = [sys.executable, "-m", "sagemaker_monitor.emulator"]
    command += ["--state-dir", str(folder), "--port", str(port)]
    with _running("emulator", command, port, "/_sagemaker-monitor/health", folder) as running:
        yield running


@contextmanager
def moto(folder: Path) -> Iterator[Running]:
    """Run moto's own server; it keeps everything in memory."""
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    folder.mkdir(parents=True, exist_ok=True)
    with _running("moto", command, port, "/moto-api/", folder) as running:
        yield running


@contextmanager
def _running(name: str, command: list[str], port: int, path: str, folder: Path) -> Iterator[Running]:
    url = f"http://127.0.0.1:{port}"
    log = folder.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _wait_until_it_answers(process, url + path, log)
        yield Running(name, url, process.pid, folder)
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{url} does not answer; see {log}") from error
        time.sleep(0.002)


@contextmanager
def watched(pid: int, every: float = 0.1) -> Iterator[Watch]:
    """Take footprints of the process *pid* while the block runs."""
    watch, ended = Watch([footprint(pid)]), threading.Event()

    def look() -> None:
        while not ended.wait(every):
            watch.taken.append(footprint(pid))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()
        watch.taken.append(footprint(pid))


def footprint(pid: int) -> Footprint:
    """Return what the process *pid* and its descendants hold now."""
    below = _descendants(pid)
    return Footprint(
        memory=_memory(pid),
        children_memory=sum(_memory(each) for each in below),
        threads=len(_listdir(f"/proc/{pid}/task")),
        files=len(_listdir(f"/proc/{pid}/fd")),
        children=len(below),
    )


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that the process used so far, and its ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / _TICKS


def peak_memory(pid: int) -> float:
    """Return the most memory that the process alone ever held, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def forget_peak(pid: int) -> None:
    """Let the process's peak memory begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _memory(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / _MIB
    except (OSError, IndexError):
        return 0.0  # ended meanwhile


def _descendants(pid: int) -> list[int]:
    found = []
    for thread in _listdir(f"/proc/{pid}/task"):
        try:
            children = Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            found += [child, *_descendants(child)]
    return found


def _listdir(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def processors() -> int:
    """Return how many processors there are."""
    return os.cpu_count() or 1
