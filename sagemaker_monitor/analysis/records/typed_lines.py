"""Lines of JSON as structures whose fields are known, a block at a time.

Spark, which AWS's merge runs on, takes any value where a text is asked for, as the text that it would print
it as. Lines with such values are rare: they are read one by one, as is a block with a line that is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
import numpy as np

from sagemaker_monitor.analysis.records.shape import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sagemaker_monitor.analysis.records.lines import Block

BLOCK = 1 << 20
"""Bytes read at a time: what is made of so many stays in a processor's own memory until it is written."""

T = TypeVar("T")
Decoder = msgspec.json.Decoder
_END, _OPENED, _CLOSED = b"\n{}"
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def records_of(block: Block, decoder: Decoder[T], unusual: Callable[[bytes, str], T]) -> Iterable[T]:
    """Give the record in each line of *block* that is not blank, in their order.

    A line that *decoder* does not take is given to *unusual*, with how it is named in a message: it returns
    the record, or raises AnalysisError.
    """
    try:
        records = decoder.decode_lines(_checked(block.content))
    except _REFUSED:
        pass
    else:
        if _one_a_line(records, block.content):
            return records
    lines = enumerate(block.content.split(b"\n"))
    return (_record(line, number, block, decoder, unusual) for number, line in lines if line.strip())


def _one_a_line(records: Sequence[object], content: bytes) -> bool:
    """Tell whether *content*, which is so many objects of JSON, has one in each of its lines.

    Within an object no line ends after one brace and begins with another, so all lines that do are whole.
    """
    data = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(data == _END)
    return (
        len(ends) == len(records)
        and bool((data[ends - 1] == _CLOSED).all())
        and bool((data[ends[:-1] + 1] == _OPENED).all())
    )


def text(value: object) -> str | None:
    """Return a JSON value as Spark has it in a column of texts; half a character is a question mark."""
    found = text_of(value)
    return None if found is None else found.encode("utf-8", "replace").decode("utf-8")


def _record(
    line: bytes, number: int, block: Block, decoder: Decoder[T], unusual: Callable[[bytes, str], T]
) -> T:
    try:
        return decoder.decode(_checked(line))
    except _REFUSED:
        return unusual(line, block.place(number))


def _checked(content: bytes) -> bytes:
    """Return *content*; raises UnicodeDecodeError, as the decoder passes over texts that nobody asks for."""
    if not content.isascii():
        content.decode("utf-8")
    return content
