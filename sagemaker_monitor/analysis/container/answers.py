"""What the model's answer says: scores or a label for each row asked about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from sagemaker_monitor.analysis.container.payloads import CSV, JSON_LINES
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.expressions import found as find

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

    Place = int | str
    """Where in an answer: the zero-based index of a CSV column, or a JMESPath expression."""


def read_answer(body: bytes, accept_type: str, rows: int) -> CsvAnswer | JsonAnswer:
    """Return the answer to a request of *rows* rows; raises AnalysisError when it is none."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AnalysisError(f"the model's answer is not {accept_type}: {error}") from error
    if accept_type == CSV:
        return CsvAnswer(_table(text, rows))
    if accept_type == JSON_LINES:
        return JsonAnswer([_json(line, accept_type) for line in text.splitlines() if line.strip()], rows)
    return JsonAnswer(_json(text, accept_type), rows, whole=True)


class CsvAnswer:
    """One line of cells for each row."""

    def __init__(self, cells: pl.DataFrame) -> None:
        self._cells = cells

    def values(self, place: Place, key: str) -> list[Any]:
        """Return the text at column *place* for each row; raises AnalysisError where there is none."""
        return self._at(place, key).to_series().to_list()

    def scores(self, place: Place | None, key: str) -> NDArray[np.float64]:
        """Return the scores at column *place*, or of all columns without, shape (rows, scores)."""
        import polars as pl

        cells = self._cells if place is None else self._at(place, key)
        numbers = cells.select(pl.all().str.strip_chars().cast(pl.Float64, strict=False))
        if any(each.null_count() for each in numbers):
            # A cell may hold a list of scores, or no score at all.
            return table_of_scores(cells.rows())
        return _finite(numbers.to_numpy())

    def _at(self, place: Place, key: str) -> pl.DataFrame:
        if int(place) >= self._cells.width:
            raise AnalysisError(
                f"predictor.{key} is {place}, but the model's answer has {self._cells.width} columns"
            )
        column = self._cells[:, [int(place)]]
        if column.to_series().null_count():
            number = column.to_series().is_null().arg_max() or 0
            raise AnalysisError(
                f"predictor.{key} is {place}, but the model's answer {number + 1} is empty there"
            )
        return column


class JsonAnswer:
    """A document for each row, or one that has a list with an element for each row."""

    def __init__(self, document: Any, rows: int, *, whole: bool = False) -> None:
        self._document, self._rows, self._whole = document, rows, whole
        if not whole:
            self._document = _one_for_each(document, rows)

    def values(self, place: Place | None, key: str) -> list[Any]:
        """Return what stands at *place*, or the whole answer without, for each row."""
        if self._whole:
            found = self._in_whole(place, key)
        elif place is None:
            found = self._document
        else:
            found = [find(str(place), f"predictor.{key}", each) for each in self._document]
        missing = next((number for number, each in enumerate(found) if each is None), None)
        if missing is not None:
            raise AnalysisError(
                f"{_where(place, key)} finds nothing in the model's answer for row {missing + 1} of "
                f"{self._rows} in its request; give the place where it answers"
            )
        return found

    def scores(self, place: Place | None, key: str) -> NDArray[np.float64]:
        """Return the scores at *place*, or of the whole answer without, shape (rows, scores)."""
        return table_of_scores(self.values(place, key))

    def _in_whole(self, place: Place | None, key: str) -> list[Any]:
        found = self._document
        if place is not None:
            found = find(str(place), f"predictor.{key}", found)
        if self._rows == 1 and not (isinstance(found, list) and len(found) == 1):
            return [found]
        if not isinstance(found, list):
            raise AnalysisError(
                f"{_where(place, key)} finds {_kind(found)} in the model's answer; it must find a list with "
                f"one element for each of {self._rows} rows, as predictions[*].score does"
            )
        return _one_for_each(found, self._rows)


def table_of_scores(rows: Sequence[Any]) -> NDArray[np.float64]:
    """Return the scores of each row, shape (rows, scores).

    A row is a number, a list of numbers, or a text that holds a JSON list. Raises AnalysisError.
    """
    try:
        scores = np.array([_numbers(row) for row in rows], dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise AnalysisError(
            "Could not convert string to float. the model's answers are no table of numbers; "
            "give predictor.label or predictor.probability when an answer has other parts than scores"
        ) from error
    return _finite(scores)


def _finite(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    if scores.ndim != 2 or not scores.shape[1] or not np.isfinite(scores).all():
        raise AnalysisError("the model's answers are no finite scores; each row needs at least one")
    return scores


def _numbers(row: Any) -> list[Any]:
    cells = list(row) if isinstance(row, (list, tuple)) else [row]
    if len(cells) == 1 and isinstance(cells[0], str) and cells[0].lstrip().startswith("["):
        cells = json.loads(cells[0])
    if any(isinstance(each, bool) for each in cells):
        raise TypeError("true and false are no scores")
    return cells


def _table(text: str, rows: int) -> pl.DataFrame:
    import polars as pl

    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and rows > 1 and len(parts := lines[0].split(",")) == rows:
        # XGBoost's container answers on endpoints with all predictions in one line.
        lines = parts
    content = "".join(f"{line}\n" for line in lines).encode()
    try:
        cells = pl.read_csv(content, has_header=False, infer_schema=False, raise_if_empty=False)
    except pl.exceptions.ComputeError as error:
        reason = str(error).split("\n", 1)[0]
        raise AnalysisError(f"the model's answer is not text/csv: {reason}") from error
    # Some models answer all rows in one line.
    if cells.height == 1 < rows == cells.width:
        cells = cells.transpose()
    _same_number(cells.height, rows)
    return cells


def _one_for_each(found: list[Any], rows: int) -> list[Any]:
    if len(found) == 1 < rows and isinstance(found[0], list) and len(found[0]) == rows:
        found = found[0]
    _same_number(len(found), rows)
    return found


def _same_number(answered: int, rows: int) -> None:
    if answered != rows:
        raise AnalysisError(
            f"the model answered {answered} predictions for {rows} rows; it must answer one for each row"
        )


def _json(text: str, accept_type: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AnalysisError(
            f"the model's answer is not {accept_type}: {error}; it starts with {text[:60]!r}"
        ) from error


def _where(place: Place | None, key: str) -> str:
    return (
        "without predictor.label and predictor.probability one"
        if place is None
        else f"predictor.{key} {place!r}"
    )


def _kind(found: Any) -> str:
    return {dict: "an object", type(None): "nothing", str: "a text"}.get(type(found), "a single value")
