"""What has to hold after a kill and a restart, whenever the kill came."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from botocore.exceptions import ClientError

from tests.emulator.faults.load import FILES, PART, Load

STOPPED = "the emulator was stopped while"
RUNNING = ("Executing", "Starting", "InProgress", "Stopping", "Pending", "Creating", "Updating", "Deleting")


def check(load: Load) -> None:
    """Check everything that the clients know of; the emulator runs again."""
    _check_state(load)
    _check_objects(load)
    _check_pipelines(load)
    _check_jobs(load)
    _check_same_prefix(load)
    _check_endpoints(load)
    _check_schedule(load)
    load.known.forget()


def _check_state(load: Load) -> None:
    with closing(sqlite3.connect(f"file:{load.victim.state_dir / 'state.db'}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for kind, body in database.execute("SELECT kind, body FROM documents"):
            document = json.loads(body)
            statuses = [value for name, value in document.items() if name.endswith("Status")]
            assert not set(statuses) & set(RUNNING), (kind, document)
    assert not list((load.victim.state_dir / "s3" / ".incoming").iterdir())


def _unless_gone(call: Callable[..., Any], words: str, **request: Any) -> Any:
    """Return what a call answers; None where it says in these words that there is no such thing."""
    try:
        return call(**request)
    except ClientError as error:
        if words in str(error):
            return None
        raise


def _objects(load: Load, prefix: str) -> dict[str, dict[str, Any]]:
    pages = load.s3.get_paginator("list_objects_v2").paginate(Bucket="data", Prefix=prefix)
    return {each["Key"]: each for page in pages for each in page.get("Contents", [])}


def _check_objects(load: Load) -> None:
    for key in load.known.names("object"):
        allowed = load.known.intended[f"object:{key}"]
        must_be = f"object:{key}" in load.known.acknowledged
        answer = _unless_gone(load.s3.get_object, "NoSuchKey", Bucket="data", Key=key)
        if answer is None:
            assert not must_be, f"{key} was acknowledged and is gone"
            continue
        body = answer["Body"].read()
        assert len(set(body)) == 1, f"{key} has bytes of several writes"
        assert body[:1].decode() in allowed, (key, body[:1], allowed)
        sizes = (400_000,) if key.startswith("puts/") else (2 * PART + 1000,)
        assert len(body) in sizes, (key, len(body))
        if key.startswith("puts/"):
            assert answer["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        load.known.acknowledge(f"object:{key}", body[:1].decode())
    for upload in load.s3.list_multipart_uploads(Bucket="data").get("Uploads", []):
        where = {"Bucket": "data", "Key": upload["Key"], "UploadId": upload["UploadId"]}
        load.s3.list_parts(**where)
        load.s3.abort_multipart_upload(**where)
    uploads = load.victim.state_dir / "s3" / ".uploads"
    assert not uploads.exists() or not list(uploads.iterdir()), "parts that belong to no upload"


def _check_pipelines(load: Load) -> None:
    for name in load.known.names("pipeline"):
        allowed = load.known.intended[f"pipeline:{name}"]
        found = _unless_gone(load.sagemaker.describe_pipeline, "ResourceNotFound", PipelineName=name)
        if found is None:
            assert f"pipeline:{name}" not in load.known.acknowledged
            continue
        versions = load.sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
        numbers = sorted(each["PipelineVersionId"] for each in versions)
        assert numbers == list(range(1, len(numbers) + 1))
        assert str(numbers[-1]) in allowed, (name, numbers, allowed)
        assert f"{name}-{numbers[-1]}" in found["PipelineDefinition"]
        for each in load.sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]:
            _check_execution(load, each["PipelineExecutionArn"])
    for arn in load.known.names("execution"):
        load.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)


def _check_execution(load: Load, arn: str) -> None:
    found = load.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    steps = load.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    statuses = {each["StepStatus"] for each in steps}
    if found["PipelineExecutionStatus"] == "Succeeded":
        assert statuses == {"Succeeded"}
        assert len(steps) == 2
    else:
        assert found["PipelineExecutionStatus"] == "Failed"
        assert STOPPED in found["FailureReason"]
        assert statuses <= {"Succeeded", "Failed"}
        assert all(STOPPED in each["FailureReason"] for each in steps if each["StepStatus"] == "Failed")


def _check_jobs(load: Load) -> None:
    for prefix in ("Processing", "Transform", "Training"):
        describe = getattr(load.sagemaker, f"describe_{prefix.lower()}_job")
        for name in load.known.names(prefix.lower()):
            what = f"{prefix.lower()}:{name}"
            job = _unless_gone(describe, "Could not find", **{f"{prefix}JobName": name})
            if job is None:
                assert what not in load.known.acknowledged, f"{name} was acknowledged and is gone"
                assert not _objects(load, f"out/{name}/")
                continue
            status = job[f"{prefix}JobStatus"]
            assert status in ("Completed", "Failed"), (name, status)
            if status == "Failed":
                assert STOPPED in job["FailureReason"], job["FailureReason"]
            if not name.startswith("again-"):
                _check_outputs(load, prefix, name, status)


def _check_outputs(load: Load, prefix: str, name: str, status: str) -> None:
    found = _objects(load, f"out/{name}/")
    wanted = {"Processing": FILES, "Transform": 5, "Training": 2}[prefix]
    assert len(found) == (wanted if status == "Completed" else 0), (name, status, sorted(found))
    if prefix == "Training" and found:
        path = load.victim.state_dir / "s3" / "data" / "out" / name / "output" / "output.tar.gz"
        with tarfile.open(path) as tar:
            assert len(tar.getnames()) == 20


def _check_same_prefix(load: Load) -> None:
    """What several jobs write to one prefix is all of one job's, whichever was killed."""
    words = set()
    for key in _objects(load, "same/"):
        body = load.s3.get_object(Bucket="data", Key=key)["Body"].read()
        assert len(body) == 20_000
        words |= set(body)
    assert len(words) <= 1, f"outputs of several jobs: {words}"


def _check_endpoints(load: Load) -> None:
    assert load.ask("steady") == "3.0"
    for name in load.known.names("endpoint"):
        what = f"endpoint:{name}"
        found = _unless_gone(load.sagemaker.describe_endpoint, "Could not find", EndpointName=name)
        if found is None:
            gone = "gone" in load.known.intended[what]
            assert gone or what not in load.known.acknowledged, f"{name} was acknowledged and is gone"
            load.known.acknowledge(what, "gone")
            continue
        assert load.known.acknowledged.get(what) != "gone", f"{name} was deleted and is there"
        if found["EndpointStatus"] == "InService":
            assert load.ask(name) == "3.0"
        else:
            assert found["EndpointStatus"] == "Failed"
            assert STOPPED in found["FailureReason"]
        load.sagemaker.delete_endpoint(EndpointName=name)
        load.known.acknowledge(what, "gone")
    kept = load.victim.state_dir / "endpoints" / "us-east-1"
    assert [each.name for each in kept.iterdir()] == ["steady"], "archives of endpoints that are gone"
    assert len(list((kept / "steady").iterdir())) == 1


def _check_schedule(load: Load) -> None:
    for each in _executions(load):
        status = each["MonitoringExecutionStatus"]
        assert status in ("Completed", "CompletedWithViolations", "Failed"), each
        if status == "Failed":
            reason = each["FailureReason"]
            assert STOPPED in reason or "No S3 objects" in reason or "no data" in reason.lower(), reason


def _executions(load: Load) -> Iterator[dict[str, Any]]:
    pages = load.sagemaker.get_paginator("list_monitoring_executions")
    for page in pages.paginate(MonitoringScheduleName="hourly"):
        yield from page["MonitoringExecutionSummaries"]
