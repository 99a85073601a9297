"""Run a command that must not outlive the emulator: when standard input ends, its process group is killed.

Whatever is written to standard input before asks the group to end by itself, with SIGTERM.

Started as a file by an isolated interpreter, before every job: it imports nothing that takes long, such as
signal and threading, which cost as much as the interpreter's start.
A pipe tells of the emulator's end on every platform and however it ended; Linux's parent-death signal would
tell of the end of the thread that started the job.
"""

from __future__ import annotations

import _thread
import os
import sys

_SIGKILL, _SIGPIPE, _SIGTERM, _SIGXFSZ = 9, 13, 15, 25  # the same on Linux and macOS
KILLED = 128 + _SIGKILL
CANNOT_START = 127


def main(command: list[str]) -> int:
    """Run *command*; return its exit code, 128 + n where signal n ended it."""
    silence = os.open(os.devnull, os.O_RDONLY)
    try:
        child = os.posix_spawnp(
            command[0],
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, silence, 0)],
            setpgroup=0,
            setsigdef=[_SIGPIPE, _SIGXFSZ],
        )
    except OSError as error:
        print(f"cannot start {command[0]!r}: {error.strerror}", file=sys.stderr)
        return CANNOT_START
    _thread.start_new_thread(_kill_when_alone, (child,))
    _, status = os.waitpid(child, 0)
    _send(child, _SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _kill_when_alone(child: int) -> None:
    while os.read(0, 4096):
        _send(child, _SIGTERM)
    _send(child, _SIGKILL)
    os._exit(KILLED)


def _send(group: int, number: int) -> None:
    try:  # noqa: SIM105 - contextlib is among what takes time
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass  # macOS answers PermissionError for a group of zombies


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
