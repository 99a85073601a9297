"""Make a bundle true in its environment: send what is missing, change what differs, leave the rest alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.storage import put_if_missing
from sagemaker_monitor.operations.desired import DesiredPipeline, desired_pipelines
from sagemaker_monitor.settings import Model

Done = Literal["uploaded", "created", "updated", "tagged", "untagged", "unchanged"]


@dataclass(frozen=True)
class Change:
    """One thing that upsert looked at, what it did, and why."""

    kind: Literal["asset", "model package group", "pipeline"]
    name: str
    done: Done
    detail: str = ""


def upsert(aws: Aws, bundle: Bundle, model: Model) -> Iterator[Change]:
    """Bring *bundle* to its environment, yielding each thing as it is done.

    The order is such that a run killed at any point leaves nothing that refers to what is not
    there, and that a second run completes it. What is equal already is not written. Tags of a
    pipeline are made exactly the configured ones, apart from AWS's own. Raises AwsError, UsageError.
    """
    pipelines = desired_pipelines(bundle, model, aws.environment)
    aws.require_writable()
    for asset in bundle.assets:
        written = put_if_missing(aws, asset.uri, asset.content)
        yield Change("asset", f"{asset.sha256[:12]}/{asset.name}", "uploaded" if written else "unchanged")
    yield _group(aws, aws.environment.model_package_group(bundle.model), bundle.model)
    for pipeline in pipelines:
        yield from _pipeline(aws, pipeline)


def _group(aws: Aws, name: str, model: str) -> Change:
    try:
        aws.call("sagemaker", "describe_model_package_group", ModelPackageGroupName=name)
    except NotFoundError:
        aws.call(
            "sagemaker",
            "create_model_package_group",
            ModelPackageGroupName=name,
            ModelPackageGroupDescription=f"Versions of {model}, opened by sagemaker-monitor's gate",
            Tags=_tag_list({**aws.environment.tags, "sagemaker-monitor:model": model}),
        )
        return Change("model package group", name, "created")
    return Change("model package group", name, "unchanged")


def _pipeline(aws: Aws, desired: DesiredPipeline) -> Iterator[Change]:
    try:
        deployed = aws.call("sagemaker", "describe_pipeline", PipelineName=desired.name)
    except NotFoundError:
        aws.call("sagemaker", "create_pipeline", **desired.request(), Tags=_tag_list(desired.tags))
        yield Change("pipeline", desired.name, "created")
        return
    changes = list(_update(aws, desired, deployed)) + list(_retag(aws, desired, deployed["PipelineArn"]))
    yield from changes or [Change("pipeline", desired.name, "unchanged")]


def _update(aws: Aws, desired: DesiredPipeline, deployed: Mapping[str, Any]) -> Iterator[Change]:
    differs = desired.differences(deployed)
    if differs:
        aws.call("sagemaker", "update_pipeline", **desired.request())
        yield Change("pipeline", desired.name, "updated", ", ".join(differs))


def _retag(aws: Aws, desired: DesiredPipeline, arn: str) -> Iterator[Change]:
    current = {
        tag["Key"]: tag["Value"] for tag in aws.pages("sagemaker", "list_tags", "Tags", ResourceArn=arn)
    }
    changed = {key: value for key, value in desired.tags.items() if current.get(key) != value}
    # Tags that begin with aws: are AWS's own and cannot be removed.
    surplus = sorted(key for key in current if key not in desired.tags and not key.lower().startswith("aws:"))
    # Removed first: a pipeline has room for 50 tags.
    if surplus:
        aws.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=surplus)
        yield Change("pipeline", desired.name, "untagged", ", ".join(surplus))
    if changed:
        aws.call("sagemaker", "add_tags", ResourceArn=arn, Tags=_tag_list(changed))
        yield Change("pipeline", desired.name, "tagged", ", ".join(sorted(changed)))


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
