"""CSV payloads as rows of cells: one payload is one row, whatever line ends are in it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

# Payloads may have line ends of their own, so something else must end them when they are read together.
_END = "\x1e"
_STAND_INS = str.maketrans("\r\n", "\x1c\x1d")
_LINE_ENDS = str.maketrans("\x1c\x1d", "\r\n")


def width_of(payload: str, place: Callable[[int], str]) -> int:
    """Return how many cells the first payload has; raises AnalysisError, *place* names it."""
    return len(_read(payload.rstrip("\r\n"), 0, place))


def cells_of(payloads: pl.Series, width: int, place: Callable[[int], str]) -> pl.DataFrame:
    """Return the cells of payloads as text, null where empty; columns are called by their position.

    A line end at a payload's end is not part of it. Others separate nothing: the hosted analyzer was seen
    to take the last cell of one line and the first of the next as one. Raises AnalysisError for a payload
    that is not *width* cells wide; *place* names it.
    """
    import polars as pl

    texts = payloads.str.strip_chars_end("\r\n")
    if texts.str.contains(f'["{_END}]').any():
        return _one_by_one(texts, width, place)
    widths = texts.str.count_matches(",", literal=True) + 1
    ragged = widths != width
    if ragged.any():
        first = int(ragged.arg_max() or 0)
        raise AnalysisError(_ragged(place(first), widths[first], width))
    if width == 1:
        return pl.DataFrame({"0": texts.replace("", None)})
    return pl.read_csv(
        f"{_END.join(texts)}{_END}".encode(),
        has_header=False,
        eol_char=_END,
        quote_char=None,
        schema={str(place): pl.String for place in range(width)},
    )


def _one_by_one(texts: pl.Series, width: int, place: Callable[[int], str]) -> pl.DataFrame:
    import polars as pl

    rows = []
    for number, text in enumerate(texts):
        row = _read(text, number, place)
        if len(row) != width:
            raise AnalysisError(_ragged(place(number), len(row), width))
        rows.append([cell or None for cell in row])
    return pl.DataFrame(rows, schema={str(place): pl.String for place in range(width)}, orient="row")


def _read(text: str, number: int, place: Callable[[int], str]) -> list[str]:
    try:
        (row,) = csv.reader([text.translate(_STAND_INS)], strict=True)
    except csv.Error as error:
        raise AnalysisError(f"{place(number)} cannot be read as CSV: {error}") from error
    return [cell.translate(_LINE_ENDS) for cell in row] or [""]


def _ragged(place: str, found: int, width: int) -> str:
    return (
        f"{place} has {found} cells, the first record has {width}; a record must be one row of the same "
        "columns, and a request with several rows is one record: split it with a record_preprocessor_script"
    )
