"""What checks look at: an environment's AWS, which they only read, and a model with what is to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.registry.versions import Version, latest_approved
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.document import Document
from sagemaker_monitor.settings.errors import Path, dotted


@dataclass(frozen=True)
class Context:
    """An environment: what is asked of it, and the file that describes it."""

    aws: Aws
    """One that sends nothing that writes."""
    document: Document
    models: tuple[Model, ...]
    again: str
    """The options by which another command means the same place."""

    @property
    def environment(self) -> Environment:
        """The environment."""
        return self.aws.environment

    def key(self, *path: str) -> str:
        """Return a key of the environment's YAML with file and line."""
        return key_of(self.document, path)


@dataclass(frozen=True)
class Subject:
    """A model in that environment, its file, and the batch and labels that are looked at."""

    context: Context
    model: Model
    document: Document
    given_input: str | None = None
    """A local file or S3 URI; None for the configured one."""
    given_labels: str | None = None

    @property
    def aws(self) -> Aws:
        """The environment's AWS."""
        return self.context.aws

    @property
    def environment(self) -> Environment:
        """The environment."""
        return self.context.environment

    @property
    def again(self) -> str:
        """The options by which another command means the same place."""
        return self.context.again

    def key(self, *path: str) -> str:
        """Return a key of the model's YAML with file and line."""
        return key_of(self.document, path)

    @cached_property
    def approved(self) -> Version | None:
        """The version that runs compare with. Raises AwsError."""
        return latest_approved(self.aws, self.environment.model_package_group(self.model.model))

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """Each column of a data file to its place."""
        return {name: place for place, name in enumerate(self.model.data_schema.columns)}


def key_of(document: Document, path: Path) -> str:
    """Return *path* as people write it, and where it stands or would have to."""
    position = document.position(path)
    return f"{dotted(path)} ({position})" if position else dotted(path)
