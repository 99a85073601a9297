"""The keys of a bucket's directory, in S3's order, without reading more of it than needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from sagemaker_monitor.emulator.s3.keys import FILE_MARK, S3Error, key_to_path, path_to_key


@dataclass(frozen=True)
class _Entry:
    part: str  # what the key has here; directories end with a slash
    path: str
    is_dir: bool
    goes_on: bool


def walk(directory: str, prefix: str = "", after: str = "") -> Iterator[tuple[str, str]]:
    """Yield (key, file) of the objects below *directory*: keys that start with *prefix*, beyond *after*.

    Keys come in S3's order, that of their UTF-8 bytes. Symbolic links and files that no key leads to are left
    out.
    """
    yield from _ordered(directory, _entries(directory, ""), "", prefix, after)


def _ordered(
    root: str, entries: list[_Entry], base: str, prefix: str, after: str
) -> Iterator[tuple[str, str]]:
    found = _below(root, entries, base, prefix, after)
    # A component that goes on in a directory can interleave with its neighbours.
    yield from sorted(found) if _goes_on(entries) else found


def _goes_on(entries: list[_Entry]) -> bool:
    return any(entry.goes_on for entry in entries)


def _below(root: str, entries: list[_Entry], base: str, prefix: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield what is below *entries*, without recursion: a key may have hundreds of components."""
    levels = [(base, iter(entries))]
    while levels:
        base, level = levels[-1]
        entry = next(level, None)
        if entry is None:
            levels.pop()
            continue
        key = base + entry.part
        if entry.is_dir:
            wanted = key.startswith(prefix) or prefix.startswith(key)
            if wanted and (key > after or after.startswith(key)):
                inner = _entries(root, entry.path)
                if _goes_on(inner):
                    yield from _ordered(root, inner, key, prefix, after)
                else:
                    levels.append((key, iter(inner)))
        elif key.startswith(prefix) and key > after and _leads_to(key, entry.path):
            yield key, os.path.join(root, entry.path)


def _entries(root: str, path: str) -> list[_Entry]:
    entries = []
    try:
        with os.scandir(os.path.join(root, path)) as found:
            for item in found:
                relative = f"{path}/{item.name}" if path else item.name
                entry = _entry(item, relative)
                if entry is not None:
                    entries.append(entry)
    except (FileNotFoundError, NotADirectoryError):
        return []  # deleted meanwhile
    return sorted(entries, key=lambda entry: entry.part)


def _entry(item: os.DirEntry[str], relative: str) -> _Entry | None:
    name = item.name
    if not _is_utf8(name):
        return None
    goes_on = name.endswith("%-")
    part = path_to_key(name.removeprefix("%-").removesuffix("%-")) if name != "%-" else ""
    if item.is_dir(follow_symlinks=False):
        return _Entry(part if goes_on else f"{part}/", relative, is_dir=True, goes_on=goes_on)
    if item.is_file(follow_symlinks=False):
        return _Entry(part, relative, is_dir=False, goes_on=False)
    return None


def _leads_to(key: str, path: str) -> bool:
    try:
        return key_to_path(key) == path.removesuffix(FILE_MARK)
    except S3Error:
        return False


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
