"""The logs of jobs in CloudWatch Logs, as AWS's clients read them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.jobs.job_log import Recorder
from tests.emulator.conftest import RunningEmulator
from tests.emulator.jobs.conftest import processing_request

PROCESSING, TRANSFORM = "/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TransformJobs"
CODE = (
    "import sys, time; print('first'); time.sleep(0.3); print('second', file=sys.stderr, flush=True); "
    "print(*(f'line {n}' for n in range(30)), sep=chr(10)); sys.stdout.write('no end')"
)


@pytest.fixture(scope="module")
def logs(emulator: RunningEmulator) -> Any:
    """A client of CloudWatch Logs, of an emulator in which the job `told` has run."""
    emulator.client("s3").create_bucket(Bucket="data")
    request = processing_request("told", code=CODE)
    request.pop("ProcessingInputs", None)
    emulator.client("sagemaker").create_processing_job(**request)
    emulator.context.jobs.wait(emulator.context, "processing-job", "told")
    return emulator.client("logs")


def stream_of(logs: Any, job: str) -> dict[str, Any]:
    """Return the one stream of a job, found as the SDK finds it."""
    found = logs.describe_log_streams(
        logGroupName=PROCESSING, logStreamNamePrefix=f"{job}/", orderBy="LogStreamName", limit=1
    )
    (stream,) = found["logStreams"]
    return dict(stream)


def test_a_job_has_a_stream_of_awss_name(logs: Any) -> None:
    """Group and stream are called as on AWS, and the stream says when it began and ended."""
    stream = stream_of(logs, "told")

    assert re.fullmatch(r"told/algo-1-\d{10}", stream["logStreamName"])
    assert stream["lastEventTimestamp"] - stream["firstEventTimestamp"] >= 300
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]
    assert [group["logGroupName"] for group in groups] == [PROCESSING]
    assert groups[0]["storedBytes"] > 0


def test_events_are_read_from_the_head_in_pages(logs: Any) -> None:
    """Forward tokens lead through all lines of both outputs, and the same token again is the end."""
    asked: dict[str, Any] = {
        "logGroupName": PROCESSING,
        "logStreamName": stream_of(logs, "told")["logStreamName"],
        "startFromHead": True,
        "limit": 20,
    }
    messages: list[str] = []
    while True:
        page = logs.get_log_events(**asked)
        messages += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == asked.get("nextToken"):
            break
        asked["nextToken"] = page["nextForwardToken"]

    assert sorted(messages[:2]) == ["first", "second"]
    assert messages[2:] == [*(f"line {number}" for number in range(30)), "no end"]


def test_the_last_events_come_first_without_a_token(logs: Any) -> None:
    """The tail of a log is one call, and a backward token goes on before it."""
    asked = {
        "logGroupName": PROCESSING,
        "logStreamName": stream_of(logs, "told")["logStreamName"],
        "limit": 2,
    }
    tail = logs.get_log_events(**asked)
    before = logs.get_log_events(**asked, nextToken=tail["nextBackwardToken"])

    assert [event["message"] for event in tail["events"]] == ["line 29", "no end"]
    assert [event["message"] for event in before["events"]] == ["line 27", "line 28"]


def test_events_can_be_asked_for_by_time(logs: Any) -> None:
    """startTime leaves out what came before, in one stream and in all."""
    stream = stream_of(logs, "told")
    asked = {"logGroupName": PROCESSING, "startTime": stream["lastEventTimestamp"]}
    late = logs.filter_log_events(**asked, logStreamNamePrefix="told")["events"]
    same = logs.get_log_events(**asked, logStreamName=stream["logStreamName"], startFromHead=True)["events"]

    messages = [event["message"] for event in late]
    assert "first" not in messages
    assert messages[-1] == "no end"
    assert [event["message"] for event in same] == messages


def test_a_running_job_can_be_read(emulator: RunningEmulator, logs: Any) -> None:
    """What a job has written is there while it runs, whole lines only."""
    code = "import time; print('begun'); print('half', end='', flush=True); time.sleep(60)"
    request = processing_request("running", code=code)
    request.pop("ProcessingInputs", None)
    sagemaker = emulator.client("sagemaker")
    sagemaker.create_processing_job(**request)
    messages: list[str] = []
    while not messages:
        found = logs.describe_log_groups(logGroupNamePrefix=PROCESSING)["logGroups"]
        events = (
            logs.filter_log_events(logGroupName=PROCESSING, logStreamNamePrefix="running") if found else {}
        )
        messages = [event["message"] for event in events.get("events", [])]
    sagemaker.stop_processing_job(ProcessingJobName="running")
    emulator.context.jobs.wait(emulator.context, "processing-job", "running")

    assert messages == ["begun"]


def test_a_log_that_cannot_be_written_holds_nobody_up(tmp_path: Path) -> None:
    """What a job writes is taken from it, even where there is no place to keep it."""
    recorder = Recorder(tmp_path / "gone" / "log.txt")
    os.write(recorder.fd, b"x" * 65536)
    os.write(recorder.fd, b"x" * 65536)
    recorder.release()
    recorder.close()

    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("operation", "request_", "code", "text"),
    [
        ("describe_log_streams", {"logGroupName": TRANSFORM}, "ResourceNotFoundException", "log group"),
        (
            "get_log_events",
            {"logGroupName": PROCESSING, "logStreamName": "nobody/algo-1-1"},
            "ResourceNotFoundException",
            "log stream",
        ),
        (
            "get_log_events",
            {"logGroupName": PROCESSING, "nextToken": "mine", "logStreamName": ""},
            "InvalidParameterException",
            "nextToken",
        ),
        (
            "filter_log_events",
            {"logGroupName": PROCESSING, "filterPattern": "[a, b]"},
            "InvalidParameterException",
            "not understood here; give terms",
        ),
    ],
)
def test_what_is_not_there_is_an_error(
    logs: Any, operation: str, request_: dict[str, Any], code: str, text: str
) -> None:
    """Unknown groups, streams and tokens have CloudWatch's codes."""
    if request_.get("logStreamName") == "":
        request_ = {**request_, "logStreamName": stream_of(logs, "told")["logStreamName"]}
    with pytest.raises(ClientError, match=text) as caught:
        getattr(logs, operation)(**request_)

    assert caught.value.response["Error"]["Code"] == code


def test_lines_can_be_asked_for_by_a_pattern(logs: Any) -> None:
    """Terms are all needed, -terms are not wanted, one of ?terms is; phrases have quotes."""
    asked = {"logGroupName": PROCESSING, "logStreamNames": [stream_of(logs, "told")["logStreamName"]]}

    def lines(text: str) -> list[str]:
        return [each["message"] for each in logs.filter_log_events(filterPattern=text, **asked)["events"]]

    assert lines("second") == ["second"]
    assert lines('"line 2" 9') == ["line 29"]
    assert lines("?first ?second") == ["first", "second"]
    assert lines("line -1 -2") == ["line 0", *(f"line {n}" for n in range(3, 10))]
    assert lines("Second") == []
    for text in ('"no end', "{ $.a = 1 }"):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            lines(text)


def test_groups_of_jobs_are_listed_beside_others(logs: Any) -> None:
    """Without a prefix, and by a part of the name, each group once."""
    logs.create_log_group(logGroupName="/aws/of-my-own")
    every = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    assert {PROCESSING, "/aws/of-my-own"} <= set(every)
    assert len(set(every)) == len(every)
    found = logs.describe_log_groups(logGroupNamePattern="Processing")["logGroups"]
    assert [group["logGroupName"] for group in found] == [PROCESSING]
    below = [
        group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePrefix="/aws/")["logGroups"]
    ]
    assert below == ["/aws/of-my-own", PROCESSING]


def test_other_groups_are_kept_too(logs: Any) -> None:
    """A group of one's own is made and written to as before."""
    logs.create_log_group(logGroupName="mine")
    logs.create_log_stream(logGroupName="mine", logStreamName="s")
    logs.put_log_events(
        logGroupName="mine", logStreamName="s", logEvents=[{"timestamp": 1_790_000_000_000, "message": "m"}]
    )

    assert [
        group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePrefix="m")["logGroups"]
    ] == ["mine"]
