"""The pages about S3: buckets, the objects below a prefix, one object, and its bytes for a browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from urllib.parse import quote

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.pages import links
from sagemaker_monitor.emulator.pages.page import Cell, Page, Row, Table, Text, facts, when
from sagemaker_monitor.emulator.s3.keys import S3Error, split_uri
from sagemaker_monitor.emulator.s3.listing import Page as Listed
from sagemaker_monitor.emulator.s3.listing import page as list_page
from sagemaker_monitor.emulator.s3.stored import StoredObject

PER_PAGE = 200
SHOWN = 64 << 10
_BLOCK = 256 << 10
_TEXTS = (
    ".json",
    ".jsonl",
    ".csv",
    ".txt",
    ".py",
    ".md",
    ".yaml",
    ".yml",
    ".log",
    ".libsvm",
    ".manifest",
    ".out",
)
_PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Raw:
    """An object's bytes as a browser may have them: of a type that runs nothing."""

    content_type: str
    size: int
    body: Iterable[bytes]
    disposition: str


def page(context: Context, uri: str, after: str) -> Page:
    """Return the page about an object, the objects below a prefix, or all buckets. Raises S3Error."""
    if not uri:
        return _buckets(context)
    bucket, key = split_uri(uri)
    if key and not key.endswith("/") and context.s3.exists(uri):
        return _object(context, context.s3.get(uri))
    is_folder = (
        bool(key) and not key.endswith("/") and any(True for _ in context.s3.iterate(bucket, f"{key}/"))
    )
    return _below(context, bucket, f"{key}/" if is_folder else key, after)


def raw(context: Context, uri: str) -> Raw:
    """Return an object's bytes. Raises S3Error."""
    stream, stored = context.s3.open(*split_uri(uri))
    kind = content_type(stored.key)
    name = quote(stored.key.rpartition("/")[2] or "object", safe="")
    how = "attachment" if kind == "application/octet-stream" else "inline"
    return Raw(kind, stored.size, Blocks(stream, stored.size), f"{how}; filename*=UTF-8''{name}")


def content_type(key: str) -> str:
    """Return the type that a browser is told, by the key's ending and not by what somebody said of it."""
    lower = key.lower()
    for ending, kind in _PICTURES.items():
        if lower.endswith(ending):
            return kind
    if lower.endswith((".html", ".htm")):
        return "text/html; charset=utf-8"
    return "text/plain; charset=utf-8" if lower.endswith(_TEXTS) else "application/octet-stream"


class Blocks:
    """The first *size* bytes of a file, to be sent; closes it."""

    def __init__(self, stream: BufferedIOBase, size: int) -> None:
        self._stream = stream
        self._left = size

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        while block := self._stream.read(min(_BLOCK, self._left)):
            self._left -= len(block)
            yield block

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _buckets(context: Context) -> Page:
    rows = tuple(
        (
            Cell(each["name"], links.to_uri(f"s3://{each['name']}/"), code=True),
            Cell(each["region"]),
            when(each["created"]),
        )
        for each in context.s3.buckets()
    )
    table = Table("Buckets", ("Bucket", "Region", "Created"), rows, "There is none.")
    return Page("S3", "Object store", sections=(table,))


def _below(context: Context, bucket: str, prefix: str, after: str) -> Page:
    def objects(start: str, beyond: str) -> Iterator[StoredObject]:
        return context.s3.iterate(bucket, start, beyond)

    found = list_page(objects, prefix, "/", after, PER_PAGE)
    uri = f"s3://{bucket}/{prefix}"
    table = Table(
        "Objects and prefixes",
        ("Name", "Size", "Changed"),
        (
            *(_prefix_row(bucket, prefix, each) for each in found.prefixes),
            *(_row(each, prefix) for each in found.objects),
        ),
        "No object's key starts with that.",
        _more(found, uri),
    )
    return Page(uri, "Objects below a prefix", _path(bucket, prefix), sections=(table,))


def _more(found: Listed, uri: str) -> Cell | None:
    if found.last is None:
        return None
    return Cell("Further ones", f"{links.to_uri(uri)}&after={quote(found.last, safe='')}")


def _prefix_row(bucket: str, prefix: str, found: str) -> Row:
    return Cell(found[len(prefix) :], links.to_uri(f"s3://{bucket}/{found}"), code=True), Cell(""), Cell("")


def _row(stored: StoredObject, prefix: str) -> Row:
    name = stored.key[len(prefix) :] or stored.key
    return (
        Cell(name, links.to_uri(stored.uri), code=True),
        Cell(f"{stored.size:,}", number=True),
        when(stored.modified),
    )


def _object(context: Context, stored: StoredObject) -> Page:
    kind = content_type(stored.key)
    return Page(
        stored.key.rpartition("/")[2],
        "Object",
        _path(stored.bucket, stored.key.rpartition("/")[0]),
        facts=facts(
            [
                ("URI", Cell(stored.uri, code=True)),
                ("Size", Cell(f"{stored.size:,} bytes")),
                ("Content type", Cell(stored.about.content_type, code=True)),
                ("ETag", Cell(stored.etag, code=True)),
                ("Changed", when(stored.modified)),
                ("Bytes", Cell(_called(kind), links.to_raw(stored.uri))),
            ]
        ),
        sections=(_preview(context, stored),) if kind.startswith("text/plain") and stored.size else (),
    )


def _called(kind: str) -> str:
    if kind.startswith("text/html"):
        return "open the page, which can run nothing"
    return "download" if kind == "application/octet-stream" else "open"


def _preview(context: Context, stored: StoredObject) -> Text:
    stream, _ = context.s3.open(stored.bucket, stored.key)
    with stream:
        content = stream.read(SHOWN).decode("utf-8", "replace")
    note = f"The first {SHOWN >> 10} KiB of {stored.size:,} bytes." if stored.size > SHOWN else ""
    return Text("Content", content, note)


def _path(bucket: str, prefix: str) -> tuple[Cell, ...]:
    cells = [Cell("S3", f"{links.ROOT}s3"), Cell(bucket, links.to_uri(f"s3://{bucket}/"))]
    parts = [each for each in prefix.split("/")[:-1] if each]
    for number, part in enumerate(parts, start=1):
        cells.append(Cell(part, links.to_uri(f"s3://{bucket}/{'/'.join(parts[:number])}/")))
    return tuple(cells)


def failure(error: S3Error) -> Page:
    """Return the page that says why there is nothing to show."""
    return Page("Nothing there", error.code, (Cell("S3", f"{links.ROOT}s3"),), reason=error.message)
