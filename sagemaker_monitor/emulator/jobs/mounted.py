"""Run a command for which a directory is /opt/ml, as in a container: `mounted.py DIRECTORY COMMAND…`.

Started as a file by an isolated interpreter, which the command then takes the place of: before every job, so
it imports nothing that takes long, such as pathlib. The mount is one of this process and what it starts;
nobody else sees it, and it goes with them. Linux only, and only where a process may have mounts of its own;
how that is done: unshare(2), mount(2), user_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
import sys

TARGET = "/opt/ml"
CANNOT_MOUNT, CANNOT_START = 126, 127
_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18


def mount(directory: str) -> None:
    """Make *directory* this process's /opt/ml; raise OSError where that is not allowed."""
    _separate()
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    source = os.open(directory, os.O_PATH)
    if not os.path.isdir(TARGET):
        _make_room(TARGET)
    _mount(f"/proc/self/fd/{source}", TARGET, None, _BIND | _RECURSIVE)
    os.close(source)


def _separate() -> None:
    """Give this process mounts of its own, as the user that it is."""
    try:
        _call("unshare", _NEW_MOUNTS)
    except OSError:
        user, group = os.getuid(), os.getgid()
        _call("unshare", _NEW_USER | _NEW_MOUNTS)
        maps = {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}
        for name, text in maps.items():
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)


def _make_room(target: str) -> None:
    """Put a directory in memory over the parent of *target*, with all that the parent had, and *target*."""
    parent = os.path.dirname(target)
    held = os.open(parent, os.O_PATH)
    before = f"/proc/self/fd/{held}"
    names = sorted(os.listdir(before))
    _mount("tmpfs", parent, "tmpfs", 0)
    for name in names:
        entry, place = f"{before}/{name}", f"{parent}/{name}"
        if os.path.islink(entry):
            os.symlink(os.readlink(entry), place)
            continue
        if os.path.isdir(entry):
            os.mkdir(place)
        else:
            os.close(os.open(place, os.O_CREAT))
        _mount(entry, place, None, _BIND | _RECURSIVE)
    os.close(held)
    os.mkdir(target)


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    _call("mount", *texts, ctypes.c_ulong(flags), None)


def _call(name: str, *arguments: object) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def main(arguments: list[str]) -> int:
    """Mount the first argument, and become the rest of them."""
    directory, *command = arguments
    try:
        mount(directory)
    except (OSError, AttributeError) as error:
        print(f"{directory} cannot be {TARGET}: {error}", file=sys.stderr)
        return CANNOT_MOUNT
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"cannot start {command[0]!r}: {error.strerror}", file=sys.stderr)
    return CANNOT_START


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
