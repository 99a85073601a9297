"""Rows of numbers in a request: CSV, JSON and JSON Lines, as AWS's built-in algorithms read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sagemaker_monitor.emulator.models.exchange import CSV, JSON, JSON_LINES, RequestError, text_of

Rows = NDArray[np.float64]
_SHAPES = '{"features": [1.0, …]} or {"data": {"features": {"values": [1.0, …]}}}'


def read(kind: str, body: bytes, features: int) -> Rows:
    """Return the rows of a request of media type *kind*, shape (rows, *features*).

    Source of the shapes: Common Data Formats for Inference, SageMaker's developer guide. Raises RequestError.
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise RequestError(
            415, f"content type {kind[:100]!r} is not supported; supported: {', '.join(_READERS)}"
        )
    return reader(text_of(body), features)


def _csv(text: str, features: int) -> Rows:
    lines = text.rstrip("\r\n").split("\n")
    cells = [line.split(",") for line in lines]
    try:
        return _table([list(map(float, row)) for row in cells], features)
    except ValueError:
        raise _first_odd_cell(lines, features) from None


def _first_odd_cell(lines: list[str], features: int) -> RequestError:
    for number, line in enumerate(lines, start=1):
        row = line.split(",")
        if len(row) != features:
            what = "is blank" if not line.strip() else f"has {len(row)} values"
            return _wrong_width(f"line {number} {what}", features)
        for column, cell in enumerate(row, start=1):
            try:
                float(cell)
            except ValueError:
                what = "is empty" if not cell.strip() else "is not a number"
                return RequestError(
                    415,
                    f"value {column} of line {number} {what}; the model reads numbers only, no missing "
                    "values and no header line",
                )
    return RequestError(400, "unable to evaluate the payload: the rows have different numbers of values")


def _json(text: str, features: int) -> Rows:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise RequestError(415, f"the request is not JSON: {error}") from error
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list) or not instances:
        raise RequestError(
            400, f'the request must be {{"instances": [instance, …]}}, each instance {_SHAPES}'
        )
    return _rows(instances, features, "instance")


def _json_lines(text: str, features: int) -> Rows:
    lines = text.rstrip("\r\n").split("\n")
    try:
        # One call for all of them is several times faster than one for each line.
        records = json.loads(f"[{','.join(lines)}]")
    except ValueError:
        records = []
    if len(records) != len(lines):
        raise _first_odd_line(lines)
    return _rows(records, features, "line")


def _first_odd_line(lines: list[str]) -> RequestError:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            return RequestError(400, f"unable to evaluate the payload: line {number} is blank")
        try:
            json.loads(line)
        except ValueError as error:
            return RequestError(415, f"line {number} is not JSON: {error}")
    return RequestError(415, "the request is not JSON Lines: a value spans lines")


def _rows(records: Sequence[Any], features: int, what: str) -> Rows:
    rows = [_features(record) for record in records]
    try:
        # numpy takes a truth value among numbers for a number.
        if not any(bool in set(map(type, row)) for row in rows):
            return _table(rows, features)
    except (ValueError, TypeError):
        pass
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list):
            raise RequestError(400, f"{what} {number} has no dense features; it must be {_SHAPES}")
        if len(row) != features:
            raise _wrong_width(f"{what} {number} has {len(row)} values", features)
        for column, value in enumerate(row, start=1):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise RequestError(400, f"value {column} of {what} {number} is not a number")
    raise RequestError(400, "unable to evaluate the payload: the features are no table of numbers")


def _features(record: Any) -> Any:
    """Return the dense features of a record in either of the documented shapes."""
    if not isinstance(record, dict):
        return None
    found = record.get("features")
    data = record.get("data")
    if found is None and isinstance(data, dict):
        found = data.get("features")
    return found.get("values") if isinstance(found, dict) and "keys" not in found else found


def _table(rows: list[Any], features: int) -> Rows:
    """Return *rows* as an array; raise ValueError or TypeError when they are not a table of numbers."""
    table = np.array(rows)
    if table.dtype.kind not in "iuf" or table.ndim != 2 or table.shape[1] != features:
        raise ValueError("no table of numbers")
    numbers = table.astype(np.float64)
    if not np.isfinite(numbers).all():
        row, column = np.argwhere(~np.isfinite(numbers))[0] + 1
        raise RequestError(400, f"value {column} of record {row} is not finite")
    return numbers


def _wrong_width(what: str, features: int) -> RequestError:
    return RequestError(
        400, f"unable to evaluate the payload: {what}, the model was trained on {features} features"
    )


_READERS: dict[str, Callable[[str, int], Rows]] = {JSON_LINES: _json_lines, JSON: _json, CSV: _csv}
