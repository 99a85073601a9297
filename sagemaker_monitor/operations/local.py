"""Make a running emulator ready for an upsert."""

from __future__ import annotations

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.errors import AwsError


def prepare(aws: Aws) -> bool:
    """Create the environment's bucket in the emulator; return False when it was there. Raises AwsError."""
    bucket, region = aws.environment.storage.bucket, aws.environment.region
    request = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        aws.call("s3", "create_bucket", Bucket=bucket, **request)
    except AwsError as error:
        if error.code == "BucketAlreadyOwnedByYou":
            return False
        raise
    return True
