"""Endpoints over HTTP: created, invoked, updated, deleted, and what cannot be served."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.hosting.conftest import IMAGE, ROLE, Hosted


def refused(call: Any, **request: Any) -> dict[str, Any]:
    """Return the error that *call* is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    return dict(caught.value.response)


@pytest.fixture(scope="module")
def doubling(hosted: Hosted) -> str:
    """An endpoint that doubles, and captures nothing."""
    hosted.endpoint("Doubling", hosted.config("doubling", "doubles"))
    return "Doubling"


def test_an_endpoint_is_in_service_once_its_model_answers(hosted: Hosted, doubling: str) -> None:
    """CreateEndpoint waits for that, so a client's first look already shows it."""
    described = hosted.sagemaker.describe_endpoint(EndpointName=doubling)

    assert described["EndpointStatus"] == "InService"
    assert described["EndpointArn"].endswith(":endpoint/doubling")
    (variant,) = described["ProductionVariants"]
    (image,) = variant.pop("DeployedImages")
    assert image["SpecifiedImage"] == IMAGE
    assert described["CreationTime"] <= image["ResolutionTime"] <= described["LastModifiedTime"]
    assert described["ProductionVariants"] == [
        {
            "VariantName": "doubles",
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentInstanceCount": 1,
            "DesiredInstanceCount": 1,
        }
    ]
    assert "DataCaptureConfig" not in described


def test_a_request_reaches_the_model_and_its_answer_the_client(hosted: Hosted, doubling: str) -> None:
    """Content types, custom attributes and the variant that answered come with it."""
    answer = hosted.ask(doubling, "1.5\n4\n", CustomAttributes="trace-1")

    assert answer["Body"] == "3.0\n8.0\n"
    assert answer["ContentType"] == "text/csv; charset=utf-8"
    assert answer["InvokedProductionVariant"] == "doubles"
    assert answer["CustomAttributes"] == "seen:trace-1"
    assert hosted.ask(doubling, "echo", Accept="application/json")["Body"] == "application/json"


def test_a_refusal_of_the_model_is_a_model_error(hosted: Hosted, doubling: str) -> None:
    """With the container's status and words, and AWS's text around them."""
    error = refused(hosted.runtime.invoke_endpoint, EndpointName=doubling, Body=b"broken")

    assert error["Error"]["Code"] == "ModelError"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert error["OriginalStatusCode"] == 415
    assert error["OriginalMessage"] == "no such type"
    assert error["Error"]["Message"].startswith(
        'Received client error (415) from primary with message "no such type". See https://'
    )


def test_an_unknown_endpoint_has_the_text_of_aws(hosted: Hosted) -> None:
    """InvokeEndpoint and DescribeEndpoint say it in their own ways."""
    invoked = refused(hosted.runtime.invoke_endpoint, EndpointName="nowhere", Body=b"1")
    described = refused(hosted.sagemaker.describe_endpoint, EndpointName="nowhere")

    assert invoked["Error"] == {
        "Code": "ValidationError",
        "Message": "Endpoint nowhere of account 000000000000 not found.",
    }
    assert described["Error"]["Message"].startswith('Could not find endpoint "arn:aws:sagemaker:')


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("TargetModel", "a.tar.gz", "multi-model endpoints are not served here"),
        ("TargetContainerHostname", "second", "several containers are not served here"),
        ("TargetVariant", "blue", "Variant blue not found for endpoint Doubling; it has: doubles"),
        ("InferenceId", "i" * 65, "InferenceId has 65 characters; it has 1 to 64"),
    ],
)
def test_what_is_not_served_is_refused_by_name(
    hosted: Hosted, doubling: str, member: str, value: str, said: str
) -> None:
    """A member that would change the answer is never ignored."""
    error = refused(hosted.runtime.invoke_endpoint, EndpointName=doubling, Body=b"1", **{member: value})

    assert error["Error"]["Code"] == "ValidationError"
    assert said in error["Error"]["Message"]


def test_variants_share_requests_by_weight(hosted: Hosted) -> None:
    """A weight of 0 gets none; a target variant is asked whatever its weight."""
    hosted.endpoint("shared", hosted.config("shared", "doubles", "triples"))
    weights = [
        {"VariantName": "doubles", "DesiredWeight": 0.0},
        {"VariantName": "triples", "DesiredWeight": 5.0},
    ]

    before = {hosted.ask("shared", "1")["InvokedProductionVariant"] for _ in range(40)}
    hosted.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="shared", DesiredWeightsAndCapacities=weights
    )
    after = {hosted.ask("shared", "1")["InvokedProductionVariant"] for _ in range(20)}

    assert before == {"doubles", "triples"}
    assert after == {"triples"}
    assert hosted.ask("shared", "1", TargetVariant="doubles")["Body"] == "2.0\n"


def test_containers_of_a_pipeline_model_answer_in_a_row(hosted: Hosted) -> None:
    """Each is asked with what the one before answered, and only the last is told what the client accepts."""
    names = [hosted.model("sevenfold", 7), hosted.model("threefold", 3)]
    containers = [hosted.sagemaker.describe_model(ModelName=name)["PrimaryContainer"] for name in names]
    hosted.sagemaker.create_model(ModelName="chain", Containers=containers, ExecutionRoleArn=ROLE)

    assert hosted.endpoint("chain", hosted.config("chain", "chain"))["EndpointStatus"] == "InService"

    assert hosted.ask("chain", "1\n2")["Body"] == "21.0\n42.0\n"
    with pytest.raises(ClientError, match="415"):
        hosted.ask("chain", "broken")


def test_an_endpoint_serves_the_artifact_it_was_deployed_with(hosted: Hosted) -> None:
    """Until it is updated, whatever becomes of the object in S3, and after the model is deleted."""
    hosted.model("changing", 10)
    hosted.endpoint("steady", hosted.config("steady", "changing"))
    hosted.sagemaker.delete_model(ModelName="changing")
    hosted.model("changing", 20)

    before = hosted.ask("steady", "1")["Body"]
    hosted.sagemaker.update_endpoint(
        EndpointName="steady", EndpointConfigName=hosted.config("steady-2", "changing")
    )

    assert before == "10.0\n"
    assert hosted.settled("steady")["EndpointConfigName"] == "steady-2"
    assert hosted.ask("steady", "1")["Body"] == "20.0\n"


def test_an_update_that_cannot_be_served_leaves_the_old_one(hosted: Hosted) -> None:
    """With the reason on the endpoint, which goes on answering."""
    hosted.model("lame", "no number")
    hosted.endpoint("lasting", hosted.config("lasting", "doubles"))
    hosted.sagemaker.update_endpoint(EndpointName="lasting", EndpointConfigName=hosted.config("lame", "lame"))

    described = hosted.settled("lasting")

    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "lasting"
    assert "ValueError: could not convert string to float: 'no number'" in described["FailureReason"]
    assert hosted.ask("lasting", "1")["Body"] == "2.0\n"


def test_a_model_that_cannot_be_served_fails_the_endpoint(hosted: Hosted) -> None:
    """It can be seen why, it cannot be invoked or updated, and it can be deleted."""
    hosted.model("broken", "no number")
    described = hosted.endpoint("failed", hosted.config("failed", "broken"))

    assert described["EndpointStatus"] == "Failed"
    assert "no number" in described["FailureReason"]
    invoked = refused(hosted.runtime.invoke_endpoint, EndpointName="failed", Body=b"1")
    assert invoked["Error"]["Message"] == "Endpoint failed of account 000000000000 not found."
    updated = refused(hosted.sagemaker.update_endpoint, EndpointName="failed", EndpointConfigName="failed")
    assert "delete it and create it anew" in updated["Error"]["Message"]
    hosted.sagemaker.delete_endpoint(EndpointName="failed")


def test_deleted_endpoints_are_gone(hosted: Hosted) -> None:
    """Lists, descriptions and tags no longer have them, and their name is free."""
    config = hosted.config("gone", "doubles")
    arn = hosted.endpoint("gone", config)["EndpointArn"]
    hosted.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    listed = hosted.sagemaker.list_endpoints(NameContains="gon", StatusEquals="InService")["Endpoints"]
    hosted.sagemaker.delete_endpoint(EndpointName="gone")
    hosted.sagemaker.delete_endpoint_config(EndpointConfigName="gone")

    assert [each["EndpointName"] for each in listed] == ["gone"]
    assert hosted.sagemaker.list_endpoints(NameContains="gon")["Endpoints"] == []
    assert (
        refused(hosted.sagemaker.delete_endpoint, EndpointName="gone")["Error"]["Code"]
        == "ValidationException"
    )
    hosted.config("gone", "doubles")
    assert hosted.endpoint("gone", "gone")["EndpointStatus"] == "InService"
    assert hosted.sagemaker.list_tags(ResourceArn=arn)["Tags"] == []


VARIANT = {
    "VariantName": "v",
    "ModelName": "doubles",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://data/capture",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ProductionVariants": [{**VARIANT, "ModelName": "nobody"}]}, 'Could not find model "arn:'),
        ({"ProductionVariants": [VARIANT, VARIANT]}, "variant names must be unique, not v, v"),
        (
            {"ProductionVariants": [{"VariantName": "v", "ModelName": "doubles"}]},
            "an InstanceType or a Serverless",
        ),
        ({"ShadowProductionVariants": [VARIANT]}, "ShadowProductionVariants: shadow variants are not served"),
        ({"DataCaptureConfig": {**CAPTURE, "DestinationS3Uri": "https://x"}}, "'https://x' is not an S3 URI"),
    ],
)
def test_a_configuration_that_could_not_be_served_is_refused(
    hosted: Hosted, change: dict[str, Any], said: str
) -> None:
    """When it is made, not when an endpoint of it fails."""
    request = {"EndpointConfigName": "refused", "ProductionVariants": [VARIANT], **change}

    assert said in refused(hosted.sagemaker.create_endpoint_config, **request)["Error"]["Message"]
    assert hosted.sagemaker.list_endpoint_configs(NameContains="refused")["EndpointConfigs"] == []


def test_models_of_several_are_refused_with_the_reason(hosted: Hosted) -> None:
    """A multi-model container is another thing than a model that is watched."""
    container = {"Image": "a/b", "Mode": "MultiModel", "ModelDataUrl": "s3://data/m/"}

    error = refused(
        hosted.sagemaker.create_model,
        ModelName="multi",
        ExecutionRoleArn=ROLE,
        PrimaryContainer=container,
    )

    assert error["Error"]["Message"] == (
        "PrimaryContainer.Mode: 'MultiModel' is not supported; supported: SingleModel"
    )


def test_endpoints_survive_a_restart(hosted: Hosted, doubling: str) -> None:
    """Their servers start again with the first request; a deployment that was cut short has failed."""
    store = hosted.running.context.store
    record = store.get("endpoint", doubling) or {}
    store.put("endpoint", "cut", {**record, "EndpointName": "cut", "EndpointStatus": "Updating"})
    store.put(
        "endpoint",
        "short",
        {
            **{key: value for key, value in record.items() if not key.startswith("_")},
            "EndpointName": "short",
            "EndpointStatus": "Creating",
        },
    )
    hosted.restart()

    assert hosted.ask(doubling, "21")["Body"] == "42.0\n"
    assert hosted.settled("cut")["EndpointStatus"] == "InService"
    assert "was stopped while the endpoint was deployed" in hosted.settled("cut")["FailureReason"]
    assert hosted.settled("short")["EndpointStatus"] == "Failed"
