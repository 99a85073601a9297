"""One page of a bucket's keys: prefix, delimiter, where it starts and how it goes on."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sagemaker_monitor.emulator.s3.keys import S3Error
from sagemaker_monitor.emulator.s3.stored import StoredObject

LONGEST_PAGE = 1000
_LAST = chr(0x10FFFF)  # sorts behind every key that goes on from here


@dataclass(frozen=True)
class Page:
    """Objects and common prefixes of one page; *last* is where the next one starts, None at the end."""

    objects: tuple[StoredObject, ...]
    prefixes: tuple[str, ...]
    last: str | None

    @property
    def count(self) -> int:
        """How many lines the page has."""
        return len(self.objects) + len(self.prefixes)


Objects = Callable[[str, str], Iterator[StoredObject]]
"""The objects whose key starts with the first argument and is beyond the second."""


def page(objects: Objects, prefix: str, delimiter: str, after: str, size: int) -> Page:
    """Return at most *size* objects and common prefixes beyond *after*."""
    found: list[StoredObject] = []
    prefixes: list[str] = []
    last = after
    lines = _lines(objects, prefix, delimiter, after)
    for line in lines:
        if len(found) + len(prefixes) == size:
            return Page(tuple(found), tuple(prefixes), last if size else None)
        if isinstance(line, str):
            prefixes.append(line)
            last = line + _LAST
        else:
            found.append(line)
            last = line.key
    return Page(tuple(found), tuple(prefixes), None)


def _lines(objects: Objects, prefix: str, delimiter: str, after: str) -> Iterator[StoredObject | str]:
    group = _group(after, prefix, delimiter)
    if group is not None and not after.endswith(_LAST):
        after = group + _LAST  # a marker inside a group stands for the whole of it
    while True:
        for item in objects(prefix, after):
            group = _group(item.key, prefix, delimiter)
            if group is not None:
                yield group
                after = group + _LAST
                break  # start again behind the group instead of walking through it
            yield item
        else:
            return


def _group(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter or not key.startswith(prefix):
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def encode_token(last: str) -> str:
    """Return a continuation token that says where the next page starts."""
    return base64.urlsafe_b64encode(last.encode("utf-8")).decode("ascii")


def decode_token(token: str) -> str:
    """Return where the page starts. Raises S3Error InvalidArgument when the token is none of ours."""
    try:
        return base64.urlsafe_b64decode(token.encode("ascii")).decode("utf-8")
    except ValueError as error:
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect") from error
