"""How the text of a program, or an archive of programs, changed: lines added and removed, file by file."""

from __future__ import annotations

import difflib
import io
import zipfile
import zlib
from collections.abc import Iterator

from sagemaker_monitor.operations.difference import Difference, Sign

MOST_LINES = 10_000
"""Lines above which only their number is told: comparing takes their square."""
LARGEST_MEMBER = 8 << 20


def file_differences(name: str, before: bytes, after: bytes) -> Iterator[Difference]:
    """Yield what differs in the file *name*; an archive by its members. Nothing when the bytes are equal."""
    if before == after:
        return
    if name.endswith(".zip"):
        yield from _archive_differences(name, before, after)
    else:
        yield Difference("~", "file", name, text=lines_text(before, after))


def lines_text(before: bytes, after: bytes) -> str:
    """Return by how many lines two texts differ, or by how many bytes where they are none."""
    try:
        old, new = before.decode().splitlines(), after.decode().splitlines()
    except UnicodeDecodeError:
        return f"{len(before)} bytes become {len(after)} others"
    if old == new:
        return "other line ends"
    if len(old) + len(new) > MOST_LINES:
        return f"{len(old)} lines become {len(new)} others"
    added = removed = 0
    for operation, start, end, other, other_end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if operation != "equal":
            removed, added = removed + end - start, added + other_end - other
    parts = [
        f"{count} {'lines' if count > 1 else 'line'} {word}"
        for count, word in ((added, "added"), (removed, "removed"))
        if count
    ]
    return ", ".join(parts)


def _archive_differences(name: str, before: bytes, after: bytes) -> Iterator[Difference]:
    try:
        old, new = _members(before), _members(after)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        yield Difference("~", "file", name, text=f"the deployed one cannot be read as an archive ({error})")
        return
    changed = False
    for member in sorted({*old, *new}):
        if old.get(member) != new.get(member):
            changed = True
            yield _member_difference(f"{name}/{member}", old.get(member), new.get(member))
    if not changed:
        yield Difference("~", "file", name, text="packed differently, the same files")


def _member_difference(name: str, old: bytes | None, new: bytes | None) -> Difference:
    if old is not None and new is not None:
        return Difference("~", "file", name, text=lines_text(old, new))
    sign: Sign = "+" if old is None else "-"
    lines = len((old or new or b"").splitlines())
    return Difference(sign, "file", name, text=f"{lines} {'line' if lines == 1 else 'lines'}")


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        large = next((entry for entry in archive.infolist() if entry.file_size > LARGEST_MEMBER), None)
        if large is not None:
            raise ValueError(f"{large.filename[:80]!r} has {large.file_size} bytes")
        return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
