"""Jobs as boto3 alone creates and watches them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import RunningEmulator
from tests.emulator.jobs.conftest import ROLE, XGBOOST, processing_request, transform_request

TAGS = [{"Key": "team", "Value": "risk"}]


@pytest.fixture(scope="module")
def sagemaker(emulator: RunningEmulator, artifact: bytes) -> Any:
    """A SageMaker client of an emulator that has the model `tiny` and an input."""
    s3, client = emulator.client("s3"), emulator.client("sagemaker")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="model.tar.gz", Body=artifact)
    s3.put_object(Bucket="data", Key="in/a.csv", Body=b"1,2\n")
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://data/model.tar.gz"}
    client.create_model(ModelName="tiny", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    return client


def test_a_transform_job_completes(emulator: RunningEmulator, sagemaker: Any) -> None:
    """boto3's waiter sees the job end; its output is an object, its tags and times are there."""
    arn = sagemaker.create_transform_job(**transform_request("over-http", Tags=TAGS))["TransformJobArn"]
    waiter = sagemaker.get_waiter("transform_job_completed_or_stopped")
    waiter.wait(TransformJobName="over-http", WaiterConfig={"Delay": 1})

    job = sagemaker.describe_transform_job(TransformJobName="over-http")

    output = emulator.client("s3").get_object(Bucket="data", Key="out/a.csv.out")["Body"].read().decode()
    assert (job["TransformJobArn"], job["TransformJobStatus"]) == (arn, "Completed")
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == TAGS
    assert re.fullmatch(r"0\.\d+\n", output)


def test_a_processing_job_completes(emulator: RunningEmulator, sagemaker: Any) -> None:
    """The script reaches S3 through the emulator with a plain boto3 client."""
    code = (
        "import boto3; body = boto3.client('s3').get_object(Bucket='data', Key='in/a.csv')['Body'].read(); "
        "open('processing/output/copy.csv', 'wb').write(body)"
    )
    sagemaker.create_processing_job(**processing_request("over-http", code=code))
    waiter = sagemaker.get_waiter("processing_job_completed_or_stopped")
    waiter.wait(ProcessingJobName="over-http", WaiterConfig={"Delay": 1})

    job = sagemaker.describe_processing_job(ProcessingJobName="over-http")

    assert job["ProcessingJobStatus"] == "Completed", job
    assert emulator.client("s3").get_object(Bucket="data", Key="out/copy.csv")["Body"].read() == b"1,2\n"


def test_lists_are_filtered_sorted_and_paged(emulator: RunningEmulator, sagemaker: Any) -> None:
    """NameContains, StatusEquals, SortBy and NextToken work; the newest comes first by default."""
    for number in range(3):
        name = f"listed-{number}"
        sagemaker.create_processing_job(**processing_request(name, code=f"exit({number % 2})"))
        emulator.context.jobs.wait(emulator.context, "processing-job", name)

    def names(**query: Any) -> list[str]:
        answer = sagemaker.list_processing_jobs(NameContains="listed", **query)
        return [job["ProcessingJobName"] for job in answer["ProcessingJobSummaries"]]

    assert names() == ["listed-2", "listed-1", "listed-0"]
    assert names(StatusEquals="Failed") == ["listed-1"]
    assert names(SortBy="Name", SortOrder="Ascending", MaxResults=2) == ["listed-0", "listed-1"]
    pages = sagemaker.get_paginator("list_processing_jobs").paginate(
        NameContains="listed", PaginationConfig={"PageSize": 2}
    )
    assert sum(len(page["ProcessingJobSummaries"]) for page in pages) == 3
    assert "TransformJobSummaries" in sagemaker.list_transform_jobs(StatusEquals="Failed")


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("describe_processing_job", {"ProcessingJobName": "nobody"}, "ResourceNotFound"),
        ("stop_processing_job", {"ProcessingJobName": "nobody"}, "ResourceNotFound"),
        ("describe_transform_job", {"TransformJobName": "nobody"}, "ResourceNotFound"),
        ("stop_transform_job", {"TransformJobName": "nobody"}, "ResourceNotFound"),
        ("create_transform_job", transform_request("x", ModelName="nobody"), "ValidationException"),
        ("list_processing_jobs", {"NextToken": "mine"}, "ValidationException"),
    ],
)
def test_unknown_names_are_errors(
    sagemaker: Any, operation: str, request_: dict[str, Any], code: str
) -> None:
    """What is not there is an error with AWS's code."""
    with pytest.raises(ClientError) as caught:
        getattr(sagemaker, operation)(**request_)

    assert caught.value.response["Error"]["Code"] == code


def test_a_transform_job_can_be_stopped(emulator: RunningEmulator, sagemaker: Any) -> None:
    """StopTransformJob ends the job, which leaves no output."""
    rows = b"".join(b"%d,2\n" % number for number in range(300_000))
    emulator.client("s3").put_object(Bucket="data", Key="large/a.csv", Body=rows)
    request = transform_request("stopped", uri="s3://data/large/", BatchStrategy="SingleRecord")
    request["TransformOutput"]["S3OutputPath"] = "s3://data/stopped"
    sagemaker.create_transform_job(**request)

    sagemaker.stop_transform_job(TransformJobName="stopped")

    job = emulator.context.jobs.wait(emulator.context, "transform-job", "stopped")
    assert job["TransformJobStatus"] == "Stopped"
    assert "Contents" not in emulator.client("s3").list_objects_v2(Bucket="data", Prefix="stopped/")
