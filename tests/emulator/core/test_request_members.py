"""Every member of every request that is answered: it acts, is kept and described, or is refused by name."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator import wire
from sagemaker_monitor.emulator.api import load_modules
from sagemaker_monitor.emulator.members import KEPT, REFUSED
from tests.emulator.conftest import RunningEmulator, with_image
from tests.emulator.hosting.conftest import SCALES, archive

from .everything import REQUESTS, full, sample

ANSWERED = sorted(name for module in load_modules() for name in module.OPERATIONS)
# What operations that create nothing are asked with; a test of each operation says what it does.
ASKED: dict[str, tuple[str, ...]] = {
    "AddTags": ("ResourceArn", "Tags"),
    "DeletePipeline": ("ClientRequestToken", "PipelineName"),
    "DeleteTags": ("ResourceArn", "TagKeys"),
    "DescribeModelPackage": ("IncludedData", "ModelPackageName"),
    "DescribePipeline": ("PipelineName", "PipelineVersionId"),
    "RetryPipelineExecution": ("ClientRequestToken", "ParallelismConfiguration", "PipelineExecutionArn"),
    "SendPipelineExecutionStepFailure": ("CallbackToken", "ClientRequestToken", "FailureReason"),
    "SendPipelineExecutionStepSuccess": ("CallbackToken", "ClientRequestToken", "OutputParameters"),
    "StartPipelineExecution": (
        *("ClientRequestToken", "ParallelismConfiguration", "PipelineExecutionDescription"),
        *("PipelineExecutionDisplayName", "PipelineName", "PipelineParameters", "PipelineVersionId"),
        "SelectiveExecutionConfig",
    ),
    "StopPipelineExecution": ("ClientRequestToken", "PipelineExecutionArn"),
    "UpdateEndpoint": (
        *("EndpointConfigName", "EndpointName", "ExcludeRetainedVariantProperties"),
        "RetainAllVariantProperties",
    ),
    "UpdateEndpointWeightsAndCapacities": ("DesiredWeightsAndCapacities", "EndpointName"),
    "UpdateModelPackage": (
        *("ApprovalDescription", "ClientToken", "CustomerMetadataProperties"),
        *("CustomerMetadataPropertiesToRemove", "ModelApprovalStatus", "ModelPackageArn"),
    ),
    "UpdateMonitoringAlert": (
        *("DatapointsToAlert", "EvaluationPeriod", "MonitoringAlertName", "MonitoringScheduleName"),
    ),
    "UpdateMonitoringSchedule": ("MonitoringScheduleConfig", "MonitoringScheduleName"),
    "UpdatePipeline": (
        *("ParallelismConfiguration", "PipelineDefinition", "PipelineDefinitionS3Location"),
        *("PipelineDescription", "PipelineDisplayName", "PipelineName"),
    ),
    "UpdatePipelineExecution": (
        *("ParallelismConfiguration", "PipelineExecutionArn", "PipelineExecutionDescription"),
        "PipelineExecutionDisplayName",
    ),
    "UpdatePipelineVersion": (
        *("PipelineArn", "PipelineVersionDescription", "PipelineVersionDisplayName", "PipelineVersionId"),
    ),
}
# Members that exclude one that the request here has, or that are no part of what is described.
ALTERNATIVES = {
    "CreateModel": ("Containers",),
    "CreateModelPackage": ("ModelPackageName",),
    "CreatePipeline": ("PipelineDefinitionS3Location",),
}
NOT_DESCRIBED = ("ClientRequestToken", "ClientToken", "Tags")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator that hosts the test's own image, and a model for it."""
    folder: Path = tmp_path_factory.mktemp("members")
    running = with_image(folder, "team/does", SCALES)
    s3 = running.client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="model.tar.gz", Body=archive({"weight.txt": "2"}))
    s3.put_object(Bucket="data", Key="given/rows.csv", Body=b"1\n")
    yield running
    running.close()


def call(running: RunningEmulator, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Call an operation by its name."""
    client = running.client("sagemaker")
    answer: dict[str, Any] = client._make_api_call(operation, request)
    return answer


def members(operation: str) -> dict[str, Any]:
    """Return the members of an operation's request."""
    model = wire.operation_model(operation)
    assert model is not None
    return dict(model.input_shape.members)


@pytest.mark.parametrize("operation", ANSWERED)
def test_every_member_is_accounted_for(operation: str) -> None:
    """A member that a later botocore adds fails here until somebody decides what becomes of it."""
    refused, kept = set(REFUSED.get(operation, {})), set(KEPT.get(operation, ()))
    known = set(members(operation))
    if operation.startswith("List"):
        asked = known - refused  # tests/emulator/core/test_lists.py asks with each of them
    elif operation in REQUESTS:
        asked = {*REQUESTS[operation], *ALTERNATIVES.get(operation, ())}
    elif operation in ASKED:
        asked = set(ASKED[operation])
    else:
        (asked,) = [{name} for name in known]  # one name, and nothing to ignore

    assert (asked | refused | kept) == known
    assert not asked & refused
    assert not kept & (refused | asked)


@pytest.mark.parametrize(("operation", "member"), [(op, member) for op in REFUSED for member in REFUSED[op]])
def test_what_would_be_ignored_is_refused_by_name(
    emulator: RunningEmulator, operation: str, member: str
) -> None:
    """With its reason, before anything is done; a member that asks for nothing is let pass."""
    shapes = members(operation)
    model = wire.operation_model(operation)
    assert model is not None
    request = {name: sample(shapes[name]) for name in {*model.input_shape.required_members, member}}

    with pytest.raises(ClientError) as caught:
        call(emulator, operation, request)

    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "ValidationException",
        f"{member}: {REFUSED[operation][member]}",
    )


def test_what_is_made_is_described_with_everything_that_was_asked(emulator: RunningEmulator) -> None:
    """Each member that acts and each that is only kept comes back, and the tags can be listed."""
    for operation in REQUESTS:
        request = full(operation, "one")
        made = call(emulator, operation, request)
        arn = next(value for key, value in made.items() if key.endswith("Arn"))
        noun = operation.removeprefix("Create")
        key = {"ModelPackage": "ModelPackageName"}.get(noun) or next(
            name for name in request if name.endswith("Name")
        )
        name = arn if noun == "ModelPackage" else request[key]

        described = call(emulator, f"Describe{noun}", {key: name})

        for member, value in request.items():
            if member not in NOT_DESCRIBED and (operation, member) != ("CreateEndpoint", "DeploymentConfig"):
                assert contains(described.get(member), value), (operation, member, described.get(member))
        tags = emulator.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
        assert tags == request["Tags"], operation


def test_a_member_that_asks_for_nothing_is_let_pass(emulator: RunningEmulator) -> None:
    """Clients that write every option, switched off or empty, are not refused."""
    off = {"SessionChainingConfig": {"EnableSessionTagChaining": False}, "DebugRuleConfigurations": []}
    call(emulator, "CreateTrainingJob", {**full("CreateTrainingJob", "off"), **off})

    assert not set(off) & set(call(emulator, "DescribeTrainingJob", {"TrainingJobName": "off"}))


def contains(found: Any, wanted: Any) -> bool:
    """Return whether *found* has all of *wanted*; the service may fill in more."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(contains(found.get(key), wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(contains, found, wanted))
    return bool(found == wanted)


def test_tokens_make_one_thing_of_a_request_that_is_sent_again(emulator: RunningEmulator) -> None:
    """Pipelines, packages, executions and deletions: the second answer is the first, and nothing is made."""
    for operation in ("CreatePipeline", "CreateModelPackage"):
        request = full(operation, "twice")
        assert call(emulator, operation, request)["ResponseMetadata"]["HTTPStatusCode"] == 200
        first, second = (call(emulator, operation, request) for _ in range(2))
        first.pop("ResponseMetadata"), second.pop("ResponseMetadata")
        assert first == second
    sagemaker = emulator.client("sagemaker")
    versions = sagemaker.list_model_packages(ModelPackageGroupName="twice")["ModelPackageSummaryList"]
    assert [each["ModelPackageVersion"] for each in versions] == [1]
    start = {"PipelineName": "twice", "ClientRequestToken": "s" * 32}
    arns = {call(emulator, "StartPipelineExecution", start)["PipelineExecutionArn"] for _ in range(2)}
    assert len(arns) == 1
    while sagemaker.describe_pipeline_execution(PipelineExecutionArn=arns.pop())[
        "PipelineExecutionStatus"
    ] == ("Executing"):
        arns = {call(emulator, "StartPipelineExecution", start)["PipelineExecutionArn"]}
        time.sleep(0.01)
    delete = {"PipelineName": "twice", "ClientRequestToken": "d" * 32}
    assert len({json.dumps(call(emulator, "DeletePipeline", delete)["PipelineArn"]) for _ in range(2)}) == 1
    with pytest.raises(ClientError, match="does not exist"):
        call(emulator, "DeletePipeline", {**delete, "ClientRequestToken": "e" * 32})
