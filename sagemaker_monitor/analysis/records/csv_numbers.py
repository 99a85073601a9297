"""Columns of numbers in CSV, read as numbers wherever that tells as much of a cell as its text would.

What a cell is, Deequ tells from its text (`quality/cell_types.py`). A reader that converts costs less, and
takes more for a number than Deequ does. What polars takes beyond is known, and looked for in a block's bytes:
blanks and tabs before a number, points without a digit on either side, nan and inf, and an empty text in
quotes, which to polars is a missing cell. Where any of it may be in a column of numbers, all is read as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.quality.cell_types import FRACTIONAL_CELL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    Types = Mapping[int, type[pl.DataType]]
    Read = Callable[[bytes, Types], pl.DataFrame]

SAMPLE = 256 << 10
"""Bytes of the first block from which it is told what to read a column as."""
SPAN = 256 << 10
"""Bytes that are looked at together, few enough to stay near the processor."""

_POINT, _ZERO, _QUOTE = ord("."), ord("0"), b'"'


class NumberColumns:
    """Reads the blocks of a dataset in turn: as numbers, the columns that have been nothing else so far."""

    def __init__(self, places: Collection[int]) -> None:
        """*places* are the columns that may be read as numbers."""
        self._places = sorted(places)
        self._types: Types | None = None

    def block(self, content: bytes, header: bool, read: Read) -> pl.DataFrame:
        """Return the rows of *content*, as *read* does, which gives texts but for the types it is told.

        A column of Int64 has only cells that are Integral, one of Float64 only such that are Fractional.
        Raises AnalysisError as *read* does.
        """
        import polars as pl

        if self._types is None:
            if len(content) <= SAMPLE:
                frame = read(content, {})
                self._types = self._of(frame)
                return frame
            self._types = self._first(content, read)
        start = _below_header(content) if header else 0
        if not self._types or start is None:
            return read(content, {})
        try:
            frame = read(content, self._types)
            unsure = _unsure(frame, content, start)
        except pl.exceptions.PolarsError:
            unsure = None
        if unsure is None:
            return self._as_text(content, read)
        if unsure:
            # Whole numbers among fractions, or fractions written as such: as texts they are told apart.
            frame = read(content, {place: self._types[place] for place in self._types if place not in unsure})
            to_blame = {*_pointless(frame, unsure)} or {*unsure}
            self._types = {place: self._types[place] for place in self._types if place not in to_blame}
        return frame

    def _first(self, content: bytes, read: Read) -> Types | None:
        """Return what the first rows of *content* can be read as."""
        head = content[: content.find(b"\n", SAMPLE) + 1] or content
        if not self._places or head.count(_QUOTE) % 2:
            return {}
        try:
            return self._of(read(head, {}))
        except AnalysisError:
            # There may be more wrong with the block than with its head.
            return {}

    def _of(self, frame: pl.DataFrame) -> Types | None:
        """Return what the columns of *frame* can be read as; None when it has no row to tell it."""
        return _numeric(frame, self._places) if frame.height else None

    def _as_text(self, content: bytes, read: Read) -> pl.DataFrame:
        """Return *content* as texts, and try no more to read those columns as numbers that have others."""
        frame, known = read(content, {}), self._types or {}
        kept = {place: each for place, each in _numeric(frame, [*known]).items() if each is known[place]}
        # Where no column is to blame the next block would be read twice too.
        self._types = kept if len(kept) < len(known) else {}
        return frame


def _below_header(content: bytes) -> int | None:
    """Return where the first row ends; None when that takes more than looking for a line's end."""
    end = content.find(b"\n") + 1
    return end if end and content.count(_QUOTE, 0, end) % 2 == 0 else None


def _numeric(frame: pl.DataFrame, places: Sequence[int]) -> Types:
    """Return what the columns of text at *places* can be read as when all of their cells are of one type."""
    import polars as pl

    missing = frame.null_count().row(0)
    some = [place for place in places if missing[place] < frame.height]
    if not some:
        return {}
    unread = frame.select(pl.nth(*some).cast(pl.Int64, strict=False).null_count()).row(0)
    fractional = frame.select(pl.nth(*some).str.contains(FRACTIONAL_CELL).sum()).row(0)
    types: dict[int, type[pl.DataType]] = {}
    for place, nulls, count in zip(some, unread, fractional, strict=True):
        if nulls == missing[place]:
            types[place] = pl.Int64
        elif count + missing[place] == frame.height:
            types[place] = pl.Float64
    return types


def _unsure(frame: pl.DataFrame, content: bytes, start: int) -> list[int] | None:
    """Return the columns of fractions in which there may be cells that are written without a point.

    None when some cell, of whatever column of numbers, may be none to Deequ.
    """
    import polars as pl

    columns = list(enumerate(frame.get_columns()))
    fractions = {place: each for place, each in columns if each.dtype == pl.Float64}
    texts = [each for _, each in columns if each.dtype == pl.String]
    gaps = any(each.null_count() for _, each in columns if each.dtype != pl.String)
    # To look for one byte is much quicker than for two.
    if gaps and _QUOTE in content and _QUOTE * 2 in content:
        return None
    marks = _marks(content, start, points=bool(fractions))
    if marks.doubtful:
        # They may be in texts, all of them.
        joined = "\n".join(["", *(each.str.join("\n").item() or "" for each in texts), ""]).encode()
        if _marks(joined, 0, points=bool(fractions)).doubtful < marks.doubtful:
            return None
    if not fractions:
        return []
    points = 0
    if texts:
        points = sum(frame.select(pl.selectors.string().str.count_matches(".", literal=True).sum()).row(0))
    if marks.points - points == sum(len(each) - each.null_count() for each in fractions.values()):
        return []
    # What is not whole and has no point has an exponent; nan and inf count as whole here.
    whole = frame.select((pl.nth(*fractions) == pl.nth(*fractions).floor()).any()).row(0)
    return [place for place, some in zip(fractions, whole, strict=True) if some]


def _pointless(frame: pl.DataFrame, places: Sequence[int]) -> list[int]:
    """Return the columns of text at *places* that have cells without a point."""
    import polars as pl

    without = ~pl.nth(*places).str.contains(".", literal=True)
    found = frame.select(without.any()).row(0)
    return [place for place, some in zip(places, found, strict=True) if some]


class _Marks(NamedTuple):
    """How many points there are, and how many things that Deequ may not have in a number."""

    points: int
    doubtful: int


def _marks(content: bytes, start: int, *, points: bool) -> _Marks:
    """Count points in *content* from *start* on; points without a digit on both sides, blanks before cells.

    Points are left out unless they are asked for.
    """
    data = np.frombuffer(content, dtype=np.uint8)[start:]
    blanks = content.find(b" ", start) >= 0 or content.find(b"\t", start) >= 0
    count = doubtful = 0
    for begin in range(0, len(data), SPAN):
        # With the byte before them and the byte after, where there are such.
        part, before = data[max(begin - 1, 0) : begin + SPAN + 1], int(begin > 0)
        if points:
            is_point, is_digit = part == _POINT, (part - _ZERO) < 10
            some = int(np.count_nonzero(is_point[before : before + SPAN]))
            count += some
            doubtful += some - int(np.count_nonzero(is_point[1:-1] & is_digit[:-2] & is_digit[2:]))
        if blanks:
            doubtful += _blanks(part[: before + SPAN], first=not before)
    return _Marks(count, doubtful)


def _blanks(part: NDArray[np.uint8], *, first: bool) -> int:
    """Count blanks and tabs at the begin of cells, also of quoted ones; the *first* byte begins one."""
    blank = (part == ord(" ")) | (part == ord("\t"))
    begins = (part == ord(",")) | (part == ord("\n")) | (part == ord('"'))
    return int(first and blank[0]) + int(np.count_nonzero(blank[1:] & begins[:-1]))
