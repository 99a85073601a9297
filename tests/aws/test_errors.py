"""Every refusal of AWS in words that say what to do."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ProfileNotFound,
    ReadTimeoutError,
)

from sagemaker_monitor.aws.errors import MESSAGE_LIMIT, AccessDeniedError, AwsError, NotFoundError, explain
from sagemaker_monitor.settings import Environment


def refused(environment: Environment, code: str, message: str) -> AwsError:
    """Return what becomes of a refusal of DescribePipeline."""
    error = ClientError({"Error": {"Code": code, "Message": message}}, "DescribePipeline")
    return explain(error, "sagemaker", "describe_pipeline", environment, "sagemaker-monitor-local")


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("AccessDeniedException", AccessDeniedError, "not allowed to call sagemaker:DescribePipeline"),
        ("ExpiredTokenException", AwsError, "credentials have expired"),
        ("UnrecognizedClientException", AwsError, "does not accept these credentials"),
        ("ThrottlingException", AwsError, "throttled"),
        ("NoSuchBucket", AwsError, "run sagemaker-monitor local up"),
        ("ResourceNotFound", NotFoundError, "sagemaker:DescribePipeline: text"),
        ("ConflictException", AwsError, "ConflictException: text"),
    ],
)
def test_codes_become_words(environment: Environment, code: str, kind: type[AwsError], said: str) -> None:
    """Each kind of refusal is told apart and says what it means."""
    error = refused(environment, code, "text")

    assert type(error) is kind
    assert said in str(error)
    assert error.code == code


@pytest.mark.parametrize(
    ("code", "status", "transient"),
    [
        ("ThrottlingException", 400, True),
        ("InternalFailure", 500, True),
        ("ServiceUnavailable", 503, True),
        ("ExpiredTokenException", 400, False),
        ("AccessDeniedException", 400, False),
        ("ValidationException", 400, False),
    ],
)
def test_only_what_passes_is_transient(
    environment: Environment, code: str, status: int, transient: bool
) -> None:
    """Who waits may ask again where AWS was busy or broken, and nowhere else."""
    response = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = ClientError(response, "DescribePipeline")  # type: ignore[arg-type]

    assert explain(error, "sagemaker", "describe_pipeline", environment).transient is transient


def test_a_lost_connection_is_transient(environment: Environment) -> None:
    """A name that does not resolve, or a connection that broke, may be back in a minute."""
    for error in (
        ReadTimeoutError(endpoint_url="https://x"),
        EndpointConnectionError(endpoint_url="https://x"),
        ConnectionClosedError(endpoint_url="https://x"),
    ):
        assert explain(error, "sagemaker", "describe_pipeline", environment).transient


def test_a_validation_error_about_something_missing_is_not_found(environment: Environment) -> None:
    """SageMaker says ValidationException for model packages that do not exist."""
    text = "ModelPackage arn:aws:sagemaker:eu-west-1:000000000000:model-package/m/9 does not exist."

    assert isinstance(refused(environment, "ValidationException", text), NotFoundError)


def test_messages_are_bounded(environment: Environment) -> None:
    """However long AWS's text is, ours is not."""
    assert len(str(refused(environment, "ConflictException", "x" * 100_000))) <= MESSAGE_LIMIT


def test_a_missing_profile_says_so(environment: Environment) -> None:
    """A profile that is not configured is named, with the account it should be of."""
    error = explain(ProfileNotFound(profile="bank"), "sts", "get_caller_identity", environment)

    assert "(bank)" in str(error)
    assert environment.account in str(error)


def test_an_unreachable_region_is_named(environment: Environment) -> None:
    """A timeout at AWS names service and region."""
    account = environment.model_copy(update={"name": "dev", "endpoint_url": None})
    error = explain(ReadTimeoutError(endpoint_url="https://x"), "sagemaker", "list_pipelines", account)

    assert str(error).startswith("sagemaker does not answer in eu-west-1")
