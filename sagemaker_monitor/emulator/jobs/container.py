"""The container of a user's own command, without a container: its paths, its programs, its environment.

/opt/ml is the job's directory for the command and what it starts, by a mount of their own. Where a process
may have none, such as on macOS or in most containers, paths in arguments, environment and shell scripts are
replaced by the directory's own, and Python's functions of files do it for those in programs.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sagemaker_monitor.emulator.jobs.images import PYTHONS, relocate, relocate_all
from sagemaker_monitor.emulator.jobs.mounted import TARGET

RELOCATES = "SAGEMAKER_MONITOR_RELOCATES"
"""The variable that tells a Python without the mount to replace paths."""
_MOUNTED = str(Path(__file__).with_name("mounted.py"))
_SITE = str(Path(__file__).with_name("site"))
_PROGRAMS = {"python": "", "python3": "", "pip": " -m pip", "pip3": " -m pip"}
_SCRIPT_BYTES = 1 << 20


@cache
def mounts() -> bool:
    """Return whether commands can have a mount of their own here."""
    if not sys.platform.startswith("linux"):
        return False
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "seen").touch()
        probe = [sys.executable, "-I", "-S", _MOUNTED, directory, "test", "-e", f"{TARGET}/seen"]
        try:
            return subprocess.run(probe, capture_output=True, check=False, timeout=20).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


@dataclass(frozen=True)
class Container:
    """The directory that stands for /opt/ml, and whether it is mounted there."""

    root: Path
    mounted: bool

    @classmethod
    def of(cls, root: Path) -> Container:
        """Return the container of a job whose directory is *root*, with its programs made."""
        # A mount would hide a directory that lies there itself.
        found = cls(root, mounts() and not root.resolve().is_relative_to(TARGET))
        programs = root / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        for name, more in _PROGRAMS.items():
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{more} "$@"\n')
            program.chmod(0o755)
        return found

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the command that runs *words* here; `python` is this Python."""
        first, *rest = words
        program = sys.executable if first in PYTHONS else first
        if self.mounted:
            return [sys.executable, "-I", "-S", _MOUNTED, str(self.root), program, *rest]
        self._relocate_scripts()
        return [relocate(word, self.root) for word in (program, *rest)]

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of a job, *own*, as its command here needs them."""
        given = dict(own) if self.mounted else {**relocate_all(own, self.root), RELOCATES: str(self.root)}
        paths = {"PATH": str(self.root / "bin"), "PYTHONPATH": _SITE}
        behind = {"PATH": given.get("PATH", os.environ.get("PATH", os.defpath)), **_only(given, "PYTHONPATH")}
        return given | {
            name: f"{first}{os.pathsep}{behind[name]}" if name in behind else first
            for name, first in paths.items()
        }

    def _relocate_scripts(self) -> None:
        """Replace /opt/ml in the shell scripts that were staged."""
        for path in self.root.rglob("*"):
            if path.parent.name == "bin" or not path.is_file() or path.stat().st_size > _SCRIPT_BYTES:
                continue
            content = path.read_bytes()
            head = content.lstrip()[:64].split(b"\n", 1)[0]
            if path.suffix == ".sh" or (head.startswith(b"#!") and head.rstrip().endswith(b"sh")):
                text = content.decode("utf-8", "surrogateescape")
                path.write_text(relocate(text, self.root), "utf-8", "surrogateescape")


def _only(given: Mapping[str, str], name: str) -> dict[str, str]:
    return {name: given[name]} if name in given else {}
