"""Data files that may be compressed: those called .gz are read through gzip, as by Spark and pandas."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GZ = ".gz"
_MAGIC = b"\x1f\x8b"


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """Give the plain bytes of *file*; raises AnalysisError, also while they are read, for damaged gzip."""
    if file.suffix.lower() == GZ:
        import gzip
        import zlib

        try:
            with gzip.open(file) as source:
                yield cast("BinaryIO", source)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise AnalysisError(
                f"{file.name!r} cannot be decompressed: {error}; give a whole gzip file, or one without {GZ}"
            ) from error
        return
    with file.open("rb") as source:
        if source.read(len(_MAGIC)) == _MAGIC:
            raise AnalysisError(
                f"{file.name!r} is compressed with gzip, but is not called {GZ}; rename or decompress it"
            )
        source.seek(0)
        yield source


def content_of(file: Path) -> bytes:
    """Return the plain bytes of *file*; raises AnalysisError as `opened` does."""
    with opened(file) as source:
        return source.read()
