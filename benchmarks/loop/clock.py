"""Run a Python program and note what its parts took: `clock.py NOTES SPAWNED (-m MODULE | FILE) ARGUMENTS…`.

SPAWNED is when its parent asked for the process, on time.monotonic's clock. One line of JSON is added to the
file NOTES as the program ends. Each phase is what its functions took in the main thread less the phases
inside of them; what is left over is computing. Standard library alone, since it runs before everything.
"""

from __future__ import annotations

import atexit
import importlib.abc
import importlib.machinery
import json
import os
import runpy
import sys
import threading
import time
from typing import Any

_MINE = time.monotonic(), time.process_time()
PHASES = {
    "sagemaker_monitor.analysis.container.inputs": {"open_dataset": "reading"},
    "sagemaker_monitor.analysis.records": {"open_dataset": "reading"},
    "sagemaker_monitor.analysis.decision.sample": {"read_sample": "reading"},
    "sagemaker_monitor.analysis.decision.table": {"read_table": "reading"},
    "sagemaker_monitor.analysis.container.paths": {"write_outputs": "writing"},
    "sagemaker_monitor.analysis.container.predictor": {"Model._ask": "asking the model"},
    "sagemaker_monitor.emulator.jobs.transform_client": {"Model.ask": "asking the model"},
    "sagemaker_monitor.emulator.models.booster": {"load": "reading"},
    "botocore.client": {"BaseClient._make_api_call": "calls of AWS"},
    "boto3.session": {"Session.client": "clients of boto3"},
}
"""Which functions of which modules are which phase."""


class Clock:
    """What each phase took so far: seconds of the wall and of this thread's CPU."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = {}
        self._inside: list[list[float]] = []
        self._thread = threading.main_thread()

    def timed(self, phase: str, function: Any) -> Any:
        """Return *function*, timed as *phase* where the main thread calls it."""

        def call(*arguments: Any, **options: Any) -> Any:
            if threading.current_thread() is not self._thread:
                return function(*arguments, **options)
            began, inner = (time.monotonic(), time.thread_time()), [0.0, 0.0]
            self._inside.append(inner)
            try:
                return function(*arguments, **options)
            finally:
                self._inside.pop()
                spent = time.monotonic() - began[0], time.thread_time() - began[1]
                mine = self.took.setdefault(phase, [0.0, 0.0])
                for place in (0, 1):
                    mine[place] += spent[place] - inner[place]
                    if self._inside:
                        self._inside[-1][place] += spent[place]

        return call


CLOCK = Clock()


def _instrument(module: Any) -> None:
    for path, phase in PHASES.get(module.__name__, {}).items():
        owner: Any = module
        *outer, name = path.split(".")
        for part in outer:
            owner = getattr(owner, part)
        if name in vars(owner):
            setattr(owner, name, CLOCK.timed(phase, vars(owner)[name]))


def _time_imports() -> None:
    for kind in (importlib.machinery.SourceFileLoader, importlib.machinery.ExtensionFileLoader):
        execute = CLOCK.timed("imports", kind.exec_module)

        def exec_module(self: Any, module: Any, execute: Any = execute) -> None:
            execute(self, module)
            _instrument(module)

        kind.exec_module = exec_module  # type: ignore[method-assign]


def _note(path: str, spawned: float, command: list[str]) -> None:
    cpu, children = time.process_time(), os.times()
    wall = time.monotonic() - spawned
    phases = {"start": [_MINE[0] - spawned, _MINE[1]], **CLOCK.took}
    known = [sum(each[place] for each in phases.values()) for place in (0, 1)]
    phases["computing"] = [wall - known[0], cpu - known[1]]
    line = {
        "command": command,
        "folder": os.environ.get("SAGEMAKER_MONITOR_ROOT", ""),
        "wall": wall,
        "cpu": cpu + children.children_user + children.children_system,
        "phases": phases,
    }
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def main(notes: str, spawned: float, command: list[str]) -> None:
    """Run *command*, whose first words are `-m MODULE` or a file, as Python would."""
    written = threading.Event()

    def note() -> None:
        if not written.is_set():
            written.set()
            _note(notes, spawned, command)

    # Whichever way the process ends: a model server kills itself with all that it started.
    atexit.register(note)
    for name in ("_exit", "killpg"):
        leave = getattr(os, name)

        def left(*arguments: Any, leave: Any = leave) -> Any:
            note()
            return leave(*arguments)

        setattr(os, name, left)
    time.sleep = CLOCK.timed("waiting", time.sleep)
    _time_imports()
    if command[0] == "-m":
        sys.argv = command[1:]
        sys.path[0] = os.getcwd()
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = command
        sys.path[0] = os.path.dirname(os.path.abspath(command[0]))
        runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
