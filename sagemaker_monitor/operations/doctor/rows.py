"""Rows of CSV, here or in S3: a sample of a few megabytes, read in pieces, however large the data are."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.aws.storage import list_objects, read_range
from sagemaker_monitor.operations.errors import UsageError

MOST_BYTES = 4 << 20
PIECES = 8
MOST_OBJECTS = 32
"""How much is read at most: bytes in all, pieces of one object, and objects."""
MOST_LISTED = 5000
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Source:
    """One file or object: its name, how long it is, and how to read bytes of it."""

    name: str
    size: int
    read: Callable[[int, int], bytes]


@dataclass
class Sample:
    """Rows of some sources, and how much of these they are."""

    sources: int
    size: int
    """Bytes of all sources."""
    read: int = 0
    rows: list[list[str]] = field(default_factory=list)
    firsts: list[tuple[str, list[str]]] = field(default_factory=list)
    """The first row of each source that was begun at its beginning, and where it stands."""
    widths: dict[int, str] = field(default_factory=dict)
    """How many cells rows have, and where the first such row stands."""
    broken: list[str] = field(default_factory=list)
    """What is no CSV, and where."""

    @property
    def whole(self) -> bool:
        """Whether every row was read."""
        return self.read == self.size

    @property
    def estimated(self) -> int:
        """How many rows there are, as far as the sample tells."""
        return len(self.rows) if self.whole else round(len(self.rows) * self.size / max(self.read, 1))

    def about(self, count: int) -> str:
        """Return a *count* among the rows read as one of all rows."""
        if self.whole:
            return f"{count:,}"
        return f"about {round(count * self.estimated / max(len(self.rows), 1)):,}"

    def __str__(self) -> str:
        if self.whole:
            return f"all {len(self.rows):,} rows"
        return f"a sample of {len(self.rows):,} rows, {megabytes(self.read)} of {megabytes(self.size)}"


def megabytes(count: int) -> str:
    """Return a number of bytes as people say it."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


def sources(aws: Aws, given: str, *, option: str = "") -> list[Source]:
    """Return the files or objects that *given* names, a local file, an object or a prefix; none is empty.

    Lists at most MOST_LISTED objects. Raises UsageError for a local file that cannot be read, AwsError.
    """
    if given.startswith("s3://"):
        return _objects(aws, given, option)
    path = Path(given)
    try:
        if not path.is_file():
            raise UsageError(f"{option or given}: {given} is no file")
        size = path.stat().st_size
    except OSError as error:
        raise UsageError(f"{option or given}: {given} cannot be read: {error.strerror}") from error

    def read(start: int, length: int) -> bytes:
        with path.open("rb") as stream:
            stream.seek(start)
            return stream.read(length)

    return [Source(given, size, read)] if size else []


def _objects(aws: Aws, prefix: str, option: str) -> list[Source]:
    if not prefix.removeprefix("s3://").partition("/")[0]:
        raise UsageError(f"{option or prefix}: {prefix!r} is no S3 URI; it looks like s3://bucket/key")
    try:
        found = list(list_objects(aws, prefix, limit=MOST_LISTED))
    except AwsError as error:
        if error.code != "NoSuchBucket":
            raise
        raise UsageError(f"{option}: {error}" if option else str(error)) from error
    return [Source(stored.uri, stored.size, _reader(aws, stored.uri)) for stored in found if stored.size]


def _reader(aws: Aws, uri: str) -> Callable[[int, int], bytes]:
    return lambda start, length: read_range(aws, uri, start, length)


def sample(found: Sequence[Source], most: int = MOST_BYTES) -> Sample:
    """Return all rows of *found* where these have at most *most* bytes, else those of pieces all over it."""
    total = Sample(len(found), sum(source.size for source in found))
    spread = total.size > most or len(found) > MOST_OBJECTS
    chosen = _spread(found, MOST_OBJECTS) if spread else found
    share = most // max(len(chosen), 1)
    for source in chosen:
        for start, length in _pieces(source.size, share if spread else source.size):
            _take(total, source, start, length)
    return total


def _spread(found: Sequence[Source], most: int) -> Sequence[Source]:
    if len(found) <= most:
        return found
    return [found[round(place * (len(found) - 1) / (most - 1))] for place in range(most)]


def _pieces(size: int, share: int) -> Iterator[tuple[int, int]]:
    """Yield where to begin and how much to read, *share* bytes in all, from the beginning to the end."""
    if size <= share:
        yield 0, size
        return
    length = max(share // PIECES, 1)
    for place in range(PIECES):
        yield place * (size - length) // (PIECES - 1), length


def _take(total: Sample, source: Source, start: int, length: int) -> None:
    content = source.read(start, length)
    total.read += len(content)
    if start:
        # Where a piece begins a line is cut in two; it is counted with neither.
        content = content[content.find(b"\n") + 1 :]
    elif content.startswith(BOM):
        content = content[len(BOM) :]
    if start + length < source.size:
        content = content[: content.rfind(b"\n") + 1]
    if content[:4] == b"PAR1" or content[:2] == b"\x1f\x8b" or b"\x00" in content[:4096]:
        total.broken.append(f"{source.name} is no text: CSV is needed, not an archive or Parquet")
        return
    try:
        # Lines end where csv's end, which is not everywhere that str.splitlines sees an end.
        lines = io.StringIO(content.decode("utf-8"), newline="")
    except UnicodeDecodeError:
        total.broken.append(f"{source.name} is not UTF-8 text{f', after byte {start}' if start else ''}")
        return
    reader = csv.reader(lines, strict=True)
    first = not start
    try:
        for row in reader:
            if not row:
                continue
            where = (
                f"{source.name} line {reader.line_num}" if not start else f"{source.name} after byte {start}"
            )
            if first:
                total.firsts.append((where, row))
                first = False
            total.widths.setdefault(len(row), where)
            total.rows.append(row)
    except csv.Error as error:
        total.broken.append(f"{source.name} line {reader.line_num} is not CSV: {error}")
