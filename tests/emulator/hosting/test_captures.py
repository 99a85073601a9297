"""What an endpoint's data capture records, and where."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from sagemaker_monitor.analysis.records.captured import events
from sagemaker_monitor.emulator.hosting.captures import CaptureConfig, Exchange
from tests.emulator.hosting.conftest import Hosted

BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
CAPTURE: dict[str, Any] = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://data/captures/",
    "CaptureOptions": BOTH,
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}
RECORDED = (
    '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"31,2,999,0,1",'
    '"encoding":"CSV"},"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT",'
    '"data":"0.1255551427602768\\n","encoding":"CSV"}},"eventMetadata":{"eventId":"ID","inferenceId":"234",'
    '"customAttributes":["…"],"inferenceTime":"2025-02-15T21:29:20Z"},"eventVersion":"0"}'
)
"""A record of an endpoint of AWS, as a public notebook printed it, but for its event id."""


def exchange(**changes: Any) -> Exchange:
    """Return the exchange of the recorded line, or another one."""
    given = {
        "at": 1739654960.9,
        "input_type": "text/csv",
        "input": b"31,2,999,0,1",
        "output_type": "text/csv; charset=utf-8",
        "output": b"0.1255551427602768\n",
        "inference_id": "234",
        "custom_attributes": "…",
        **changes,
    }
    return Exchange(**given)


def config(**changes: Any) -> CaptureConfig:
    """Return what a DataCaptureConfig asks for."""
    found = CaptureConfig.of({**CAPTURE, **changes})
    assert found is not None
    return found


def test_a_record_has_the_recorded_form() -> None:
    """Byte for byte, but for the id of the event."""
    line = config().line(exchange())

    assert re.sub(r'"eventId":"[0-9a-f-]{36}"', '"eventId":"ID"', line) == RECORDED


def test_what_the_client_did_not_say_is_absent() -> None:
    """An inference id and custom attributes are there only where they came with the request."""
    about = json.loads(config().line(exchange(inference_id=None, custom_attributes=None)))["eventMetadata"]

    assert list(about) == ["eventId", "inferenceTime"]


@pytest.mark.parametrize(
    ("content_type", "headers", "encoding"),
    [
        ("text/csv", {}, "BASE64"),
        ("application/json", {}, "BASE64"),
        ("text/csv; charset=utf-8", {"CsvContentTypes": ["text/csv"]}, "CSV"),
        ("application/json", {"CsvContentTypes": ["text/csv"]}, "BASE64"),
        ("application/jsonlines", {}, "BASE64"),
        ("application/jsonlines", {"JsonContentTypes": ["application/jsonlines"]}, "JSON"),
        ("text/csv", {"CsvContentTypes": ["text/x-own"]}, "BASE64"),
        ("application/x-npy", {}, "BASE64"),
        ("", {}, "BASE64"),
    ],
)
def test_the_content_type_decides_the_encoding(
    content_type: str, headers: dict[str, list[str]], encoding: str
) -> None:
    """Text only where the configuration lists the type; else base64."""
    made = config(CaptureContentTypeHeader=headers)
    part = json.loads(made.line(exchange(input_type=content_type, input=b"a,b")))["captureData"][
        "endpointInput"
    ]

    assert part["encoding"] == encoding
    assert (base64.b64decode(part["data"]) if encoding == "BASE64" else part["data"].encode()) == b"a,b"


def test_text_that_is_none_is_base64() -> None:
    """Bytes are never replaced."""
    part = json.loads(config().line(exchange(input=b"\xff,1")))["captureData"]["endpointInput"]

    assert (base64.b64decode(part["data"]), part["encoding"]) == (b"\xff,1", "BASE64")


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["Input"], ["endpointInput"]),
        (["Output"], ["endpointOutput"]),
        (["InputAndOutput"], ["endpointInput", "endpointOutput"]),
    ],
)
def test_only_the_parts_that_are_asked_for_are_recorded(options: list[str], parts: list[str]) -> None:
    """CaptureOptions name them."""
    made = config(CaptureOptions=[{"CaptureMode": each} for each in options])

    assert list(json.loads(made.line(exchange()))["captureData"]) == parts


def test_sampling_takes_its_share() -> None:
    """A request is recorded when its draw is below the percentage."""
    made = config(InitialSamplingPercentage=20)

    assert [made.samples(lambda at=at: at / 100) for at in (0, 19, 20, 99)] == [True, True, False, False]
    assert CaptureConfig.of({**CAPTURE, "EnableCapture": False}) is None
    assert CaptureConfig.of(None) is None


def test_traffic_is_captured_below_its_hour(hosted: Hosted) -> None:
    """In one file for what comes at once, read by the analysis; refusals of the model are not in it."""
    hosted.endpoint("Traffic", hosted.config("traffic", "doubles", capture=CAPTURE))
    for number in range(5):
        hosted.ask("Traffic", f"{number}", InferenceId=f"id-{number}")
    with pytest.raises(hosted.runtime.exceptions.ModelError):
        hosted.ask("Traffic", "broken")

    found = hosted.captured("captures/Traffic/", 5)

    (described,) = [hosted.sagemaker.describe_endpoint(EndpointName="Traffic")["DataCaptureConfig"]]
    assert described["CaptureStatus"] == "Started"
    assert described["CurrentSamplingPercentage"] == 100
    form = r"captures/Traffic/doubles/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl"
    assert all(re.fullmatch(form, key) for key in found)
    records = [record for key in sorted(found) for record in found[key]]
    assert [each["eventMetadata"]["inferenceId"] for each in records] == [f"id-{n}" for n in range(5)]
    assert [each["captureData"]["endpointOutput"]["data"] for each in records] == [
        f"{n * 2.0}\n" for n in range(5)
    ]
    files = [hosted.running.s3_root / "data" / key for key in sorted(found)]
    assert [event for event, _ in events(files)] == records


def test_captures_without_a_bucket_do_not_break_the_endpoint(hosted: Hosted) -> None:
    """They are lost, and the answer is the model's all the same."""
    lost = {**CAPTURE, "DestinationS3Uri": "s3://no-such-bucket/captures"}
    hosted.endpoint("lossy", hosted.config("lossy", "doubles", capture=lost))

    assert hosted.ask("lossy", "4")["Body"] == "8.0\n"
    hosted.running.context.hosting.flush()
    assert hosted.ask("lossy", "5")["Body"] == "10.0\n"
