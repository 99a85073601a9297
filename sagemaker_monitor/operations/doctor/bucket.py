"""The bucket and the key that encrypts it: where they are, whose, and whether they fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagemaker_monitor.aws.errors import AccessDeniedError, AwsError, NotFoundError
from sagemaker_monitor.operations.doctor.context import Context
from sagemaker_monitor.operations.doctor.finding import Finding, ok, problem, warning


def region(context: Context) -> Iterator[Finding]:
    """Yield whether the bucket exists, is the account's, and is where SageMaker is."""
    environment = context.environment
    bucket = environment.storage.bucket
    try:
        # A bucket in another region answers as well, by way of there.
        found = context.aws.call("s3", "head_bucket", Bucket=bucket).get("BucketRegion")
    except NotFoundError:
        create = "sagemaker-monitor local up" if context.aws.is_local else _create(context)
        yield problem(
            f"there is no bucket {bucket}", f"{create}; or correct {context.key('storage', 'bucket')}"
        )
        return
    if found not in (None, environment.region):
        yield problem(
            f"{bucket} is in {found}, environment {environment.name!r} in {environment.region}: SageMaker "
            "reads and writes only in its own region",
            f"correct {context.key('storage', 'bucket')}, or {context.key('region')}",
            side="configuration",
        )
        return
    yield ok(f"{bucket} is in {environment.region}")


def owner(context: Context) -> Iterator[Finding]:
    """Yield whether the bucket is the account's: another's with the same name would be handed the data."""
    environment = context.environment
    bucket, account = environment.storage.bucket, environment.account
    try:
        context.aws.call("s3", "head_bucket", Bucket=bucket)
    except NotFoundError:
        return  # told where its region is
    try:
        context.aws.call("s3", "head_bucket", Bucket=bucket, ExpectedBucketOwner=account)
    except AccessDeniedError:
        yield warning(
            f"{bucket} is another account's than {account}, and these credentials may use it",
            f"make sure that it is meant, or correct {context.key('storage', 'bucket')}",
            side="configuration",
        )
        return
    yield ok(f"{bucket} is of account {account}")


def encryption(context: Context) -> Iterator[Finding]:
    """Yield whether the bucket's default encryption agrees with storage.kms_key."""
    key = context.environment.storage.kms_key
    bucket = context.environment.storage.bucket
    try:
        answer = context.aws.call("s3", "get_bucket_encryption", Bucket=bucket)
    except AwsError as error:
        if error.code == "ServerSideEncryptionConfigurationNotFoundError":
            yield warning("the bucket has no default encryption", _put_encryption(context))
            return
        raise
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    kind, used = default.get("SSEAlgorithm", "AES256"), default.get("KMSMasterKeyID")
    if key is None:
        if used:
            yield warning(
                f"the bucket encrypts with {used} by default, and the environment names no key: the "
                "execution role needs it, and jobs' volumes are not encrypted with it",
                f"add kms_key to {context.key('storage')}",
                side="configuration",
            )
        else:
            yield ok(f"{kind} by default; the environment names no key")
        return
    if not used:
        yield warning(
            f"{kind} by default, not {key}: what is written without naming a key is not encrypted with it",
            _put_encryption(context),
        )
    elif _key_id(context, used) != _key_id(context, key):
        yield warning(
            f"the bucket's default key is {used}, not storage.kms_key {key}",
            f"{_put_encryption(context)}; or correct {context.key('storage', 'kms_key')}",
        )
    else:
        yield ok(f"{kind} by default, with {key}")


def kms_key(context: Context) -> Iterator[Finding]:
    """Yield whether storage.kms_key exists, is enabled, encrypts, and is in the region."""
    key = context.environment.storage.kms_key
    if key is None:
        return
    where = context.key("storage", "kms_key")
    region = context.environment.region
    if key.startswith("arn:") and key.split(":")[3] != region:
        yield problem(
            f"{key} is in {key.split(':')[3]}, environment in {region}",
            f"name a key of {region} in {where}",
            side="configuration",
        )
        return
    try:
        found = context.aws.call("kms", "describe_key", KeyId=key)["KeyMetadata"]
    except NotFoundError:
        yield problem(f"there is no key {key} in {region}", f"create it, or correct {where}")
        return
    if found.get("KeyState") != "Enabled":
        state = found.get("KeyState", "")
        command = "cancel-key-deletion" if state == "PendingDeletion" else "enable-key"
        yield problem(
            f"{key} is {state}: nothing that it encrypts can be read or written",
            f"aws kms {command} --key-id {found.get('KeyId', key)}",
        )
    elif found.get("KeyUsage", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        yield problem(f"{key} is for {found['KeyUsage']}", f"name a key that encrypts in {where}")
    elif found.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        yield problem(
            f"{key} is asymmetric ({found['KeySpec']}), which S3 and SageMaker do not take",
            f"name a symmetric key in {where}",
        )
    else:
        yield ok(f"{key} ({found.get('Arn', '')}) is enabled")


def _key_id(context: Context, key: str) -> Any:
    """Return the id that a key, an alias or an ARN stands for."""
    return context.aws.call("kms", "describe_key", KeyId=key)["KeyMetadata"]["KeyId"]


def _create(context: Context) -> str:
    environment = context.environment
    return f"aws s3 mb s3://{environment.storage.bucket} --region {environment.region}"


def _put_encryption(context: Context) -> str:
    key = context.environment.storage.kms_key
    algorithm = f"aws:kms and key {key}" if key else "AES256"
    return f"aws s3api put-bucket-encryption --bucket {context.environment.storage.bucket} with {algorithm}"
