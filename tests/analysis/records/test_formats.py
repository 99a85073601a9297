"""dataset_format: every spelling that is in use, and what is wrong with any other."""

from __future__ import annotations

import pytest

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.formats import DatasetFormat, Kind

BOTH = ("endpointInput", "endpointOutput")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"csv": {"header": true, "output_columns_position": "START"}}',
            DatasetFormat(Kind.CSV, header=True),
        ),
        ('{"csv": {}}', DatasetFormat(Kind.CSV)),
        ('{"Csv": {"Header": true}}', DatasetFormat(Kind.CSV, header=True)),
        ('{"json": {"lines": true}}', DatasetFormat(Kind.JSON, lines=True)),
        ('{"json": {}}', DatasetFormat(Kind.JSON)),
        ('{"Json": {"Line": true}}', DatasetFormat(Kind.JSON, lines=True)),
        ('{"Parquet": {}}', DatasetFormat(Kind.PARQUET)),
        ('{"parquet": {}}', DatasetFormat(Kind.PARQUET)),
        (
            '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}',
            DatasetFormat(Kind.CAPTURE, parts=BOTH),
        ),
        (
            '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput"],"outputColumnsPosition":"END"}}',
            DatasetFormat(Kind.CAPTURE, parts=BOTH[:1], outputs="END"),
        ),
        (
            '{"sagemakerMergeJson":{"captureIndexNames":["endpointOutput"],"originalDatasetFormat":null}}',
            DatasetFormat(Kind.MERGE, parts=BOTH[1:]),
        ),
        (
            '{"sagemakerMergeJson":{"captureIndexNames":["batchTransformOutput"]}}',
            DatasetFormat(Kind.MERGE, parts=("batchTransformOutput",)),
        ),
    ],
)
def test_every_spelling_is_read(text: str, expected: DatasetFormat) -> None:
    """The SDK's, the API's and the service's words mean the same."""
    assert DatasetFormat.of(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("csv", "dataset_format is not JSON"),
        ("[]", "must be an object with one key"),
        ('{"csv": {}, "json": {}}', "must be an object with one key"),
        ('{"avro": {}}', "'avro' is not known; it must be one of csv, json, parquet, sagemakerCaptureJson"),
        ('{"csv": null}', "dataset_format.csv must be an object"),
        ('{"csv": {"header": 1}}', "dataset_format.csv.header must be true or false"),
        ('{"Json": {"Line": "yes"}}', "dataset_format.Json.Line must be true or false"),
        ('{"Parquet": {"header": true}}', "dataset_format.Parquet has unknown keys: header"),
        ('{"csv": {"output_columns_position": "LEFT"}}', "must be one of START, END"),
        ('{"sagemakerCaptureJson": {}}', "captureIndexNames must list what of a record is analysed"),
        ('{"sagemakerCaptureJson": {"captureIndexNames": ["input"]}}', "of endpointInput, endpointOutput"),
        ('{"sagemakerCaptureJson": {"captureIndexNames": []}}', "captureIndexNames must list"),
        (
            '{"sagemakerMergeJson": {"captureIndexNames": ["endpointInput", "endpointInput"]}}',
            "each once",
        ),
    ],
)
def test_what_is_no_format_is_refused(text: str, reason: str) -> None:
    """The message names the key and what is allowed there."""
    with pytest.raises(AnalysisError) as caught:
        DatasetFormat.of(text)

    assert reason in str(caught.value)


@pytest.mark.parametrize(("outputs", "order"), [("START", (BOTH[1], BOTH[0])), ("END", (BOTH[0], BOTH[1]))])
def test_outputs_come_first_unless_said_otherwise(outputs: str, order: tuple[str, ...]) -> None:
    """The order in which captureIndexNames lists the parts says nothing."""
    for parts in (BOTH, BOTH[::-1]):
        assert DatasetFormat(Kind.CAPTURE, parts=parts, outputs=outputs).ordered_parts == order
