"""What becomes of one captured line: its records, cell by cell, or why it cannot be used."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sagemaker_monitor.analysis.invocations.captured import UnusableError, read_invocation
from sagemaker_monitor.analysis.invocations.expected import CSV, JSON, LINES, Expected
from sagemaker_monitor.analysis.invocations.records import AskedRecord, records_of

OF_CSV = Expected(("a", "b"))
OF_LINES = Expected(("a", "b"), LINES, "features", None, LINES, "score", values=2, prediction=1)
OF_JSON = Expected(("a", "b"), JSON, "instances[*].features", "instances[*].id", JSON, "predictions[*].score")


def line(sent: Any, answered: Any, **metadata: Any) -> str:
    """A captured record as AWS writes it; texts are CSV, anything else JSON."""

    def part(value: Any) -> dict[str, Any]:
        if isinstance(value, dict) and "encoding" in value:
            return value
        if isinstance(value, str):
            return {"observedContentType": "text/csv", "data": value, "encoding": "CSV"}
        return {"observedContentType": "application/json", "data": json.dumps(value), "encoding": "JSON"}

    parts = {"endpointInput": sent, "endpointOutput": answered}
    about = {"eventId": "e1", "inferenceTime": "2026-03-01T09:00:00Z", **metadata}
    return json.dumps(
        {
            "captureData": {name: part(value) for name, value in parts.items() if value is not None},
            "eventMetadata": about,
            "eventVersion": "0",
        }
    )


def records(text: str, expected: Expected = OF_CSV) -> list[AskedRecord]:
    """The records of a line."""
    invocation = read_invocation(text)
    assert invocation is not None
    return records_of(invocation, expected)


def encoded(text: str) -> dict[str, Any]:
    """A body of a type that the endpoint's capture did not know."""
    data = base64.b64encode(text.encode()).decode()
    return {"observedContentType": LINES, "data": data, "encoding": "BASE64"}


def test_cells_of_csv_are_copied_as_they_stand() -> None:
    """1 and 1.0, blanks, quotes and an empty cell stay what they are; the answer's end of line does not."""
    assert records(line('1.0," x, y"', "0.25\n", inferenceId="i1")) == [
        AskedRecord("i1", "i1", ["1.0", " x, y"], ["0.25"])
    ]
    assert records(line("007,", "0.25")) == [AskedRecord("e1", "e1", ["007", ""], ["0.25"])]


@pytest.mark.parametrize("answered", ["0.1\n0.2\n0.3\n", "0.1,0.2,0.3", "0.1, 0.2\n0.3"])
def test_records_of_one_request_are_named_by_their_places(answered: str) -> None:
    """Containers answer a line a record or all in one; labels name them i1/0, i1/1, …"""
    found = records(line("1,2\n3,4\r\n\n5,6\n", answered, inferenceId="i1"))

    assert [(each.id, each.features, each.answer) for each in found] == [
        ("i1/0", ["1", "2"], ["0.1"]),
        ("i1/1", ["3", "4"], ["0.2"]),
        ("i1/2", ["5", "6"], ["0.3"]),
    ]


def test_json_lines_keep_the_writing_of_numbers() -> None:
    """Features may be lists or objects by name; booleans and null become what CSV has for them."""
    sent = '{"features": [1.50, true]}\n{"features": {"b": null, "a": 1e3, "other": "x"}}\n{"features": {}}\n'
    answered = '{"score": 0.980, "label": 1}\n{"score": 1}\n{"score": 0.5}'

    assert records(line(encoded(sent), encoded(answered)), OF_LINES) == [
        AskedRecord("e1/0", "e1/0", ["1.50", "true"], ["", "0.980"]),
        AskedRecord("e1/1", "e1/1", ["1e3", ""], ["", "1"]),
        AskedRecord("e1/2", "e1/2", ["", ""], ["", "0.5"]),
    ]


def test_a_json_document_has_all_records_and_their_keys() -> None:
    """Record keys come from the request where it has them; ids are the request's."""
    sent = {"instances": [{"id": "A", "features": [1, 2]}, {"id": 7, "features": [3, 4]}]}
    answered = {"predictions": [{"score": 0.5}, {"score": 0.25}]}

    found = records(line(sent, answered, inferenceId="i1"), OF_JSON)

    assert [(each.id, each.key, each.features) for each in found] == [
        ("i1/0", "A", ["1", "2"]),
        ("i1/1", "7", ["3", "4"]),
    ]


def test_one_record_alone_is_a_list_of_cells() -> None:
    """An expression that finds one record's features finds one record, and one number its prediction."""
    expected = Expected(("a", "b"), JSON, "features", None, JSON, "score")

    assert records(line({"features": [1, "x"]}, {"score": 0.5}), expected) == [
        AskedRecord("e1", "e1", ["1", "x"], ["0.5"])
    ]


def test_answers_may_be_of_another_type_than_requests() -> None:
    """A container that is sent CSV may answer JSON."""
    expected = Expected(("a", "b"), CSV, None, None, JSON, "predictions[*].score", values=2, prediction=1)

    (found,) = records(line("1,2", {"predictions": [{"score": 0.5, "predicted_label": 1}]}), expected)

    assert found.answer == ["", "0.5"]


def test_without_need_of_answers_none_is_read() -> None:
    """Inputs and attributions can be judged of an endpoint that captures inputs alone."""
    expected = Expected(("a", "b"), values=2, needs_answers=False)

    assert records(line("1,2", None), expected)[0].answer == ["", ""]
    assert records(line("1,2", "not read"), expected)[0].answer == ["", ""]


def test_a_line_that_is_no_utf_8_is_not_mended() -> None:
    """Otherwise characters of a feature would be others than those that the model was sent."""
    text = line("1,é", "0.5", eventId="e1").replace("\\u00e9", "é")

    assert records(text)[0].features == ["1", "é"]
    with pytest.raises(UnusableError, match="is not JSON"):
        read_invocation(text.encode("latin-1"))


def test_what_a_shadow_variant_was_asked_is_nobody_s() -> None:
    """Its answers reached no client."""
    assert read_invocation(line("1,2", "0.5", invocationSource="ShadowExperiment")) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "has no captureData"),
        ('{"captureData": {}}', "has no eventMetadata"),
        (line("1,2", "0.5", eventId=""), "has no eventMetadata.eventId"),
        (line("1,2", "0.5", inferenceTime="yesterday"), "inferenceTime is no time of UTC"),
        (line({"encoding": "XML", "data": "1"}, "0.5"), "none of CSV, JSON and BASE64"),
        (line({"encoding": "CSV"}, "0.5"), "its endpointInput has no data"),
        (line({"encoding": "BASE64", "data": "%"}, "0.5"), "in BASE64 that is no text"),
        (line(None, "0.5"), "has no endpointInput: does the endpoint capture inputs"),
        (line("1,2", None), "has no endpointOutput: does the endpoint capture outputs"),
        (line("\n", "0.5"), "holds no record"),
        (line('1,"2', "0.5"), "has endpointInput that is not CSV"),
        (line("1,2", "0.5,0.6"), "has 2 values in its answer, and 1 were expected"),
    ],
)
def test_what_cannot_be_used_says_why(text: str, why: str) -> None:
    """The reason names what is missing, and never what stands there."""
    with pytest.raises(UnusableError, match=why):
        records(text)


@pytest.mark.parametrize(
    ("sent", "answered", "why"),
    [
        ({"instances": []}, {"predictions": []}, "holds no record"),
        ({"other": 1}, {"predictions": []}, "the expression of features finds nothing"),
        ({"instances": [{"features": [[1]]}]}, {}, "neither a number nor text"),
        ({"instances": [{"features": [1]}]}, {}, "has no record_key for each|record_key finds nothing"),
        ({"instances": [{"features": [1], "id": 1}]}, {"predictions": []}, "of 0 records in its answer to 1"),
        ("1,2", {}, "has endpointInput that is not JSON"),
    ],
)
def test_json_that_is_not_as_expected_says_why(sent: Any, answered: Any, why: str) -> None:
    """The expression that found nothing is named by its key."""
    with pytest.raises(UnusableError, match=why):
        records(line(sent, answered), OF_JSON)
