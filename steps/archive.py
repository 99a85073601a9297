"""Modules that a script imports, shipped as an archive that Python imports from."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any


def archive_of(modules: Mapping[str, Iterable[str]]) -> bytes:
    """Return the modules of each package as a zip file, equal bytes for equal sources.

    They are paths below the package; `folder/*.py` is all of a folder.
    """
    return _archive(tuple((package, tuple(patterns)) for package, patterns in modules.items()))


@functools.cache  # sources do not change while a process lives, and every step of decide ships the same
def _archive(modules: tuple[tuple[str, tuple[str, ...]], ...]) -> bytes:
    names = {
        f"{package}/{name}": files(package).joinpath(name)
        for package, patterns in modules
        for pattern in patterns
        for name in _names(files(package), pattern)
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(names):
            # A fixed date: the archive's hash is that of its sources.
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, names[name].read_bytes())
    return buffer.getvalue()


def _names(package: Any, pattern: str) -> set[str]:
    folder, _, last = pattern.rpartition("/")
    if last != "*.py":
        return {pattern}
    found = package.joinpath(folder).iterdir()
    return {f"{folder}/{item.name}" for item in found if item.name.endswith(".py")}
