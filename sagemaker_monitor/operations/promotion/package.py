"""The version as it is registered where it is promoted to: the same, with every place and image of there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.promotion.carried import Luggage, is_place
from sagemaker_monitor.registry.lineage import KEYS, Lineage
from sagemaker_monitor.settings import Environment

MOST_PROPERTIES, LONGEST_VALUE = 50, 256
"""CustomerMetadataProperties that a version has, and characters of each (CreateModelPackage)."""
_CONTAINER = ("ContainerHostname", "Environment", "ModelInput", "Framework", "FrameworkVersion")
_ABOUT = ("ModelPackageDescription", "Domain", "Task")
_SPECIFICATION = ("SupportedContentTypes", "SupportedResponseMIMETypes")
_INSTANCES = ("SupportedTransformInstanceTypes", "SupportedRealtimeInferenceInstanceTypes")
_IMAGE = re.compile(r"^(\d{12})\.dkr\.ecr[.-](?:fips\.)?([a-z0-9-]+)\.([a-z0-9.-]+)/(.+)$")


@dataclass(frozen=True)
class Destination:
    """Where a version goes: its environment, its group there, and the folder of what comes along."""

    environment: Environment
    group: str
    folder: str


def request_of(described: Mapping[str, Any], luggage: Luggage, to: Destination, image: str) -> dict[str, Any]:
    """Return CreateModelPackage's request for the version that is *described*, but for its metadata."""

    def moved(node: Any) -> Any:
        if not isinstance(node, Mapping):
            return node
        return {
            key: f"{to.folder}/{luggage.path(value)}" if key == "S3Uri" else moved(value)
            for key, value in node.items()
        }

    specification = described["InferenceSpecification"]
    container = specification["Containers"][0]
    own_instance = to.environment.compute.transform.instance_type
    return {
        "ModelPackageGroupName": to.group,
        "ModelApprovalStatus": "PendingManualApproval",
        **{key: described[key] for key in _ABOUT if described.get(key)},
        "InferenceSpecification": {
            "Containers": [
                {
                    **{key: container[key] for key in _CONTAINER if container.get(key)},
                    "Image": image,
                    "ModelDataUrl": f"{to.folder}/{luggage.record.model_data}",
                }
            ],
            **{key: specification[key] for key in _SPECIFICATION if specification.get(key)},
            # The configured instances there may be others than where it was registered.
            **{key: _with(specification.get(key), own_instance) for key in _INSTANCES},
        },
        **{
            key: moved(described[key])
            for key in ("ModelMetrics", "DriftCheckBaselines")
            if described.get(key)
        },
    }


def _with(instances: list[str] | None, own: str) -> list[str]:
    return list(dict.fromkeys([*(instances or ()), own]))


def metadata_of(
    metadata: Mapping[str, str], luggage: Luggage, to: Destination, lineage: Lineage, etag: str
) -> dict[str, str]:
    """Return the CustomerMetadataProperties: those it has, with the places of there, and where it comes from.

    What others added stays as it is. Raises UsageError where they are more or longer than SageMaker takes.
    """
    found = {
        key: f"{to.folder}/{luggage.path(value)}" if is_place(key) and value.startswith("s3://") else value
        for key, value in metadata.items()
        if key not in KEYS
    }
    found |= {"Environment": to.environment.name, "ModelDataETag": etag, **lineage.metadata()}
    if len(found) > MOST_PROPERTIES:
        raise UsageError(
            f"the version would have {len(found)} metadata properties, SageMaker takes {MOST_PROPERTIES}: "
            "remove some that others added"
        )
    for key, value in found.items():
        if len(value) > LONGEST_VALUE:
            raise UsageError(
                f"{key} would have {len(value)} characters, SageMaker takes {LONGEST_VALUE}: a shorter "
                f"storage.bucket or storage.prefix of {to.environment.name!r} would do"
            )
    return found


def image_for(image: str, source: Environment, target: Aws, register_pipeline: str) -> str:
    """Return the image that serves the version in the target's account and region.

    An image of the source's own registry is the one of that name and tag in the target's. AWS's are the
    same in one region; another region's the pipeline that is deployed there names. Raises UsageError.
    """
    there = target.environment
    match = _IMAGE.match(image)
    if match is None or (match[1] != source.account and match[2] == there.region):
        return image
    owner, region, _, name = match.groups()
    if owner == source.account:
        return image.replace(f"{owner}.", f"{there.account}.", 1).replace(
            f".{region}.", f".{there.region}.", 1
        )
    for known in _deployed_images(target, register_pipeline):
        if known.endswith(f"/{name}"):
            return known
    raise UsageError(
        f"the version's image, {image}, is of region {region}, and {register_pipeline!r}, as it is deployed "
        f"to {there.name!r}, names none called {name}: run sagemaker-monitor upsert --env {there.name} with "
        "the same artifact.framework and version first"
    )


def _deployed_images(target: Aws, name: str) -> Iterator[str]:
    try:
        found = target.call("sagemaker", "describe_pipeline", PipelineName=name)
    except NotFoundError:
        return
    yield from _images_in(json.loads(found.get("PipelineDefinition") or "{}"))


def _images_in(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _images_in(each)
    elif isinstance(node, dict):
        if isinstance(node.get("Image"), str):
            yield node["Image"]
        for each in node.values():
            yield from _images_in(each)
