"""Pipelines as they shall be, with everything the API keeps about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.storage import put_if_missing, split_uri
from sagemaker_monitor.operations.resources.resource import (
    Change,
    Deployed,
    Fields,
    Kind,
    Resource,
    differing,
    parsed,
)
from sagemaker_monitor.operations.resources.tags import (
    bears_mark,
    read_tags,
    resource_tags,
    retag,
    tag_list,
)
from sagemaker_monitor.settings import Environment, Model

KIND = "pipeline"
INLINE_LIMIT = 100 * 1024
"""Bytes of a definition above which it goes to S3 and the request names it, as the SageMaker SDK does."""


@dataclass(frozen=True)
class DesiredPipeline:
    """One pipeline as it shall be; `definition` is JSON text, `location` its URI where it is long."""

    name: str
    definition: str
    role_arn: str
    description: str
    tags: Mapping[str, str]
    parallel_steps: int | None = None
    location: str | None = None
    kind: str = KIND

    @property
    def display_name(self) -> str:
        """What the console shows: the name."""
        return self.name

    def request(self) -> dict[str, Any]:
        """Return what CreatePipeline and UpdatePipeline both take."""
        request: dict[str, Any] = {
            "PipelineName": self.name,
            "PipelineDisplayName": self.display_name,
            "PipelineDescription": self.description,
            "RoleArn": self.role_arn,
        }
        if self.location is None:
            request["PipelineDefinition"] = self.definition
        else:
            bucket, key = split_uri(self.location)
            request["PipelineDefinitionS3Location"] = {"Bucket": bucket, "ObjectKey": key}
        if self.parallel_steps is not None:
            request["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": self.parallel_steps}
        return request

    def wanted(self) -> Fields:
        """Return everything that is compared; a limit of parallel steps only where one is configured."""
        return {
            "definition": self._document,
            "role": self.role_arn,
            "display name": self.display_name,
            "description": self.description,
            "tags": dict(self.tags),
            **({} if self.parallel_steps is None else {"parallel steps": self.parallel_steps}),
        }

    def read(self, aws: Aws) -> Deployed | None:
        """Return the pipeline of this name."""
        return read_pipeline(aws, self.name)

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Create it, or update and tag it where it differs: each update makes a version."""
        if deployed is None:
            self._place(aws)
            # One token for all tries: AWS then makes one pipeline of them.
            token = {"ClientRequestToken": uuid4().hex}
            aws.call("sagemaker", "create_pipeline", **self.request(), **token, Tags=tag_list(self.tags))
            yield Change(self.kind, self.name, "created")
            return
        differs = [name for name in differing(self.wanted(), deployed.fields) if name != "tags"]
        if differs:
            self._place(aws)
            aws.call("sagemaker", "update_pipeline", **self.request())
            yield Change(self.kind, self.name, "updated", ", ".join(differs))
        yield from retag(aws, self.kind, self.name, deployed.arn, self.tags, deployed.fields["tags"])

    @cached_property
    def _document(self) -> Any:
        return json.loads(self.definition)

    def _place(self, aws: Aws) -> None:
        if self.location is not None:
            put_if_missing(aws, self.location, self.definition.encode())


def read_pipeline(aws: Aws, name: str, version: int | None = None) -> Deployed | None:
    """Return a pipeline as it is deployed, or as its *version* was; None when there is none."""
    versioned = {} if version is None else {"PipelineVersionId": version}
    try:
        answer = aws.call("sagemaker", "describe_pipeline", PipelineName=name, **versioned)
    except NotFoundError:
        return None
    fields = {
        "definition": parsed(answer.get("PipelineDefinition", "")),
        "role": answer.get("RoleArn"),
        "display name": answer.get("PipelineDisplayName"),
        "description": answer.get("PipelineDescription"),
        "tags": read_tags(aws, answer["PipelineArn"]),
        "parallel steps": (answer.get("ParallelismConfiguration") or {}).get("MaxParallelExecutionSteps"),
    }
    return Deployed(fields, answer["PipelineArn"], answer)


def desired_pipelines(bundle: Bundle, model: Model, environment: Environment) -> tuple[DesiredPipeline, ...]:
    """Return what upsert makes true; UsageError when a tag is none that SageMaker takes."""
    return tuple(
        DesiredPipeline(
            name=definition.name,
            definition=definition.definition,
            role_arn=environment.roles.execution,
            description=description(definition.pipeline, bundle.model, bundle.sha256),
            tags=pipeline_tags(model, environment, definition.pipeline),
            parallel_steps=environment.compute.max_parallel_steps,
            location=location_of(definition.name, definition.definition, environment),
        )
        for definition in bundle.pipelines
    )


def description(pipeline: str, model: str, bundle: str) -> str:
    """Return what a pipeline's description says: what it is, and which bundle it is from."""
    return f"{pipeline} of model {model}; bundle {bundle}"


def pipeline_tags(model: Model, environment: Environment, pipeline: str) -> dict[str, str]:
    """Return the tags that a pipeline has, exactly. Raises UsageError."""
    return resource_tags(model, environment, pipeline=pipeline)


def location_of(name: str, definition: str, environment: Environment) -> str | None:
    """Return where a definition goes that is too long for a request; None for one that is not.

    Not below `assets/`: nothing but a request refers to it, and AWS may come back for it.
    """
    content = definition.encode()
    if len(content) <= INLINE_LIMIT:
        return None
    return f"{environment.storage.root}/definitions/{hashlib.sha256(content).hexdigest()}/{name}.json"


def _desired(bundle: Bundle, model: Model, environment: Environment) -> tuple[Resource, ...]:
    return desired_pipelines(bundle, model, environment)


def _owned(aws: Aws, model: str) -> Iterator[str]:
    """Yield the model's pipelines in this environment; of a longer name that begins alike the tags tell."""
    listed = aws.pages(
        "sagemaker", "list_pipelines", "PipelineSummaries", PipelineNamePrefix=model, MaxResults=100
    )
    for summary in listed:
        name = summary["PipelineName"]
        is_named_so = name.startswith(f"{model}-") and name.endswith(f"-{aws.environment.name}")
        if is_named_so and bears_mark(read_tags(aws, summary["PipelineArn"]), model, aws.environment):
            yield name


def _delete(aws: Aws, name: str) -> Iterator[Change]:
    with suppress(NotFoundError):  # it was there a moment ago: a lost answer was asked for again
        aws.call("sagemaker", "delete_pipeline", PipelineName=name)
    yield Change(KIND, name, "deleted")


PIPELINES = Kind(KIND, _desired, _owned, _delete, "kept")
