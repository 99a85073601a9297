"""What shall be deployed: each pipeline of a bundle with everything the API keeps about it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.settings import Environment, Model

TAG_LIMIT = 50
_TAG = re.compile(r"[\w\s.:/=+\-@]*")
"""What SageMaker takes in tag keys and values."""


@dataclass(frozen=True)
class DesiredPipeline:
    """One pipeline as it shall be; `definition` is JSON text."""

    name: str
    definition: str
    role_arn: str
    description: str
    tags: Mapping[str, str]

    @property
    def display_name(self) -> str:
        """What the console shows: the name."""
        return self.name

    def request(self) -> dict[str, Any]:
        """Return what CreatePipeline and UpdatePipeline both take."""
        return {
            "PipelineName": self.name,
            "PipelineDisplayName": self.display_name,
            "PipelineDescription": self.description,
            "PipelineDefinition": self.definition,
            "RoleArn": self.role_arn,
        }

    def differences(self, deployed: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of what differs in a DescribePipeline answer; definitions compare as JSON."""
        compared = {
            "definition": _same_json(self.definition, deployed.get("PipelineDefinition", "")),
            "role": self.role_arn == deployed.get("RoleArn"),
            "display name": self.display_name == deployed.get("PipelineDisplayName"),
            "description": self.description == deployed.get("PipelineDescription"),
        }
        return tuple(name for name, same in compared.items() if not same)


def desired_pipelines(bundle: Bundle, model: Model, environment: Environment) -> tuple[DesiredPipeline, ...]:
    """Return what upsert makes true; UsageError when the bundle is not this model's or environment's."""
    if bundle.model != model.model or bundle.environment != environment.name:
        raise UsageError(
            f"the bundle is of model {bundle.model!r} in environment {bundle.environment!r}, "
            f"not of {model.model!r} in {environment.name!r}; build that one"
        )
    return tuple(
        DesiredPipeline(
            name=definition.name,
            definition=definition.definition,
            role_arn=environment.roles.execution,
            description=f"{definition.pipeline} of model {bundle.model}; bundle {bundle.sha256}",
            tags=pipeline_tags(model, environment, definition.pipeline),
        )
        for definition in bundle.pipelines
    )


def pipeline_tags(model: Model, environment: Environment, pipeline: str) -> dict[str, str]:
    """Return the tags that a pipeline has, exactly: the environment's, the inventory's, and whose it is."""
    inventory = model.inventory
    tags = {
        **environment.tags,
        "sagemaker-monitor:model": model.model,
        "sagemaker-monitor:pipeline": pipeline,
        "sagemaker-monitor:environment": environment.name,
    }
    described = {"id": inventory.id, "owner": inventory.owner, "tier": inventory.tier}
    tags |= {f"sagemaker-monitor:{key}": str(value) for key, value in described.items() if value is not None}
    for key, value in tags.items():
        if not (0 < len(key) <= 128 and len(value) <= 256 and _TAG.fullmatch(key) and _TAG.fullmatch(value)):
            raise UsageError(
                f"tag {key!r}: {value!r} is none that SageMaker takes: key up to 128, value up to 256 "
                "characters, of letters, digits, spaces and _ . : / = + - @"
            )
    if len(tags) > TAG_LIMIT:
        raise UsageError(f"{len(tags)} tags are too many; SageMaker takes {TAG_LIMIT}")
    return tags


def _same_json(ours: str, theirs: str) -> bool:
    try:
        return bool(json.loads(ours) == json.loads(theirs))
    except ValueError:
        return False
