"""Which registered version a real-time endpoint serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.registry.versions import Version, describe, group_of, latest_approved, list_versions
from sagemaker_monitor.settings import Model
from steps.scripts.serving import Artifact, ServedVariant, Serving, read_serving

MOST_VERSIONS = 50
"""The newest versions among which that of an artifact is looked for."""
SAY_VERSION = "name the version that answered with --version"


def endpoint_of(aws: Aws, model: Model, given: str | None = None) -> str:
    """Return the endpoint that is meant: *given*, or the configured one. Raises UsageError."""
    name = given or model.endpoint_in(aws.environment.name)
    if name is None:
        raise UsageError(
            f"model {model.model!r} has no endpoint in {aws.environment.name!r}: add a section endpoint to "
            f"conf/models/{model.model}.yaml, or the environment to endpoint.name, and run upsert"
        )
    return name


def serving_of(aws: Aws, endpoint: str) -> Serving | None:
    """Return what *endpoint* serves now; None where there is none of that name. Raises AwsError."""
    return read_serving(_asking(aws), endpoint)


def served_version(aws: Aws, model: Model, endpoint: str) -> Version:
    """Return the one version that the watched variants of *endpoint* serve. Raises UsageError, AwsError.

    Where it was registered once more, with a new baseline, and approved, it is that one.
    """
    serving = serving_of(aws, endpoint)
    if serving is None:
        raise UsageError(
            f"there is no endpoint {endpoint!r} in {aws.environment.name!r}: was it deleted or renamed? "
            f"{SAY_VERSION}, or the endpoint with --endpoint"
        )
    wanted = model.endpoint.variants if model.endpoint else ()
    variants = [each for each in serving.variants if not wanted or each.name in wanted]
    if not variants:
        raise UsageError(
            f"endpoint {endpoint!r} has no variant {', '.join(wanted)}; it has: "
            f"{', '.join(each.name for each in serving.variants) or 'none'}; see endpoint.variants"
        )
    found = {version.arn: version for each in variants for version in (_version(aws, model, each, endpoint),)}
    if len(found) > 1:
        numbers = ", ".join(str(version.number) for version in found.values())
        raise UsageError(
            f"endpoint {endpoint!r} serves versions {numbers}: {SAY_VERSION}, or variants of one version "
            "under endpoint.variants"
        )
    served = next(iter(found.values()))
    approved = latest_approved(aws, group_of(aws, served))
    same = approved and approved.model_data_url and _artifact(approved).same(_artifact(served))
    return approved if approved and same else served


def _artifact(version: Version) -> Artifact:
    return Artifact(version.model_data_url, version.metadata.get("ModelDataETag") or None)


def _version(aws: Aws, model: Model, variant: ServedVariant, endpoint: str) -> Version:
    group = aws.environment.model_package_group(model.model)
    what = f"variant {variant.name} of endpoint {endpoint!r}"
    if variant.version is not None:
        served = describe(aws, variant.version)
        if served.group != aws.environment.model_package_group_name(model.model):
            raise UsageError(f"{what} serves {served.arn}, which is no version of {group!r}")
        return served
    if variant.artifact is None:
        raise UsageError(f"which version {what} serves is not known: {variant.why}; {SAY_VERSION}")
    for summary in islice(list_versions(aws, group), MOST_VERSIONS):
        version = describe(aws, summary["ModelPackageArn"])
        if version.model_data_url and _artifact(version).same(variant.artifact):
            return version
    raise UsageError(
        f"{what} serves {variant.artifact.url}, the artifact of no recent version of {group!r}: "
        f"deploy a registered version, or {SAY_VERSION}"
    )


def _asking(aws: Aws) -> Callable[..., Mapping[str, Any] | None]:
    def ask(operation: str, **request: Any) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = aws.call("sagemaker", operation, **request)
        except NotFoundError:
            return None
        return found

    return ask
