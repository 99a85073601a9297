"""The two sides of a comparison: a pipeline as it is deployed, and as it shall be."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.planning.anatomy import Anatomy, Unit, take_apart
from sagemaker_monitor.operations.planning.files import File, read_files
from sagemaker_monitor.operations.planning.rule import BUNDLE, STORAGE
from sagemaker_monitor.operations.resources.pipelines import DesiredPipeline
from sagemaker_monitor.operations.resources.resource import Deployed, Fields


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
        return self.anatomy.bundle

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


def deployed_side(aws: Aws, deployed: Deployed, compared: Collection[str] | None = None) -> Side:
    """Return what a deployed pipeline says, with its files in S3; *compared* fields only. Raises AwsError."""
    document = deployed.fields["definition"]
    if isinstance(document, str):
        document = {"a definition that is not JSON": document[:200]}
    anatomy = take_apart(document)
    fields = {name: value for name, value in deployed.fields.items() if compared is None or name in compared}
    return Side(anatomy, _outside(fields), read_files(aws, anatomy.asset_uris))


def desired_side(desired: DesiredPipeline, bundle: Bundle) -> Side:
    """Return what *desired*, one of the pipelines of *bundle*, says with its files."""
    anatomy = take_apart(json.loads(desired.definition))
    files = {uri: File(None, "is not in the bundle") for uri in anatomy.asset_uris}
    files |= {asset.uri: File(asset.content) for asset in bundle.assets}
    return Side(anatomy, _outside(desired.wanted()), files)


_OUTSIDE = {
    "role": "RoleArn",
    "display name": "PipelineDisplayName",
    "description": "PipelineDescription",
    "parallel steps": "ParallelismConfiguration.MaxParallelExecutionSteps",
}


def _outside(fields: Fields) -> Unit:
    values = {path: fields[name] for name, path in _OUTSIDE.items() if fields.get(name) is not None}
    tags = {f"Tags.{key}": value for key, value in sorted(fields["tags"].items())}
    return Unit("pipeline", {**values, **tags})
