"""What can be done to jobs and executions in each of their states, and which names can be used again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.jobs.images import Registry
from sagemaker_monitor.emulator.server import Server
from tests.emulator.conftest import RunningEmulator
from tests.emulator.hosting.conftest import SCALES, archive

from .everything import REQUESTS, ROLE, TAGS, full

# Serves where it is asked to; a training or an input that says so lasts.
DOES = f"""
import sys, time
if sys.argv[1] == "train":
    time.sleep(60)
{SCALES}
"""
KINDS = ("Processing", "Training", "Transform")
UNFINISHED = ("InProgress", "Stopping")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator whose jobs last until they are stopped."""
    folder: Path = tmp_path_factory.mktemp("states")
    (folder / "does.py").write_text(DOES)
    (folder / "starts.py").write_text("import time; time.sleep(60)")
    images = Registry().add("team/does=python does.py", folder).add("team/starts=python starts.py", folder)
    running = RunningEmulator(Server(EmulatorConfig(folder / "state", port=0, images=images)).start())
    s3 = running.client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="model.tar.gz", Body=archive({"weight.txt": "2"}))
    s3.put_object(Bucket="data", Key="given/rows.csv", Body=b"1\n")
    image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/starts:1"
    container = {"Image": image, "ModelDataUrl": "s3://data/model.tar.gz"}
    running.client("sagemaker").create_model(
        ModelName="starts", PrimaryContainer=container, ExecutionRoleArn=ROLE
    )
    yield running
    running.close()


def lasting(kind: str, name: str) -> dict[str, Any]:
    """Return the request for a job that lasts."""
    request = full(f"Create{kind}Job", name)
    if kind == "Processing":
        request["AppSpecification"]["ContainerEntrypoint"][-1] = "import time; time.sleep(60)"
    if kind == "Transform":
        request["ModelName"] = "starts"
    return request


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """Return the code and the text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_is_stopped_once_and_its_name_is_its_own(emulator: RunningEmulator, kind: str) -> None:
    """Stopping again is refused in AWS's words once it ended; no other job is called like it, ever."""
    client = emulator.client("sagemaker")
    create, describe, stop = (
        lambda _operation=operation, **request: client._make_api_call(_operation, request)
        for operation in (f"Create{kind}Job", f"Describe{kind}Job", f"Stop{kind}Job")
    )
    name = {f"{kind}JobName": f"lasts-{kind}"}
    request = lasting(kind, f"lasts-{kind}")
    create(**request)
    assert describe(**name)[f"{kind}JobStatus"] == "InProgress"
    assert refusal(create, **request)[0] == "ResourceInUse"

    stop(**name)

    deadline = time.monotonic() + 20
    while (status := describe(**name)[f"{kind}JobStatus"]) in UNFINISHED:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert status == "Stopped"
    code, text = refusal(stop, **name)
    assert code == "ValidationException"
    assert text == f"The request was rejected because the {kind.lower()} job is in status Stopped."
    assert refusal(create, **request)[0] == "ResourceInUse"
    for call in (describe, stop):
        assert refusal(call, **{f"{kind}JobName": "nobody"}) == (
            "ResourceNotFound",
            "Could not find requested job with name: nobody",
        )


def test_an_execution_is_stopped_while_it_runs(emulator: RunningEmulator) -> None:
    """The same request again is the same; another one is taken while it stops, and refused once it ended."""
    client = emulator.client("sagemaker")
    arguments = lasting("Processing", "unused")
    arguments = {key: value for key, value in arguments.items() if key not in ("ProcessingJobName", "Tags")}
    step = {"Name": "Lasts", "Type": "Processing", "Arguments": arguments}
    definition = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    client.create_pipeline(PipelineName="lasts", PipelineDefinition=definition, RoleArn=ROLE)
    arn = client.start_pipeline_execution(PipelineName="lasts")["PipelineExecutionArn"]
    assert refusal(client.delete_pipeline, PipelineName="lasts")[0] == "ConflictException"
    token = {"PipelineExecutionArn": arn, "ClientRequestToken": "stop" * 8}

    for _ in range(2):
        assert client.stop_pipeline_execution(**token)["PipelineExecutionArn"] == arn

    assert _ended(client, arn) == "Stopped"
    assert client.stop_pipeline_execution(**token)["PipelineExecutionArn"] == arn
    code, text = refusal(client.stop_pipeline_execution, PipelineExecutionArn=arn)
    assert (code, text) == (
        "ConflictException",
        f"Pipeline execution with ARN {arn} is in status Stopped; it cannot stop",
    )


def _ended(client: Any, arn: str) -> str:
    deadline = time.monotonic() + 20
    while True:
        status = str(client.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"])
        if status not in ("Executing", "Stopping"):
            return status
        assert time.monotonic() < deadline
        time.sleep(0.02)


# What of each noun can be deleted, by which member, and the code with which AWS says that it is not there.
DELETED = {
    "Pipeline": ("PipelineName", "ResourceNotFound"),
    "Model": ("ModelName", "ValidationException"),
    "EndpointConfig": ("EndpointConfigName", "ValidationException"),
    "Endpoint": ("EndpointName", "ValidationException"),
    "ModelPackageGroup": ("ModelPackageGroupName", "ValidationException"),
    "DataQualityJobDefinition": ("JobDefinitionName", "ResourceNotFound"),
    "MonitoringSchedule": ("MonitoringScheduleName", "ResourceNotFound"),
}
# The code for a name that is taken.
TAKEN = {"DataQualityJobDefinition": "ResourceInUse", "MonitoringSchedule": "ResourceInUse"}


def test_names_are_free_again_once_deleted_and_tags_are_not_inherited(emulator: RunningEmulator) -> None:
    """Made, refused while it is there, deleted, gone, and made anew without the tags of the other."""
    client = emulator.client("sagemaker")

    def call(operation: str, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = client._make_api_call(operation, request)
        return answer

    order = [operation.removeprefix("Create") for operation in REQUESTS]
    for noun in (each for each in order if each in DELETED):
        request = full(f"Create{noun}", "again")
        if noun == "Pipeline":
            request.pop("ClientRequestToken")
        arn = next(value for key, value in call(f"Create{noun}", **request).items() if key.endswith("Arn"))
        assert client.list_tags(ResourceArn=arn)["Tags"] == TAGS
        code, _ = refusal(call, operation=f"Create{noun}", **request)
        assert code == TAKEN.get(noun, "ValidationException"), noun
    execution = client.start_pipeline_execution(PipelineName="again")["PipelineExecutionArn"]
    assert _ended(client, execution) == "Failed"  # its one step refuses
    for noun in (each for each in reversed(order) if each in DELETED):
        member, code = DELETED[noun]
        request = {member: "again"}
        call(f"Delete{noun}", **request)
        assert refusal(call, operation=f"Describe{noun}", **request)[0] == code, noun
        assert refusal(call, operation=f"Delete{noun}", **request)[0] == code, noun
    assert (
        refusal(client.describe_pipeline_execution, PipelineExecutionArn=execution)[0] == "ResourceNotFound"
    )
    for noun in (each for each in order if each in DELETED):
        request = {key: value for key, value in full(f"Create{noun}", "again").items() if key != "Tags"}
        arn = next(value for key, value in call(f"Create{noun}", **request).items() if key.endswith("Arn"))
        assert client.list_tags(ResourceArn=arn)["Tags"] == [], noun
    assert client.list_pipeline_executions(PipelineName="again")["PipelineExecutionSummaries"] == []


def test_a_resource_has_at_most_fifty_tags(emulator: RunningEmulator) -> None:
    """More are refused with AWS's code, and none of them is added."""
    client = emulator.client("sagemaker")
    arn = client.create_model_package_group(ModelPackageGroupName="tagged")["ModelPackageGroupArn"]
    client.add_tags(ResourceArn=arn, Tags=[{"Key": f"k{n}", "Value": "v"} for n in range(50)])

    code, _ = refusal(client.add_tags, ResourceArn=arn, Tags=[{"Key": "one-more", "Value": "v"}])

    assert code == "ResourceLimitExceeded"
    assert len(client.list_tags(ResourceArn=arn)["Tags"]) == 50
    client.add_tags(ResourceArn=arn, Tags=[{"Key": "k0", "Value": "another"}])
    client.delete_tags(ResourceArn=arn, TagKeys=["k1", "nobody"])
    tags = {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}
    assert len(tags) == 49
    assert tags["k0"] == "another"
    unknown = arn.replace("tagged", "nobody")
    for call in (client.add_tags, client.list_tags, client.delete_tags):
        more = {"add_tags": {"Tags": TAGS}, "delete_tags": {"TagKeys": ["a"]}}.get(call.__name__, {})
        assert refusal(call, ResourceArn=unknown, **more)[0] == "ResourceNotFound"
