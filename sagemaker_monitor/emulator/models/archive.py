"""Unpack a model.tar.gz that nobody has vouched for."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LONGEST_READ = 1 << 20


class ArtifactError(Exception):
    """A model artifact cannot be used; the message says what is wrong with it and what to do."""


@dataclass(frozen=True)
class Limits:
    """How much an archive may unpack to."""

    content_bytes: int = 4 * 1024**3
    members: int = 10_000


def extract(archive: Path, directory: Path, *, name: str, limits: Limits = Limits()) -> None:
    """Unpack the gzipped tar file *archive* into *directory*; *name* stands for it in messages.

    Links, devices and paths that leave the directory are refused. Raises ArtifactError, and OSError where
    the disk fails.
    """
    try:
        with gzip.open(archive) as content, tarfile.TarFile(fileobj=_Bounded(content, name)) as tar:
            for member in _bounded(tar, name, limits):
                tar.extract(member, directory, filter="data")
    except tarfile.FilterError as error:
        raise ArtifactError(f"{name} has a member that must not be unpacked: {error}") from error
    except (tarfile.TarError, UnicodeError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ArtifactError(
            f"{name} is no gzipped tar file ({error}); pack it with: tar czf model.tar.gz xgboost-model"
        ) from error


class _Bounded(io.RawIOBase):
    """An unpacked archive of which nobody reads much at once: tarfile reads a name or a header as a whole."""

    def __init__(self, content: gzip.GzipFile, name: str) -> None:
        self._content, self._name = content, name

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LONGEST_READ:
            raise ArtifactError(f"{self._name} has a header of more than {_LONGEST_READ} bytes")
        return self._content.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()


def _bounded(tar: tarfile.TarFile, name: str, limits: Limits) -> Iterator[tarfile.TarInfo]:
    content = 0
    for count, member in enumerate(tar, start=1):
        if not (member.isreg() or member.isdir()):
            raise ArtifactError(
                f"{name} has {member.name[:200]!r}, a link or device; only files are unpacked"
            )
        content += member.size
        if content > limits.content_bytes or count > limits.members:
            raise ArtifactError(
                f"{name} unpacks to more than {limits.content_bytes} bytes or {limits.members} files"
            )
        yield member
