"""Questions that are answered late, so that clients need not sleep between two."""

from __future__ import annotations

import threading
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sagemaker_monitor.emulator.patience import QUESTIONS, Client, hold
from sagemaker_monitor.emulator.wire import operation_model
from tests.emulator.conftest import REGION, RunningEmulator

NAME = "held"


@pytest.fixture
def job(emulator: RunningEmulator) -> dict[str, Any]:
    """A processing job that runs for as long as the test says."""
    record = {
        "ProcessingJobName": NAME,
        "ProcessingJobArn": emulator.context.arn("processing-job", NAME),
        "ProcessingJobStatus": "InProgress",
        "CreationTime": 1.0,
        "_LastModified": 1.0,
        "AppSpecification": {"ImageUri": "image"},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
    }
    emulator.context.store.put("processing-job", NAME, record)
    return record


def test_a_waiter_is_answered_when_the_job_has_ended(emulator: RunningEmulator, job: dict[str, Any]) -> None:
    """Its first question finds the job completed: it would sleep for a minute before a second one."""
    store = emulator.context.store
    ended = job | {"ProcessingJobStatus": "Completed"}
    timer = threading.Timer(0.3, store.put, ("processing-job", NAME, ended))
    began = time.monotonic()
    timer.start()

    waiter = emulator.client("sagemaker").get_waiter("processing_job_completed_or_stopped")
    waiter.wait(ProcessingJobName=NAME)

    assert 0.3 <= time.monotonic() - began < 10


def test_a_client_of_little_patience_waits_all_the_same(
    emulator: RunningEmulator, job: dict[str, Any]
) -> None:
    """It hears meanwhile that the answer is still to come; silence would end its connection."""
    store, ended = emulator.context.store, job | {"ProcessingJobStatus": "Completed"}
    config = Config(read_timeout=1.2, retries={"max_attempts": 0})
    impatient: Any = boto3.client(
        "sagemaker",
        endpoint_url=emulator.url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )
    threading.Timer(1.5, store.put, ("processing-job", NAME, ended)).start()

    impatient.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName=NAME)

    assert impatient.describe_processing_job(ProcessingJobName=NAME)["ProcessingJobStatus"] == "Completed"
    impatient.close()


def test_everybody_else_is_answered_at_once(emulator: RunningEmulator, job: dict[str, Any]) -> None:
    """A client that asks in a loop of its own sees the job run."""
    began = time.monotonic()

    described = emulator.client("sagemaker").describe_processing_job(ProcessingJobName=NAME)

    assert described["ProcessingJobStatus"] == job["ProcessingJobStatus"]
    assert time.monotonic() - began < 10


def test_nobody_is_held_for_longer_than_is_said(emulator: RunningEmulator, job: dict[str, Any]) -> None:
    """What does not end is answered as it is, and what is not there is not waited for."""
    began, waiter = time.monotonic(), Client("m/B")

    for name, longest in ((job["ProcessingJobName"], 0.1), ("nobody", 60.0)):
        hold(emulator.context, "DescribeProcessingJob", {"ProcessingJobName": name}, waiter, longest)
    hold(emulator.context, "DescribeModel", {"ModelName": "nobody"}, waiter)

    assert 0.1 <= time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 m/E,g,N,b,Z,B cfg/retry-mode#standard", True),
        ("Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 m/E,g,N,b,Z cfg/retry-mode#standard", False),
        ("Boto3/1.44.8 m/E,b cfg/retry-mode#legacy lib/AWS-SageMaker-Python-SDK#2.257.7", True),
        ("Boto3/1.44.8 m/E,b cfg/retry-mode#legacy lib/AWS-SageMakerCore#2.27.0", True),
        ("Boto3/1.44.5 md/Botocore#1.44.5 m/E sagemaker-monitor", False),
        ("aws-cli/2.24.21 ua/2.1 md/prompt#off md/command#sagemaker.wait.endpoint-in-service", True),
        ("aws-cli/2.24.21 ua/2.1 md/prompt#off md/command#sagemaker.describe-endpoint", False),
        ("", False),
    ],
)
def test_clients_are_known_by_what_they_say_of_themselves(user_agent: str, expected: bool) -> None:
    """As clients of today send it: waiters of botocore, and the SDKs; not this project's own."""
    assert Client(user_agent).sleeps is expected


def test_operations_that_are_held_are_those_of_sagemaker() -> None:
    """Each is one of its own, by its whole name."""
    assert all(operation_model(name) is not None for name in QUESTIONS)
