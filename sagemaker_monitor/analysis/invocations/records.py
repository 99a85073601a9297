"""The records of one captured request: features, key and id of each, and what the model answered.

A request may hold several records. Cells are copied as they stand, numbers of JSON too: 1 and 1.0 are
different types to AWS. Runs under Python 3.8 with the standard library and jmespath only.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any, Iterator, List, Sequence

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.expressions import found
from sagemaker_monitor.analysis.invocations.captured import Invocation, UnusableError
from sagemaker_monitor.analysis.invocations.expected import CSV, LINES, Expected

FEATURES, KEY, PREDICTION = "features", "record_key", "prediction"


@dataclass(frozen=True)
class AskedRecord:
    """One record that the model was asked about; *answer* has the cells of its answer, all of them or none.

    *id* is what labels name it by. Of several records of one request it is the request's with the record's
    place, from 0: `order-7/0`.
    """

    id: str
    key: str
    features: List[str]
    answer: List[str]


def records_of(invocation: Invocation, expected: Expected) -> List[AskedRecord]:
    """Return the records of a captured request, in their order. Raises UnusableError.

    Without answers that anything needs, cells of an answer that was not captured are empty.
    """
    if invocation.input is None:
        raise UnusableError("has no endpointInput: does the endpoint capture inputs (CaptureMode Input)?")
    features = list(_features(invocation.input, expected))
    if not features:
        raise UnusableError("holds no record")
    keys = _keys(invocation.input, expected, len(features))
    answers = _answers(invocation.output, expected, len(features))
    ids = [invocation.id] if len(features) == 1 else [f"{invocation.id}/{at}" for at in range(len(features))]
    return [
        AskedRecord(name, key if key is not None else name, cells, answer)
        for name, key, cells, answer in zip(ids, keys, features, answers)
    ]


def _features(text: str, expected: Expected) -> Iterator[List[str]]:
    if expected.request_type == CSV:
        yield from _csv(text, "endpointInput")
        return
    for record in _found(text, expected.request_type, expected.features_at, "endpointInput", FEATURES):
        if isinstance(record, dict):
            # Serialisers leave out what is null; further members are not the model's.
            yield [_cell(record.get(name), FEATURES) for name in expected.features]
        elif isinstance(record, list):
            yield [_cell(value, FEATURES) for value in record]
        else:
            raise UnusableError("has features that are neither a list nor an object by name")


def _keys(text: str, expected: Expected, count: int) -> Sequence[str | None]:
    if expected.request_type == CSV or expected.key_at is None:
        return [None] * count
    found_keys = _found(text, expected.request_type, expected.key_at, "endpointInput", KEY)
    keys = [_cell(key, KEY).strip() for key in found_keys]
    if len(keys) != count or not all(keys):
        raise UnusableError("has no record_key for each of its records")
    return keys


def _answers(text: str | None, expected: Expected, count: int) -> List[List[str]]:
    if text is None or not expected.needs_answers:
        if expected.needs_answers:
            raise UnusableError(
                "has no endpointOutput: does the endpoint capture outputs (CaptureMode Output)?"
            )
        return [[""] * expected.values for _ in range(count)]
    if expected.answer_type == CSV:
        # Some containers answer a line, others all records in one line.
        cells = [cell.strip() for row in _csv(text, "endpointOutput") for cell in row]
        if len(cells) != count * expected.values:
            raise UnusableError(
                f"has {len(cells)} values in its answer, and {count * expected.values} were expected: "
                f"schema.prediction.values is {expected.values}, of {_records(count)}"
            )
        return [cells[at : at + expected.values] for at in range(0, len(cells), expected.values)]
    predictions = list(
        _found(text, expected.answer_type, expected.prediction_at, "endpointOutput", PREDICTION)
    )
    if len(predictions) != count:
        raise UnusableError(f"has predictions of {_records(len(predictions))} in its answer to {count}")
    answers = []
    for prediction in predictions:
        answer = [""] * expected.values
        answer[expected.prediction] = _cell(prediction, PREDICTION)
        answers.append(answer)
    return answers


def _csv(text: str, name: str) -> List[List[str]]:
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise UnusableError(f"has {name} that is not CSV") from error


def _found(text: str, content_type: str, expression: str | None, name: str, what: str) -> Iterator[Any]:
    """Yield what *expression* finds of each record; in a JSON document it finds all records' at once."""
    if content_type == LINES:
        for line in text.split("\n"):
            if line.strip():
                yield _search(line, expression, name, what)
        return
    value = _search(text, expression, name, what)
    # The features of one record alone are a list, too: of cells.
    several = isinstance(value, list) and (
        what != FEATURES or all(isinstance(each, (list, dict)) for each in value)
    )
    yield from value if several else [value]


def _search(text: str, expression: str | None, name: str, what: str) -> Any:
    try:
        # As text, so that 1 and 1.0 stay what they are.
        document = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except ValueError as error:
        raise UnusableError(f"has {name} that is not JSON") from error
    try:
        value = found(str(expression), what, document)
    except AnalysisError as error:
        raise UnusableError(f"has {name} in which the expression of {what} cannot be evaluated") from error
    if value is None:
        raise UnusableError(f"has {name} in which the expression of {what} finds nothing")
    return value


def _cell(value: Any, what: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    raise UnusableError(f"has {what} with a value that is neither a number nor text")


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"
