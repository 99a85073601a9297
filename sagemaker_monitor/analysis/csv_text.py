"""What both containers ask of a CSV file's text: line ends, first rows, blank lines, and widths of rows."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from sagemaker_monitor.analysis.compressed import opened
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

BOM = b"\xef\xbb\xbf"
_QUOTE, _COMMA, _END = b'"', ord(","), ord("\n")

# A cell may be a long text; the module's own limit is 128 KiB, and polars has none.
csv.field_size_limit(1 << 30)


def first_rows(source: BinaryIO, name: str, count: int) -> list[list[str]]:
    """Return the first *count* rows that are not blank of the file called *name*, and close *source*.

    Raises AnalysisError for what is no CSV, and UnicodeDecodeError.
    """
    if source.read(len(BOM)) != BOM:
        source.seek(0)
    start = source.tell()
    refuse_returns(source.readline(), name)
    source.seek(start)
    with io.TextIOWrapper(source, encoding="utf-8", newline="") as text:
        try:
            return list(islice((row for row in csv.reader(text) if row), count))
        except csv.Error as error:
            raise AnalysisError(f"{name!r} cannot be read as CSV: {error}") from error


def pieces(file: Path, size: int) -> Iterator[bytes]:
    """Yield the file's content, a little more than *size* bytes at a time, cut where a row ends."""
    with opened(file) as source:
        if source.read(len(BOM)) != BOM:
            source.seek(0)
        while content := whole_lines(source, size):
            # A line end between quotes ends no row.
            if _QUOTE in content and count(content, _QUOTE) % 2:
                lines = [content]
                for line in source:
                    lines.append(line)
                    if line.count(_QUOTE) % 2:
                        break
                content = b"".join(lines)
            if content[:1] in b"\r\n":
                content = content.lstrip(b"\r\n")
            if content:
                yield content


def whole_lines(source: BinaryIO, size: int) -> bytes:
    """Return the next *size* bytes and what is left of their last line; nothing at the end."""
    if isinstance(source, io.BufferedReader):
        # To look first how long the last line is spares a copy of all the others.
        start = source.tell()
        source.seek(size, io.SEEK_CUR)
        size += len(source.readline())
        source.seek(start)
        return source.read(size)
    content = source.read(size)
    return content + source.readline() if content else content


def count(content: bytes, character: bytes) -> int:
    """Return how often the single *character* stands in *content*: twice as quick as the bytes' own count."""
    return int(np.count_nonzero(np.frombuffer(content, dtype=np.uint8) == ord(character)))


def refuse_returns(line: bytes, name: str) -> None:
    """Raise AnalysisError when the first *line* of a file of CSV has lines of old Macintoshes inside."""
    if b"\r" in line.rstrip(b"\r\n") and _QUOTE not in line:
        raise AnalysisError(
            f"{name!r} ends its lines with carriage returns alone; save it with line feeds at their ends"
        )


def not_utf8(content: bytes) -> int | None:
    """Return the first byte of *content* that is no UTF-8, None when all of it is."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def without_blank_lines(content: bytes) -> bytes:
    """Return *content* without its empty lines, itself when it has none."""
    if b"\n\n" in content or b"\n\r\n" in content:
        return b"".join(line for line in content.splitlines(keepends=True) if line.strip(b"\r\n"))
    return content


def widths(content: bytes) -> NDArray[np.int64]:
    """Return how many cells each row has; *content* is not empty. Raises csv.Error."""
    if _QUOTE in content:
        rows = csv.reader(io.StringIO(content.decode(), newline=""))
        return np.fromiter((len(row) for row in rows), dtype=np.int64)
    data = np.frombuffer(content, dtype=np.uint8)
    ends = np.flatnonzero(data == _END)
    ends = ends if data[-1] == _END else np.append(ends, len(data))
    return np.diff(np.searchsorted(np.flatnonzero(data == _COMMA), ends), prepend=0) + 1


def never_closed(content: bytes, rows_before: int = 0) -> str | None:
    """Return what is wrong where a quote is opened and never closed, None when all are closed.

    *content* follows *rows_before* other rows of its file.
    """
    if count(content, _QUOTE) % 2 == 0:
        return None
    row = rows_before + len(widths(content))
    return f"a quote is opened and never closed in row {row}; close it, or double each quote that is text"
