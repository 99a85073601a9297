"""What keeps an endpoint from being watched, whatever it captured: many models, or another region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.aws.storage import split_uri
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.settings import Model

MULTI_MODEL = "MultiModel"
_ALONE = "serve the model on an endpoint of its own, with data capture"


def require_watchable(aws: Aws, model: Model, endpoint: str) -> None:
    """Raise UsageError where *endpoint* cannot be watched, with the reason; AwsError.

    What is gone, or may not be looked at, is no reason.
    """
    try:
        described = aws.call("sagemaker", "describe_endpoint", EndpointName=endpoint)
    except NotFoundError:
        return
    wanted = model.endpoint.variants if model.endpoint else ()
    for variant, name in _models(aws, described):
        if not wanted or variant in wanted:
            _require_one_model(aws, endpoint, variant, name)
    capture = model.endpoint.capture if model.endpoint else None
    destination = (described.get("DataCaptureConfig") or {}).get("DestinationS3Uri", "")
    root = aws.environment.storage.resolve(capture) if capture else destination
    if root.startswith("s3://"):
        require_region(aws, endpoint, root)


def _models(aws: Aws, described: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each variant of an endpoint and its model."""
    try:
        config = aws.call(
            "sagemaker", "describe_endpoint_config", EndpointConfigName=described["EndpointConfigName"]
        )
    except NotFoundError:
        return
    for each in config.get("ProductionVariants", ()):
        if each.get("ModelName"):
            yield each["VariantName"], each["ModelName"]


def _require_one_model(aws: Aws, endpoint: str, variant: str, name: str) -> None:
    try:
        found = aws.call("sagemaker", "describe_model", ModelName=name)
    except NotFoundError:
        return
    containers = found.get("Containers") or [found.get("PrimaryContainer") or {}]
    served = f"variant {variant} of endpoint {endpoint!r} serves {name}"
    if any(container.get("Mode") == MULTI_MODEL for container in containers):
        raise UsageError(
            f"{served}, a multi-model container: what is captured does not say which of its models was "
            f"asked, so that no answer can be told to be this model's; {_ALONE}"
        )
    if len(containers) > 1:
        mode = (found.get("InferenceExecutionConfig") or {}).get("Mode", "Serial")
        why = (
            "what is captured does not say which of them was asked"
            if mode == "Direct"
            else "what is captured is what the first of them was asked and the last one answered, which are "
            "not the features and the answer of one model"
        )
        raise UsageError(f"{served}, a model of {len(containers)} containers ({mode}): {why}; {_ALONE}")


def require_region(aws: Aws, endpoint: str, root: str) -> None:
    """Raise UsageError where *endpoint* captures below a *root* in another region; AwsError."""
    bucket, ours = split_uri(root)[0], aws.environment.region
    if bucket == aws.environment.storage.bucket:
        return  # upsert has looked
    try:
        region = aws.call("s3", "head_bucket", Bucket=bucket).get("BucketRegion")
    except AccessDeniedError:
        return  # who may not ask may still be allowed to read
    except NotFoundError as error:
        raise UsageError(
            f"endpoint {endpoint!r} captures below {root}, and there is no bucket {bucket}"
        ) from error
    if region not in (None, ours):
        raise UsageError(
            f"endpoint {endpoint!r} captures below {root}, and the bucket is in {region}: SageMaker's "
            f"schedules and jobs take data from their own region only, {ours}; capture to a bucket there, "
            f"such as {aws.environment.storage.root}/captured"
        )
