"""Pipelines over the API: created once, updated into versions, checked before they are kept."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ROLE, definition, fail, script

TOKEN = "t" * 32


def new_name() -> str:
    """Return a name that no pipeline has."""
    return f"p-{secrets.token_hex(4)}"


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """Return the code and the text with which *call* is refused."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_what_was_created_is_described(sagemaker: Any) -> None:
    """Every member that CreatePipeline took comes back, with tags apart."""
    name, text = new_name(), definition([fail("Refuse")])
    tags = [{"Key": "a", "Value": "b"}]
    arn = sagemaker.create_pipeline(
        PipelineName=name, PipelineDisplayName="shown", PipelineDescription="why", PipelineDefinition=text,
        RoleArn=ROLE, ParallelismConfiguration={"MaxParallelExecutionSteps": 2}, Tags=tags,
    )["PipelineArn"]  # fmt: skip

    described = sagemaker.describe_pipeline(PipelineName=name)

    assert arn == f"arn:aws:sagemaker:us-east-1:000000000000:pipeline/{name}"
    assert described["PipelineDefinition"] == text
    assert described["PipelineDisplayName"] == "shown"
    assert described["PipelineDescription"] == "why"
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
    assert described["PipelineStatus"] == "Active"
    assert described["RoleArn"] == ROLE
    assert described["CreationTime"] == described["LastModifiedTime"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
    assert sagemaker.describe_pipeline(PipelineName=arn)["PipelineName"] == name


def test_the_same_token_again_makes_nothing_new(sagemaker: Any) -> None:
    """A repeated request is answered as the first one; another token for a name that is taken is refused."""
    request = {
        "PipelineName": new_name(),
        "PipelineDefinition": definition([fail("Refuse")]),
        "RoleArn": ROLE,
    }
    first = sagemaker.create_pipeline(**request, ClientRequestToken=TOKEN)["PipelineArn"]

    assert sagemaker.create_pipeline(**request, ClientRequestToken=TOKEN)["PipelineArn"] == first
    code, text = refusal(lambda: sagemaker.create_pipeline(**request))
    assert code == "ValidationException"
    assert text.startswith("Pipeline names must be unique within an AWS account and region.")
    assert "already exists" in text


def test_every_update_is_a_version(sagemaker: Any, create: Callable[..., str]) -> None:
    """Versions count up, keep their definitions, and are listed newest first; an update may leave one out."""
    first, second = definition([fail("One")]), definition([fail("Two")])
    name = create(first)
    assert sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=second)["PipelineVersionId"] == 2
    assert sagemaker.update_pipeline(PipelineName=name, PipelineDescription="new")["PipelineVersionId"] == 3

    versions = sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]

    assert [version["PipelineVersionId"] for version in versions] == [3, 2, 1]
    texts = [
        sagemaker.describe_pipeline(PipelineName=name, PipelineVersionId=number)["PipelineDefinition"]
        for number in (1, 2, 3)
    ]
    assert texts == [first, second, second]
    assert sagemaker.describe_pipeline(PipelineName=name)["PipelineDescription"] == "new"
    assert "PipelineDescription" not in sagemaker.describe_pipeline(PipelineName=name, PipelineVersionId=1)
    code, text = refusal(lambda: sagemaker.describe_pipeline(PipelineName=name, PipelineVersionId=4))
    assert (code, text) == ("ResourceNotFound", f"Pipeline '{name}' has no version 4.")


def test_a_version_can_be_named(sagemaker: Any, create: Callable[..., str]) -> None:
    """UpdatePipelineVersion names one version, which lists and describes it so; others stay as they are."""
    name = create(definition([fail("One")]))
    arn = sagemaker.describe_pipeline(PipelineName=name)["PipelineArn"]
    sagemaker.update_pipeline(PipelineName=name, PipelineDescription="new")
    named = {"PipelineVersionDisplayName": "first", "PipelineVersionDescription": "as reviewed"}

    answer = sagemaker.update_pipeline_version(PipelineArn=arn, PipelineVersionId=1, **named)

    assert (answer["PipelineArn"], answer["PipelineVersionId"]) == (arn, 1)
    described = sagemaker.describe_pipeline(PipelineName=name, PipelineVersionId=1)
    newest, oldest = sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert {member: described[member] for member in named} == named
    assert {member: oldest[member] for member in named} == named
    assert not set(named) & set(newest)
    code, text = refusal(lambda: sagemaker.update_pipeline_version(PipelineArn=arn, PipelineVersionId=3))
    assert (code, text) == ("ResourceNotFound", f"Pipeline '{name}' has no version 3.")


def test_a_definition_can_lie_on_s3(sagemaker: Any, emulator: Any, bucket: str) -> None:
    """PipelineDefinitionS3Location is read once; what cannot be read is refused with its URI."""
    text = definition([fail("Refuse")])
    emulator.client("s3").put_object(Bucket=bucket, Key="definition.json", Body=text)
    emulator.client("s3").put_object(Bucket=bucket, Key="binary.json", Body=b"\xff\xfe")

    def at(key: str) -> dict[str, Any]:
        location = {"Bucket": bucket, "ObjectKey": key}
        return {"PipelineName": new_name(), "RoleArn": ROLE, "PipelineDefinitionS3Location": location}

    request = at("definition.json")
    sagemaker.create_pipeline(**request)

    assert sagemaker.describe_pipeline(PipelineName=request["PipelineName"])["PipelineDefinition"] == text
    assert (
        f"s3://{bucket}/none.json cannot be read"
        in refusal(lambda: sagemaker.create_pipeline(**at("none.json")))[1]
    )
    assert "is not UTF-8" in refusal(lambda: sagemaker.create_pipeline(**at("binary.json")))[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the pipeline definition is not JSON"),
        (definition([fail("A")]).replace('"refused"', "NaN"), "NaN is no JSON number"),
        ("[" * 100_000, "the pipeline definition is not JSON"),
        ("[]", "must be an object; [] is given"),
        (definition([script("A", DependsOn=["A"])]), "steps wait for each other: A → A"),
        (definition([script("A", "pass", {"Get": "Parameters.Nope"})]), "parameter 'Nope' is not declared"),
        (definition([{"Name": "A", "Type": "Tuning", "Arguments": {}}]), "has type 'Tuning', which does"),
    ],
)  # fmt: skip
def test_a_definition_that_cannot_run_is_refused(sagemaker: Any, text: str, message: str) -> None:
    """The linter's findings are the ValidationException's text, for create and update; nothing is kept."""
    name = new_name()
    request = {"PipelineName": name, "PipelineDefinition": text, "RoleArn": ROLE}

    code, answer = refusal(lambda: sagemaker.create_pipeline(**request))

    assert code == "ValidationException"
    assert message in answer
    assert refusal(lambda: sagemaker.describe_pipeline(PipelineName=name))[0] == "ResourceNotFound"
    sagemaker.create_pipeline(**{**request, "PipelineDefinition": definition([fail("Refuse")])})
    assert message in refusal(lambda: sagemaker.update_pipeline(**request))[1]
    assert len(sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]) == 1


def test_a_definition_must_be_given_once(sagemaker: Any) -> None:
    """Neither and both are refused."""
    text = definition([fail("Refuse")])
    location = {"Bucket": "bucket", "ObjectKey": "key"}
    both = {"PipelineDefinition": text, "PipelineDefinitionS3Location": location}
    for given, message in (({}, "is needed"), (both, "not both")):
        call = {"PipelineName": new_name(), "RoleArn": ROLE, **given}
        assert message in refusal(lambda call=call: sagemaker.create_pipeline(**call))[1]  # type: ignore[misc]


def test_pipelines_are_listed_by_prefix_and_page(sagemaker: Any) -> None:
    """A prefix is a prefix and not a part; pages follow each other, newest first or by name."""
    mark = f"x{secrets.token_hex(3)}"
    for name in (f"{mark}-b", f"{mark}-a", f"y-{mark}"):
        sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=definition([fail("R")]), RoleArn=ROLE)

    def names(**request: Any) -> list[str]:
        pages = sagemaker.get_paginator("list_pipelines").paginate(PipelineNamePrefix=mark, **request)
        return [item["PipelineName"] for page in pages for item in page["PipelineSummaries"]]

    assert names() == [f"{mark}-a", f"{mark}-b"]
    assert names(PaginationConfig={"PageSize": 1}) == [f"{mark}-a", f"{mark}-b"]
    assert names(SortBy="Name", SortOrder="Descending") == [f"{mark}-b", f"{mark}-a"]
    assert names(CreatedAfter="2100-01-01") == []
    assert names(CreatedBefore="2001-01-01") == []
    assert "NextToken" in refusal(lambda: sagemaker.list_pipelines(NextToken="?"))[1]


def test_a_deleted_pipeline_is_gone(sagemaker: Any, create: Callable[..., str]) -> None:
    """Its name can be used again, counting versions from one, and its tags do not come back."""
    name = create(definition([fail("Refuse")]), Tags=[{"Key": "a", "Value": "b"}])
    sagemaker.update_pipeline(PipelineName=name, PipelineDescription="two")

    arn = sagemaker.delete_pipeline(PipelineName=name)["PipelineArn"]

    for call in (sagemaker.describe_pipeline, sagemaker.delete_pipeline, sagemaker.list_pipeline_versions):
        assert refusal(lambda call=call: call(PipelineName=name))[0] == "ResourceNotFound"  # type: ignore[misc]
    sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=definition([fail("R")]), RoleArn=ROLE)
    assert len(sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]) == 1
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == []


def test_a_running_pipeline_is_not_deleted(sagemaker: Any, create: Callable[..., str]) -> None:
    """The refusal names the execution to stop."""
    name = create(definition([script("Long", "import time; time.sleep(60)")]))
    arn = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]

    code, text = refusal(lambda: sagemaker.delete_pipeline(PipelineName=name))

    assert code == "ConflictException"
    assert arn in text
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)


def test_an_arn_of_elsewhere_is_no_pipeline_of_ours(sagemaker: Any, create: Callable[..., str]) -> None:
    """The same name in another region or account is another pipeline."""
    name = create(json.dumps(json.loads(definition([fail("Refuse")]))))
    for arn in (
        f"arn:aws:sagemaker:eu-west-1:000000000000:pipeline/{name}",
        f"arn:aws:sagemaker:us-east-1:999999999999:pipeline/{name}",
    ):
        assert refusal(lambda arn=arn: sagemaker.describe_pipeline(PipelineName=arn))[0] == "ResourceNotFound"  # type: ignore[misc]
