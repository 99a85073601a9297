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


SAID = (
    "User: arn:aws:sts::1:assumed-role/deploy/me is not authorized to perform: iam:PassRole on resource: "
    "arn:aws:iam::1:role/execution because no identity-based policy allows the iam:PassRole action"
)
PIPELINE = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/mortgage-register-local"
EXECUTION = "arn:aws:iam::000000000000:role/sagemaker-monitor-execution"


@pytest.mark.parametrize(
    ("service", "operation", "code", "said", "hints"),
    [
        (
            "sagemaker",
            "create_pipeline",
            "AccessDeniedException",
            SAID,
            ['{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/execution"}'],
        ),
        (
            "sagemaker",
            "update_pipeline",
            "AccessDeniedException",
            f"x is not authorized to perform: sagemaker:UpdatePipeline on resource: {PIPELINE} because …",
            [
                f'{{"Sid": "Pipelines", "Effect": "Allow", "Action": "sagemaker:UpdatePipeline", '
                f'"Resource": "{PIPELINE}"}}',
                "sagemaker-monitor policy --env local --role deploy",
            ],
        ),
        (
            "sagemaker",
            "create_pipeline",
            "AccessDeniedException",
            f"x is not authorized to perform: iam:PassRole on resource: {EXECUTION} because …",
            [
                f'"Resource": "{EXECUTION}", "Condition": {{"StringEquals": {{"iam:PassedToService": '
                '"sagemaker.amazonaws.com"}}'
            ],
        ),
        (
            "s3",
            "put_object",
            "AccessDenied",
            'User: x is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::b/k" because …',
            ['"Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/k"'],
        ),
        (
            "s3",
            "head_object",
            "403",
            "Forbidden",
            [
                '"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"',
                '"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"',
            ],
        ),
        (
            "s3",
            "upload_fileobj",
            "AccessDenied",
            "Access Denied",
            ['"Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"'],
        ),
        ("sagemaker", "add_tags", "AccessDeniedException", "no", ['"Action": "sagemaker:AddTags"']),
        (
            "sagemaker",
            "add_tags",
            "AccessDeniedException",
            "x is not authorized to perform: sagemaker:AddTags with an explicit deny in a policy",
            ["a policy denies it explicitly, which no permission overrides"],
        ),
    ],
)
def test_a_missing_permission_is_told_with_the_statement_to_add(
    environment: Environment, service: str, operation: str, code: str, said: str, hints: list[str]
) -> None:
    """What AWS names is believed first; of S3, which says nothing to HEAD, it is what S3 asks for."""
    error = ClientError({"Error": {"Code": code, "Message": said}}, operation)
    told = explain(error, service, operation, environment, "b" if service == "s3" else "")

    assert isinstance(told, AccessDeniedError)
    for hint in hints:
        assert hint in str(told)


def test_what_s3_does_not_name_is_told_by_the_request(environment: Environment) -> None:
    """S3 answers HEAD without a word: the statement is about the object that was asked for."""
    error = ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")
    bucket, key = environment.storage.bucket, "sagemaker-monitor/assets/a/spec.json"
    told = str(explain(error, "s3", "head_object", environment, bucket, key))

    assert '{"Sid": "DeployedFiles", "Effect": "Allow", "Action": "s3:GetObject", "Resource": ' in told
    assert f'"arn:aws:s3:::{bucket}/{key}"}}' in told
    assert f'"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::{bucket}"}}' in told


def test_a_bucket_with_a_key_needs_the_key_too(environment: Environment) -> None:
    """S3 says no to who may write the object and not use its key."""
    storage = environment.storage.model_copy(update={"kms_key": "alias/risk"})
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "PutObject")

    told = explain(error, "s3", "put_object", environment.model_copy(update={"storage": storage}), "b")

    assert "and kms:GenerateDataKey and kms:Decrypt on alias/risk" in str(told)


def test_a_bucket_that_redirects_is_in_another_region(environment: Environment) -> None:
    """S3's redirect is told as what it means."""
    error = ClientError({"Error": {"Code": "PermanentRedirect", "Message": "m"}}, "PutObject")

    assert "is in another region than eu-west-1" in str(explain(error, "s3", "put_object", environment, "b"))


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


def test_the_command_names_the_environment_whose_emulator_is_silent(environment: Environment) -> None:
    """Of several environments on this machine, the one that has to be started is told."""
    error = EndpointConnectionError(endpoint_url="https://x")
    prod = environment.model_copy(update={"name": "local-prod"})

    assert "run sagemaker-monitor local up (or" in str(explain(error, "s3", "head_object", environment))
    assert "local up --env local-prod (or" in str(explain(error, "s3", "head_object", prod))
