"""Whether an environment's bucket is where its pipelines are."""

from __future__ import annotations

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.operations.errors import UsageError


def require_bucket_here(aws: Aws) -> None:
    """Raise UsageError when the bucket is in another region: SageMaker's jobs would not read from it.

    Raises NotFoundError when there is none, AwsError.
    """
    environment = aws.environment
    bucket = environment.storage.bucket
    try:
        region = aws.call("s3", "head_bucket", Bucket=bucket).get("BucketRegion")
    except AccessDeniedError:
        return  # who may not ask may still be allowed to upload
    if region not in (None, environment.region):
        raise UsageError(
            f"the bucket {bucket!r} is in {region}, and environment {environment.name!r} in "
            f"{environment.region}: SageMaker reads and writes only in its own region; nothing was written; "
            f"correct region or storage.bucket in conf/environments/{environment.name}.yaml"
        )
