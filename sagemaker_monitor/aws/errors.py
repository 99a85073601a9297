"""What went wrong at AWS, in words: every exception of boto3 and botocore becomes one of these."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from sagemaker_monitor.aws.permissions import permission_hint, trust_hint

if TYPE_CHECKING:
    from sagemaker_monitor.settings import Environment

MESSAGE_LIMIT = 1200
ASSUME = "AssumeRole"

_ABSENT = re.compile(r"does not exist|not found|[Cc]ould not find")
_MISSING = frozenset(
    {
        "404",
        "NoSuchKey",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "NoSuchEntity",  # what IAM says
        "NotFoundException",  # what KMS says
        *("NotFound", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),  # what SNS and SQS say
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_UNKNOWN_KEY = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
)
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"}
)
_BUSY = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "SlowDown",
        "RequestLimitExceeded",
        "503",  # what S3 answers to HEAD, which has no body that could say more
    }
)
_ELSEWHERE = frozenset(
    {"PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)
_UNREACHABLE = frozenset(
    {
        "EndpointConnectionError",
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "ReadTimeoutError",
        "ProxyConnectionError",
        "HTTPClientError",
        "ResponseStreamingError",
    }
)


class AwsError(Exception):
    """AWS, or the emulator, could not or would not do it; `code` is the API's own word where it gave one.

    *transient* says that the same question may be answered later: AWS was busy, broken or out of reach.
    """

    def __init__(self, message: str, *, code: str = "", transient: bool = False) -> None:
        """Keep the API's error code beside the text."""
        super().__init__(message if len(message) <= MESSAGE_LIMIT else f"{message[: MESSAGE_LIMIT - 1]}…")
        self.code = code
        self.transient = transient


class NotFoundError(AwsError):
    """The thing that was asked for does not exist."""


class AccessDeniedError(AwsError):
    """The caller may not do this; *action* is what was asked, and *hint* what would allow it."""

    def __init__(self, message: str, *, code: str, action: str, hint: str) -> None:
        """Keep both beside the text that has them."""
        super().__init__(message, code=code)
        self.action = action
        self.hint = hint


class WriteRefusedError(AwsError):
    """Nothing was sent: this environment, account or process must not be written to."""


def explain(
    error: Exception,
    service: str,
    operation: str,
    environment: Environment,
    bucket: str = "",
    key: str = "",
) -> AwsError:
    """Return *error*, raised by botocore or boto3 during *operation*, as an AwsError that says what to do.

    *bucket* is the one that was asked, for the calls that ask one, and *key* of which object.
    """
    role = environment.roles.deploy
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        # Credentials of a role are asked for when a call needs them: then it is STS that refused.
        asked_by_botocore = role is not None and getattr(error, "operation_name", "") == ASSUME
        action = f"sts:{ASSUME}" if asked_by_botocore else f"{service}:{_pascal(operation)}"
        return _refused(response, action, environment, bucket, key)
    kind = type(error).__name__
    whose = f"that may assume {role}" if role else f"of account {environment.account}"
    if kind in ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"):
        needed = f"wanted are some {whose}" if role else f"account {environment.account}"
        return AwsError(
            f"no usable AWS credentials for {environment.name!r} ({needed}): "
            f"{error}; log in or set AWS_PROFILE, then try again"
        )
    if kind in ("ProfileNotFound", "SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError"):
        return AwsError(f"{error}; log in, or set AWS_PROFILE to a profile {whose}")
    if kind in _UNREACHABLE:
        return _unreachable(error, service, environment)
    if kind == "ParamValidationError":
        return AwsError(f"{service} {operation}: {error}".replace("\n", "; "))
    return AwsError(f"{service} {operation} failed: {error}")


def local_up(environment: Environment) -> str:
    """Return the command that starts the emulator of an environment of this machine."""
    which = "" if environment.name == "local" else f" --env {environment.name}"
    return f"sagemaker-monitor local up{which}"


def _unreachable(error: Exception, service: str, environment: Environment) -> AwsError:
    if environment.endpoint_url is not None:
        return AwsError(
            f"the emulator does not answer at {environment.endpoint_url}: run {local_up(environment)} "
            f"(or look with sagemaker-monitor local status)",
            transient=True,
        )
    return AwsError(
        f"{service} does not answer in {environment.region}: {error}; check the network and the region",
        transient=True,
    )


def _refused(
    response: dict[str, object], action: str, environment: Environment, bucket: str, key: str
) -> AwsError:
    details = response.get("Error")
    details = details if isinstance(details, dict) else {}
    code = str(details.get("Code", ""))
    text = str(details.get("Message", "")).strip() or code
    if code in _MISSING or (code == "ValidationException" and _ABSENT.search(text)):
        return NotFoundError(f"{action}: {text}", code=code)
    if code == "NoSuchBucket":
        return AwsError(
            f"the bucket {bucket!r} does not exist: {_bucket_hint(bucket, environment)}", code=code
        )
    if code in _EXPIRED:
        return AwsError(f"the AWS credentials have expired ({action}): log in again", code=code)
    if code in _UNKNOWN_KEY:
        return AwsError(f"AWS does not accept these credentials ({action}): {text}", code=code)
    if code in _DENIED and action == f"sts:{ASSUME}":
        hint = trust_hint(text, environment)
        return AccessDeniedError(f"{hint} (AWS said: {text})", code=code, action=action, hint=hint)
    if code in _DENIED:
        hint = permission_hint(action, text, environment, bucket, key)
        return AccessDeniedError(
            f"not allowed to call {action} in account {environment.account}: {text}; {hint}",
            code=code,
            action=action,
            hint=hint,
        )
    if code in _ELSEWHERE:
        return AwsError(
            f"the bucket {bucket!r} is in another region than {environment.region} ({text}): SageMaker reads "
            "and writes only in its own; correct region or storage.bucket",
            code=code,
        )
    if code in _BUSY:
        text = f"{action} was throttled and stayed so after retries; try again later"
        return AwsError(text, code=code, transient=True)
    told = f"{action}: {code}: {text}" if code != text else f"{action}: {text}"
    return AwsError(told, code=code, transient=_status(response) >= HTTPStatus.INTERNAL_SERVER_ERROR)


def _status(response: dict[str, object]) -> int:
    metadata = response.get("ResponseMetadata")
    status = metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else None
    return status if isinstance(status, int) else 0


def _bucket_hint(bucket: str, environment: Environment) -> str:
    if bucket != environment.storage.bucket:
        return f"check the URI; environment {environment.name!r} has {environment.storage.bucket!r}"
    if environment.endpoint_url is not None:
        return f"run {local_up(environment)}, which creates it"
    return "create it, or correct storage.bucket"


def _pascal(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))
