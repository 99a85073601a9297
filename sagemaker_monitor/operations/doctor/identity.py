"""Who asks: whether the credentials work, are the environment's account's, and reach SageMaker."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.aws.errors import AccessDeniedError, AwsError
from sagemaker_monitor.operations.doctor.context import Context
from sagemaker_monitor.operations.doctor.finding import Finding, ok, problem, warning

SOON = 3600
"""Seconds; a run takes a good part of it."""


def identity(context: Context) -> Iterator[Finding]:
    """Yield whether the credentials are valid, and of the environment's account."""
    environment = context.environment
    try:
        answer = context.aws.call("sts", "get_caller_identity")
    except AwsError as error:
        yield problem(str(error), _log_in(context, error))
        return
    account, arn = answer.get("Account", ""), answer.get("Arn", "")
    if account != environment.account:
        placeholder = ", a placeholder of AWS's documentation" if environment.is_placeholder else ""
        yield problem(
            f"the credentials are {arn}, of account {account}; environment {environment.name!r} is account "
            f"{environment.account}{placeholder}",
            f"put your account into {context.key('account')}"
            if environment.is_placeholder
            else f"use credentials of {environment.account}, or correct {context.key('account')}",
            side="configuration",
        )
        return
    yield ok(f"{arn}, account {account}, region {environment.region}")
    if context.aws.expires_within(SOON):
        yield warning(
            "the credentials in the environment's variables end within the hour: a run that is followed "
            "would no longer be seen",
            "log in again before a long run",
        )


def service(context: Context) -> Iterator[Finding]:
    """Yield whether SageMaker answers in the environment's region."""
    region = context.environment.region
    try:
        context.aws.call("sagemaker", "list_pipelines", MaxResults=1)
    except AwsError as error:
        if error.code not in ("UnrecognizedClientException", "InvalidClientTokenId"):
            raise
        yield problem(
            f"SageMaker in {region} does not know these credentials, which STS accepts: the region is not "
            "enabled for the account",
            f"enable {region} for the account, or correct {context.key('region')}",
        )
        return
    yield ok(f"SageMaker answers in {region}")


def _log_in(context: Context, error: AwsError) -> str:
    if context.aws.is_local:
        return "sagemaker-monitor local up"
    if error.transient:
        return f"check the network, and {context.key('region')}"
    if isinstance(error, AccessDeniedError):
        return ""  # the error says what allows it
    return "aws sso login, or set AWS_PROFILE or the variables of the credentials"
