"""The two sides of a comparison: a pipeline as it is deployed, and as it shall be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.desired import DesiredPipeline
from sagemaker_monitor.operations.planning.anatomy import Anatomy, Unit, take_apart
from sagemaker_monitor.operations.planning.files import File, read_files
from sagemaker_monitor.operations.planning.keys import BUNDLE, STORAGE


@dataclass(frozen=True)
class Side:
    """A pipeline as it is deployed, or as it shall be."""

    anatomy: Anatomy
    outside: Unit
    """What the API keeps beside the definition: role, names, description, tags."""
    files: Mapping[str, File]

    @cached_property
    def bundle(self) -> str | None:
        """The hash of the bundle it is from; None when it names none, or more than one."""
        hashes = self.anatomy.bundle_hashes
        return next(iter(hashes)) if len(hashes) == 1 else None

    @cached_property
    def root(self) -> str | None:
        """The storage root that its files lie under."""
        return self.anatomy.storage_root

    def normal(self, value: Any) -> Any:
        """Return *value* with its storage root and its bundle's hash replaced by marks."""
        if isinstance(value, str):
            text = value.replace(self.bundle, BUNDLE) if self.bundle else value
            return re.sub(rf"{re.escape(self.root)}(?=/|$)", STORAGE, text) if self.root else text
        if isinstance(value, dict):
            return {key: self.normal(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.normal(inner) for inner in value]
        return value


def deployed_side(aws: Aws, response: Mapping[str, Any]) -> Side:
    """Return what a DescribePipeline answer, the pipeline's tags and its files in S3 say. Raises AwsError."""
    text = response.get("PipelineDefinition", "")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = {"a definition that is not JSON": text[:200]}
    anatomy = take_apart(document)
    tags = aws.pages("sagemaker", "list_tags", "Tags", ResourceArn=response["PipelineArn"])
    kept = {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].lower().startswith("aws:")}
    return Side(anatomy, _outside(response, kept), read_files(aws, anatomy.asset_uris))


def desired_side(desired: DesiredPipeline, bundle: Bundle) -> Side:
    """Return what *desired*, one of the pipelines of *bundle*, says with its files."""
    anatomy = take_apart(json.loads(desired.definition))
    files = {uri: File(None, "is not in the bundle") for uri in anatomy.asset_uris}
    files |= {asset.uri: File(asset.content) for asset in bundle.assets}
    return Side(anatomy, _outside(desired.request(), desired.tags), files)


def _outside(response: Mapping[str, Any], tags: Mapping[str, str]) -> Unit:
    named = ("RoleArn", "PipelineDisplayName", "PipelineDescription")
    values = {key: response[key] for key in named if key in response}
    return Unit("pipeline", {**values, **{f"Tags.{key}": value for key, value in sorted(tags.items())}})
