"""Whether an environment's bucket is where its pipelines are."""

from __future__ import annotations

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.errors import AccessDeniedError, local_up
from sagemaker_monitor.operations.errors import UsageError


def require_bucket_here(aws: Aws) -> None:
    """Raise UsageError when there is no bucket, or in another region, which SageMaker does not read from.

    Raises AwsError.
    """
    environment = aws.environment
    bucket = environment.storage.bucket
    try:
        region = aws.call("s3", "head_bucket", Bucket=bucket).get("BucketRegion")
    except AccessDeniedError:
        return  # who may not ask may still be allowed to upload
    except NotFoundError as error:
        hint = f"run {local_up(aws.environment)}, which creates it" if aws.is_local else "create it first"
        raise UsageError(
            f"the bucket {bucket} does not exist, and upsert does not create it: {hint}"
        ) from error
    if region not in (None, environment.region):
        raise UsageError(
            f"the bucket {bucket!r} is in {region}, and environment {environment.name!r} in "
            f"{environment.region}: SageMaker reads and writes only in its own region; nothing was written; "
            f"correct region or storage.bucket in conf/environments/{environment.name}.yaml"
        )
