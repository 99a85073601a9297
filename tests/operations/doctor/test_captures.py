"""What doctor says of captures and of labels that came late, over a batch that was scored and captured."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from sagemaker_monitor.operations.doctor import captures, endpoint
from sagemaker_monitor.operations.doctor.finding import Finding
from sagemaker_monitor.operations.errors import UsageError
from tests.operations.captured import Captured, fresh
from tests.operations.doctor.looking import edit, subject


def now() -> str:
    """The hour that runs, as captures have it."""
    return f"{datetime.now(UTC):%Y/%m/%d/%H}"


def labelled(captured: Captured, name: str, hour: str, count: int) -> None:
    """Put ground truth records of the first *count* captured records under *hour*."""
    lines = [
        {
            "groundTruthData": {"data": "1", "encoding": "CSV"},
            "eventMetadata": {"eventId": inference},
            "eventVersion": "0",
        }
        for inference in list(captured.ids.values())[:count]
    ]
    captured.put(name, f"{hour}/labels.jsonl", "\n".join(map(json.dumps, lines)))


def late(captured: Captured, name: str) -> Finding:
    """Return what is found of late labels."""
    (found,) = captures.late_labels(subject(captured.conf, model=name))
    return found


def test_nothing_captured(captured: Captured) -> None:
    """A month without captures is a warning, also where older ones are there; it names the window."""
    name = fresh()
    captured.model(name, "2020/01/01/00")

    (found,) = captures.of_batches(subject(captured.conf, model=name))

    assert found.status == "warning"
    assert found.seen.startswith("no batch was captured from ")


def test_captures_within_the_window(captured: Captured) -> None:
    """Their objects and hours are counted, the newest hour is named."""
    name = fresh()
    captured.model(name, now())

    (found,) = captures.of_batches(subject(captured.conf, model=name))

    assert found.status == "ok"
    assert found.seen.startswith("1 object in 1 hour from ")


def test_labels_under_the_hour_of_their_capture(captured: Captured) -> None:
    """Half of the labels are too few, all are enough; under another hour they belong to nothing."""
    half, whole, elsewhere = fresh(), fresh(), fresh()
    for name, hour, count in ((half, now(), 4), (whole, now(), 8), (elsewhere, "2020/01/01/00", 8)):
        captured.model(name, now())
        labelled(captured, name, hour, count)

    found = {name: late(captured, name) for name in (half, whole, elsewhere)}

    assert found[half].seen.startswith("50.0% of 8 captured records have a label under their hour")
    assert (found[half].status, found[whole].status, found[elsewhere].status) == ("warning", "ok", "warning")
    assert found[elsewhere].seen.startswith("0.0% of 8")
    assert f"ground-truth put LABELS --model {elsewhere}" in found[elsewhere].fix


def serve(captured: Captured, name: str, *modes: str, percentage: int = 100, types: str = "text/csv") -> None:
    """Serve the batch's model at mortgage's endpoint with data capture as given, until it is in service."""
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "m",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    capture = {
        "EnableCapture": bool(modes),
        "InitialSamplingPercentage": percentage,
        "DestinationS3Uri": f"{captured.aws.environment.storage.root}/traffic",
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes or ("Input",)],
        "CaptureContentTypeHeader": {"CsvContentTypes": [types]},
    }
    call = captured.aws.call
    call(
        "sagemaker",
        "create_endpoint_config",
        EndpointConfigName=name,
        ProductionVariants=[variant],
        DataCaptureConfig=capture,
    )
    call("sagemaker", "create_endpoint", EndpointName=f"{name}-local", EndpointConfigName=name)
    for _ in range(600):
        status = call("sagemaker", "describe_endpoint", EndpointName=f"{name}-local")["EndpointStatus"]
        if status != "Creating":
            break
        time.sleep(0.05)
    assert status == "InService"


def watched(captured: Captured) -> str:
    """Return a model of its own whose endpoint is called like it."""
    name = fresh()
    captured.model(name, now())
    edit(
        captured.conf, "name: mortgage-{environment}", "name: '{model}-{environment}'", f"models/{name}.yaml"
    )
    return name


def test_an_endpoint_that_captures_nothing(captured: Captured) -> None:
    """Data capture is off: a problem; that it serves no registered version is one, too."""
    name = watched(captured)
    serve(captured, name)
    seen = subject(captured.conf, model=name)

    (off,) = endpoint.capture(seen)
    with pytest.raises(UsageError, match=r"the artifact of no recent version"):
        list(endpoint.endpoint(seen))

    assert (off.status, "captures nothing, it is not enabled" in off.seen) == ("problem", True)


def test_an_endpoint_that_captures_half(captured: Captured) -> None:
    """Half of the requests, no answers, in base64; and nothing in the window: each is told."""
    name = watched(captured)
    serve(captured, name, "Input", percentage=50, types="text/plain")
    seen = subject(captured.conf, model=name)

    found = list(endpoint.capture(seen))
    (empty,) = captures.of_endpoint(seen)

    assert [each.status for each in found] == ["problem", "warning", "warning"]
    assert "captures no output, and both are judged" in found[0].seen
    assert "captures 50 % to s3://" in found[1].seen
    assert "captures text/csv in base64" in found[2].seen
    assert (empty.status, "nothing ever was: monitor-endpoint would find nothing" in empty.seen) == (
        "problem",
        True,
    )


def test_captures_of_an_endpoint_by_the_hour(captured: Captured) -> None:
    """Within the window they are counted; of older ones the newest hour is named."""
    name = watched(captured)
    serve(captured, name, "Input", "Output")
    seen = subject(captured.conf, model=name)
    root = f"{captured.aws.environment.storage.root}/traffic/{name}-local/AllTraffic"
    captured.store(f"{root}/2025/12/31/22/a.jsonl", "{}")
    captured.store(f"{root}/2026/02/28/23/a.jsonl", "{}")
    (old,) = captures.of_endpoint(seen)
    captured.store(f"{root}/{now()}/a.jsonl", "{}")
    (new,) = captures.of_endpoint(subject(captured.conf, model=name))

    assert "the newest hour is 2026-02-28T23:00:00Z" in old.seen
    assert (old.status, new.status) == ("problem", "ok")
