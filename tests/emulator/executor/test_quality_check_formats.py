"""Data quality checks over HTTP: datasets that are not CSV, captured records, and the user's scripts."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import polars as pl
import pytest
from botocore.exceptions import WaiterError

from sagemaker_monitor.emulator.jobs import container

from .conftest import Start
from .test_quality_check import ANALYZER, check

LINES = '{"json": {"lines": true}}'
PARQUET = '{"Parquet": {}}'
CAPTURE = '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}'
INPUT = "/opt/ml/processing/input"
ROWS = [{"b": number % 7, "a": number / 4, "c": ("red", "green")[number % 2]} for number in range(400)]


def lines(rows: list[dict[str, Any]]) -> bytes:
    """Return rows as JSON Lines."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def parquet(rows: list[dict[str, Any]]) -> bytes:
    """Return rows as a Parquet file."""
    buffer = io.BytesIO()
    pl.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()


def captures(answers: list[str]) -> bytes:
    """Return captured records, one for each answer."""
    return lines(
        [
            {
                "captureData": {
                    "endpointInput": {"data": f"{number},x", "encoding": "CSV", "mode": "INPUT"},
                    "endpointOutput": {"data": f"{answer}\n", "encoding": "CSV", "mode": "OUTPUT"},
                },
                "eventMetadata": {"eventId": str(number), "inferenceTime": "2025-02-15T21:29:20Z"},
                "eventVersion": "0",
            }
            for number, answer in enumerate(answers)
        ]
    )


@pytest.fixture
def store(emulator: Any, bucket: str) -> Any:
    """Put objects into S3 and read documents from it."""
    s3 = emulator.client("s3")

    class Store:
        def put(self, key: str, body: bytes) -> str:
            s3.put_object(Bucket=bucket, Key=key, Body=body)
            return f"s3://{bucket}/{key}"

        def document(self, uri: str) -> Any:
            return json.loads(s3.get_object(Bucket=bucket, Key=uri.split("/", 3)[3])["Body"].read())

    return Store()


def formatted(
    name: str, data: str, format: str, scripts: dict[str, str] | None = None, **options: Any
) -> dict[str, Any]:
    """Return a check step as the SDK writes it for a format and scripts; scripts are URIs by variable."""
    step = check(f"s3://work/formats/{name}", data, **options)
    arguments = step["Arguments"]
    arguments["Environment"]["dataset_format"] = format
    for variable, uri in (scripts or {}).items():
        folder = f"{INPUT}/{variable}_input"
        source = {"S3Uri": uri, "LocalPath": folder, "S3DataType": "S3Prefix", "S3InputMode": "File"}
        arguments["ProcessingInputs"].append({"InputName": f"{variable}_input", "S3Input": source})
        arguments["Environment"][variable] = f"{folder}/{uri.rsplit('/', 1)[1]}"
    return step


FIRST = {"SkipCheck": True, "RegisterNewBaseline": True}


def supplied(name: str) -> dict[str, Any]:
    """Return the options of a check against the baseline that a step called *name* wrote."""
    return {
        f"SuppliedBaseline{kind}": f"s3://work/formats/{name}/{kind.lower()}.json"
        for kind in ("Statistics", "Constraints")
    }


@pytest.mark.parametrize(
    ("name", "format", "write", "names"),
    [("lines", LINES, lines, ["a", "b", "c"]), ("parquet", PARQUET, parquet, ["b", "a", "c"])],
)
def test_a_baseline_of_another_format(
    start: Start, store: Any, name: str, format: str, write: Any, names: list[str]
) -> None:
    """Types are those of the values; the same data meets the baseline, other types do not."""
    same = store.put(f"in/{name}/data", write(ROWS))
    other = store.put(f"in/{name}-other/data", write([{**row, "b": row["b"] + 0.5} for row in ROWS]))

    first = start([formatted(name, same, format, **FIRST)])
    assert first.wait() == "Succeeded", first.steps()
    execution = start([formatted(f"{name}-same", same, format, **supplied(name))])
    changed = start([formatted(f"{name}-other", other, format, **supplied(name))])

    features = store.document(f"s3://work/formats/{name}/constraints.json")["features"]
    types = {each["name"]: each["inferred_type"] for each in features}
    assert [each["name"] for each in features] == names
    assert types == {"a": "Fractional", "b": "Integral", "c": "String"}
    assert execution.wait() == "Succeeded", execution.steps()
    assert "ViolationReport" not in execution.steps()["Check"]["Metadata"]["QualityCheck"]
    assert changed.wait() == "Failed"
    report = changed.steps()["Check"]["Metadata"]["QualityCheck"]["ViolationReport"]
    violations = store.document(report)["violations"]
    assert [(each["feature_name"], each["constraint_check_type"]) for each in violations] == [
        ("b", "data_type_check")
    ]


def test_captured_records_are_checked_as_a_schedule_would(start: Start, store: Any) -> None:
    """The answer stands before the request's cells; a request of two rows has too many columns."""
    baseline = store.put("in/captured-base/data.csv", b"score,n,c\n" + b"0.5,1,x\n" * 50)
    hour = "in/captured/endpoint/AllTraffic/2025/02/15/21"
    store.put(f"{hour}/29-20-001-a.jsonl", captures(["0.25"] * 40))
    store.put(f"{hour}/30-20-001-b.jsonl", captures(["1"] * 10))
    wide = store.put("in/wide/a.jsonl", captures(["0.5,0.5,0.5"]))

    first = start([formatted("captured", baseline, '{"csv": {"header": true}}', **FIRST)])
    assert first.wait() == "Succeeded", first.steps()
    executions = [
        start([formatted(name, data, CAPTURE, **supplied("captured"))])
        for name, data in (("captured-now", "s3://work/in/captured/"), ("wide", wide))
    ]

    found = []
    for execution in executions:
        assert execution.wait() == "Failed"
        report = execution.steps()["Check"]["Metadata"]["QualityCheck"]["ViolationReport"]
        found.append(
            [(each["feature_name"], each["description"]) for each in store.document(report)["violations"]]
        )
    now, extra = found
    assert now == [
        (
            "score",
            "Data type match requirement is not met. Expected data type: Fractional, Expected match: 100.0%. "
            "Observed: Only 80.0% of data is Fractional.",
        )
    ]
    assert [feature for feature, _ in extra] == ["Extra columns"]


BEFORE = b"""
import json, os

def preprocess_handler(inference_record, logger):
    score = float(inference_record.endpoint_output.data)
    if score > 0.9:
        return []
    return {"score": score, "tenant": os.environ["TENANT"]}
"""
AFTER = b"""
import os, pathlib

def postprocess_handler():
    folder = pathlib.Path("/opt/ml/processing/output")
    assert folder.samefile(os.environ["output_path"])
    (folder / "seen.json").write_text('"' + ",".join(sorted(each.name for each in folder.iterdir())) + '"')
"""


@pytest.mark.parametrize("mounted", [True, False])
def test_scripts_of_a_check_are_run(
    start: Start, store: Any, monkeypatch: pytest.MonkeyPatch, mounted: bool
) -> None:
    """One makes rows before the analysis, one finds results by AWS's path after it, also without a mount."""
    if not mounted:
        monkeypatch.setattr(container, "mounts", lambda: False)
    data = store.put("in/scripted/a.jsonl", captures(["0.25"] * 40 + ["0.95"] * 10))
    scripts = {
        "record_preprocessor_script": store.put("code/before.py", BEFORE),
        "post_analytics_processor_script": store.put("code/after.py", AFTER),
    }
    name = f"scripted-{mounted}"
    step = formatted(name, data, CAPTURE, scripts, **FIRST)
    step["Arguments"]["Environment"]["TENANT"] = "blue"

    execution = start([step])

    assert execution.wait() == "Succeeded", execution.steps()
    statistics = store.document(f"s3://work/formats/{name}/statistics.json")
    assert statistics["dataset"]["item_count"] == 40
    assert [each["name"] for each in statistics["features"]] == ["score", "tenant"]
    seen = store.document(f"s3://work/formats/{name}/seen.json")
    assert seen == "constraints.json,statistics.json"


@pytest.mark.parametrize(
    ("variable", "content", "reason"),
    [
        (
            "record_preprocessor_script",
            b"def preprocess_handler(record): 1 / 0",
            "There is an exception raised in preprocessor script. Please double check the preprocessor",
        ),
        ("post_analytics_processor_script", b"def postprocess_handler(): 1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_script_that_raises_fails_the_step(
    emulator: Any, start: Start, store: Any, variable: str, content: bytes, reason: str
) -> None:
    """The reason is AWS's, and no result is stored."""
    data = store.put("in/raising/a.jsonl", captures(["0.25"]))
    uri = store.put(f"code/{variable}.py", content)
    name = f"raising-{variable}"

    execution = start([formatted(name, data, CAPTURE, {variable: uri}, **FIRST)])

    assert execution.wait() == "Failed"
    assert reason in execution.steps()["Check"]["FailureReason"]
    listed = emulator.client("s3").list_objects_v2(Bucket="work", Prefix=f"formats/{name}/")
    assert listed["KeyCount"] == 0


def ended(sagemaker: Any, name: str) -> dict[str, Any]:
    """Return a processing job once it has ended."""
    with suppress(WaiterError):
        waiter = sagemaker.get_waiter("processing_job_completed_or_stopped")
        waiter.wait(ProcessingJobName=name, WaiterConfig={"Delay": 1})
    job: dict[str, Any] = sagemaker.describe_processing_job(ProcessingJobName=name)
    return job


def test_a_transforms_capture_is_given_by_its_manifest(emulator: Any, store: Any) -> None:
    """A job whose input is the manifest analyses the objects it lists; as data it is refused."""
    store.put("batch/in.csv", b"1,0.5\n" * 30)
    manifest = store.put("capture/input/2025/02/15/21/m.json", b'[{"prefix": "s3://work/batch/in.csv"}, ""]')
    request = check("s3://work/formats/batch", manifest)["Arguments"]
    request["Environment"]["dataset_format"] = '{"Csv": {"Header": false}}'
    request["AppSpecification"] = {"ImageUri": ANALYZER}
    sagemaker, jobs = emulator.client("sagemaker"), {}
    for name, kind in (("by-manifest", "ManifestFile"), ("as-data", "S3Prefix")):
        request["ProcessingInputs"][0]["S3Input"]["S3DataType"] = kind
        sagemaker.create_processing_job(ProcessingJobName=name, **request)
        jobs[name] = ended(sagemaker, name)

    assert jobs["by-manifest"]["ProcessingJobStatus"] == "Completed", jobs["by-manifest"]
    assert store.document("s3://work/formats/batch/statistics.json")["dataset"]["item_count"] == 30
    assert "'m.json' is a capture manifest, which lists data" in jobs["as-data"]["FailureReason"]
