"""Models, versions, baselines and approval, with boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.api.model_packages import latest_approved
from sagemaker_monitor.emulator.api.models import resolved_containers
from tests.emulator.conftest import RunningEmulator

ROLE = "arn:aws:iam::000000000000:role/execution"
CONTAINER = {
    "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
    "ModelDataUrl": "s3://artifacts/model.tar.gz",
    "Environment": {"A": "1"},
}
SPECIFICATION = {
    "Containers": [CONTAINER],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}
EVIDENCE = {
    "ModelMetrics": {
        "Bias": {"PreTrainingReport": {"ContentType": "application/json", "S3Uri": "s3://b/r.json"}}
    },
    "DriftCheckBaselines": {
        "Bias": {"PreTrainingConstraints": {"ContentType": "application/json", "S3Uri": "s3://b/c.json"}}
    },
    "CustomerMetadataProperties": {"BundleSha256": "ab", "VerdictUri": "s3://b/v.json"},
}


@pytest.fixture(scope="module")
def sagemaker(emulator: RunningEmulator) -> Any:
    """Return a SageMaker client, beside the object that models are made of."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="artifacts")
    s3.put_object(Bucket="artifacts", Key="model.tar.gz", Body=b"an archive")
    return emulator.client("sagemaker")


def _error(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def _register(sagemaker: Any, group: str, **more: Any) -> str:
    answer = sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION, **more
    )
    arn: str = answer["ModelPackageArn"]
    return arn


def test_a_version_keeps_everything_it_was_registered_with(sagemaker: Any) -> None:
    """Metrics, baselines, metadata and containers come back; number, status and time are added."""
    arn = _register(sagemaker, "kept", **EVIDENCE, ModelPackageDescription="first")
    found = sagemaker.describe_model_package(ModelPackageName=arn)

    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:model-package/kept/1"
    assert {key: found[key] for key in EVIDENCE} == EVIDENCE
    assert found["InferenceSpecification"] == SPECIFICATION
    assert (found["ModelPackageVersion"], found["ModelPackageStatus"]) == (1, "Completed")
    assert found["ModelApprovalStatus"] == "PendingManualApproval"


def test_latest_approved_follows_approval(emulator: RunningEmulator, sagemaker: Any) -> None:
    """The newest approved version counts: approving an older one changes nothing, rejecting goes back."""
    arns = [_register(sagemaker, "latest") for _ in range(3)]

    def latest() -> str | None:
        found = latest_approved(emulator.context, "latest")
        return None if found is None else found["ModelPackageArn"]

    def decide(number: int, status: str) -> None:
        sagemaker.update_model_package(ModelPackageArn=arns[number], ModelApprovalStatus=status)

    assert latest() is None
    decide(1, "Approved")
    assert latest() == arns[1]
    decide(0, "Approved")
    assert latest() == arns[1]
    decide(1, "Rejected")
    assert latest() == arns[0]


def test_versions_are_listed_by_status_newest_first(sagemaker: Any) -> None:
    """Filters, order and pages, as the gate and decide ask for them."""
    arns = [_register(sagemaker, "listed") for _ in range(5)]
    for arn in arns[:3]:
        sagemaker.update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="good"
        )

    def listed(**arguments: Any) -> list[str]:
        answer = sagemaker.list_model_packages(ModelPackageGroupName="listed", **arguments)
        return [each["ModelPackageArn"] for each in answer["ModelPackageSummaryList"]]

    newest_first = {"SortBy": "CreationTime", "SortOrder": "Descending"}
    assert listed(ModelApprovalStatus="Approved", **newest_first) == arns[2::-1]
    assert listed(ModelApprovalStatus="Approved", MaxResults=1, **newest_first) == [arns[2]]
    assert listed(SortOrder="Ascending") == arns
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName="listed", PaginationConfig={"PageSize": 2}
    )
    assert [len(each["ModelPackageSummaryList"]) for each in pages] == [2, 2, 1]
    assert sagemaker.list_model_packages()["ModelPackageSummaryList"] == []
    assert sagemaker.describe_model_package(ModelPackageName=arns[0])["ApprovalDescription"] == "good"


def test_metadata_changes_and_baselines_do_not(sagemaker: Any) -> None:
    """Metadata is merged and removed by key; nothing else about a version can be changed."""
    arn = _register(sagemaker, "changed", **EVIDENCE)
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"New": "1"},
        CustomerMetadataPropertiesToRemove=["VerdictUri"],
    )
    found = sagemaker.describe_model_package(ModelPackageName=arn)

    assert found["CustomerMetadataProperties"] == {"BundleSha256": "ab", "New": "1"}
    assert found["DriftCheckBaselines"] == EVIDENCE["DriftCheckBaselines"]
    refused = _error(
        lambda: sagemaker.update_model_package(ModelPackageArn=arn, InferenceSpecification=SPECIFICATION)
    )
    assert refused[0] == "ValidationException"


def test_a_deleted_version_is_gone_and_its_number_too(sagemaker: Any) -> None:
    """The next version never takes the number of a deleted one; a full group stays."""
    first, second = _register(sagemaker, "deleted"), _register(sagemaker, "deleted")
    sagemaker.delete_model_package(ModelPackageName=second)

    assert (
        _error(lambda: sagemaker.describe_model_package(ModelPackageName=second))[0] == "ValidationException"
    )
    third = _register(sagemaker, "deleted")
    assert third.endswith("/3")
    code, text = _error(lambda: sagemaker.delete_model_package_group(ModelPackageGroupName="deleted"))
    assert (code, "2 model packages" in text) == ("ConflictException", True)
    for arn in (first, third):
        sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName="deleted")
    assert (
        "does not exist"
        in _error(lambda: sagemaker.describe_model_package_group(ModelPackageGroupName="deleted"))[1]
    )


def test_groups_are_made_once(sagemaker: Any) -> None:
    """A second group of the name is refused; by name or ARN it is the same one."""
    arn = sagemaker.create_model_package_group(
        ModelPackageGroupName="once", ModelPackageGroupDescription="d", Tags=[{"Key": "k", "Value": "v"}]
    )["ModelPackageGroupArn"]

    assert (
        "already exists"
        in _error(lambda: sagemaker.create_model_package_group(ModelPackageGroupName="once"))[1]
    )
    found = sagemaker.describe_model_package_group(ModelPackageGroupName=arn)
    assert (found["ModelPackageGroupName"], found["ModelPackageGroupDescription"]) == ("once", "d")
    listed = sagemaker.list_model_package_groups(NameContains="nce")["ModelPackageGroupSummaryList"]
    assert [each["ModelPackageGroupName"] for each in listed] == ["once"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]


def test_a_package_needs_a_group_or_a_name(sagemaker: Any) -> None:
    """Neither and both are refused; one of its own name has no version and no approval."""
    both = {"ModelPackageGroupName": "g", "ModelPackageName": "n", "InferenceSpecification": SPECIFICATION}
    assert _error(lambda: sagemaker.create_model_package(**both))[0] == "ValidationException"
    assert _error(lambda: sagemaker.create_model_package())[0] == "ValidationException"
    own = {"ModelPackageName": "own", "InferenceSpecification": SPECIFICATION}
    arn = sagemaker.create_model_package(**own)["ModelPackageArn"]
    assert "ModelPackageVersion" not in sagemaker.describe_model_package(ModelPackageName="own")
    assert _error(lambda: sagemaker.create_model_package(**own))[0] == "ConflictException"
    approve = {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"}
    assert "no approval status" in _error(lambda: sagemaker.update_model_package(**approve))[1]


def test_a_model_comes_from_an_image_or_a_version(emulator: RunningEmulator, sagemaker: Any) -> None:
    """Both kinds are described as they were made, and both say what to run."""
    sagemaker.create_model(ModelName="image", PrimaryContainer=CONTAINER, ExecutionRoleArn=ROLE)
    arn = _register(sagemaker, "model")
    from_version = {"ModelPackageName": arn, "Environment": {"B": "2"}}
    sagemaker.create_model(ModelName="version", Containers=[from_version], ExecutionRoleArn=ROLE)

    assert sagemaker.describe_model(ModelName="image")["PrimaryContainer"] == CONTAINER
    found = sagemaker.describe_model(ModelName="version")
    assert found["Containers"] == [from_version]
    (resolved,) = resolved_containers(emulator.context, found)
    assert resolved["ModelDataUrl"] == CONTAINER["ModelDataUrl"]
    assert resolved["Environment"] == {"A": "1", "B": "2"}
    names = [each["ModelName"] for each in sagemaker.list_models()["Models"]]
    assert names == ["version", "image"]
    assert (
        sagemaker.list_models(SortBy="Name", SortOrder="Ascending", MaxResults=1)["Models"][0]["ModelName"]
        == "image"
    )


def test_bad_models_are_refused(sagemaker: Any) -> None:
    """A taken name, no container, two kinds at once, an unknown version, an unknown model."""
    good = {"ModelName": "taken", "PrimaryContainer": CONTAINER, "ExecutionRoleArn": ROLE}
    sagemaker.create_model(**good)
    unknown = {"ModelPackageName": "arn:aws:sagemaker:us-east-1:000000000000:model-package/no/1"}

    assert "already existing model" in _error(lambda: sagemaker.create_model(**good))[1]
    assert "PrimaryContainer" in _error(lambda: sagemaker.create_model(ModelName="none"))[1]
    both = {"ModelName": "both", "PrimaryContainer": CONTAINER, "Containers": [CONTAINER]}
    assert "not both" in _error(lambda: sagemaker.create_model(**both))[1]
    assert (
        "does not exist" in _error(lambda: sagemaker.create_model(ModelName="u", PrimaryContainer=unknown))[1]
    )
    assert "needs an Image" in _error(lambda: sagemaker.create_model(ModelName="e", PrimaryContainer={}))[1]
    sagemaker.delete_model(ModelName="taken")
    assert _error(lambda: sagemaker.describe_model(ModelName="taken")) == (
        "ValidationException",
        'Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/taken".',
    )


@pytest.mark.parametrize(
    "uri", ["s3://artifacts/mode", "s3://artifacts/none.tar.gz", "s3://no-bucket/model.tar.gz"]
)
def test_a_model_whose_data_are_not_there_is_refused(sagemaker: Any, uri: str) -> None:
    """SageMaker looks for a model's archive when the model is made, and says where it looked."""
    container = {**CONTAINER, "ModelDataUrl": uri}
    refused = _error(lambda: sagemaker.create_model(ModelName="empty", PrimaryContainer=container))
    assert refused == ("ValidationException", f"Could not find model data at {uri}.")


def test_regions_have_models_of_their_own(emulator: RunningEmulator, sagemaker: Any) -> None:
    """What was made in one region is not there in another, and its ARN says where it is."""
    west = emulator.client("sagemaker", "eu-west-1")
    made = west.create_model(ModelName="there", PrimaryContainer=CONTAINER, ExecutionRoleArn=ROLE)

    assert made["ModelArn"] == "arn:aws:sagemaker:eu-west-1:000000000000:model/there"
    assert _error(lambda: sagemaker.describe_model(ModelName="there"))[0] == "ValidationException"


def test_tags_are_added_listed_and_removed(sagemaker: Any) -> None:
    """Tags of a resource are merged by key and go with it; a resource must exist."""
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    arn = sagemaker.create_model(
        ModelName="tagged", PrimaryContainer=CONTAINER, ExecutionRoleArn=ROLE, Tags=tags
    )["ModelArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a", "unknown"])

    left = [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == left
    many = [{"Key": f"k{number}", "Value": ""} for number in range(49)]
    assert _error(lambda: sagemaker.add_tags(ResourceArn=arn, Tags=many))[0] == "ResourceLimitExceeded"
    sagemaker.delete_model(ModelName="tagged")
    assert _error(lambda: sagemaker.list_tags(ResourceArn=arn))[0] == "ResourceNotFound"
    other = "arn:aws:sagemaker:us-east-1:000000000000:space/x/y"
    assert _error(lambda: sagemaker.list_tags(ResourceArn=other))[0] == "ValidationException"


def test_a_made_up_token_is_refused(sagemaker: Any) -> None:
    """A page cannot be asked for with a token that no page gave."""
    for token in ("x", "b2Zmc2V0Og==", "\u00e9"):
        assert _error(lambda: sagemaker.list_models(NextToken=token))[0] == "ValidationException"  # noqa: B023
