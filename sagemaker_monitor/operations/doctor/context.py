"""What checks look at: an environment's AWS, which they only read, and a model with what is to be judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sagemaker_monitor.aws import Aws, AwsError
from sagemaker_monitor.operations.doctor.rows import Sample, Source, sample, sources
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.registry.versions import Version, latest_approved
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.document import Document
from sagemaker_monitor.settings.errors import Path, dotted
from steps.scripts.inputs import is_header, read_columns
from steps.spec import script_spec


@dataclass(frozen=True)
class Context:
    """An environment: what is asked of it, and the file that describes it."""

    aws: Aws
    """One that sends nothing that writes."""
    document: Document
    models: tuple[Model, ...]
    again: str
    """The options by which another command means the same place."""
    revision: str = ""
    """The revision of the configuration; empty where it is unknown."""
    reads: tuple[str, ...] = ()
    """S3 URIs beside the configured ones that a run would read."""

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

    @property
    def batch_name(self) -> str | None:
        """The batch that is looked at: a local file or an S3 URI; None where none is given or configured."""
        return self.given_input or self._resolved(self.model.data.batches)

    @cached_property
    def batch_sources(self) -> list[Source]:
        """The batch's files or objects. Raises UsageError, AwsError."""
        return sources(self.aws, self.batch_name, option="--input") if self.batch_name else []

    @cached_property
    def batch(self) -> Sample | None:
        """Rows of the batch; None where there are none, or they cannot be read, which is told elsewhere."""
        return _quietly(lambda: self.batch_sources)

    def fits(self, rows: Sample) -> bool:
        """Return whether *rows* have the model's columns, with the label or without, and no header."""
        columns = self.model.data_schema.columns
        known = read_columns(script_spec(self.model, self.environment.name, "monitor-batch"))
        return (
            bool(rows.rows)
            and not rows.broken
            and set(rows.widths) <= {len(columns), len(columns) - 1}
            and not any(is_header(row, known) for _, row in rows.firsts)
        )

    @property
    def fitting_batch(self) -> Sample | None:
        """The batch's rows where they have the model's columns: what else is wrong is told of its columns."""
        return self.batch if self.batch is not None and self.fits(self.batch) else None

    @property
    def baseline_name(self) -> str:
        """The URI of the configured baseline data."""
        return self.environment.storage.resolve(self.model.data.baseline)

    @cached_property
    def baseline_sources(self) -> list[Source]:
        """The objects of the configured baseline data. Raises UsageError, AwsError."""
        return sources(self.aws, self.baseline_name)

    @cached_property
    def baseline(self) -> Sample | None:
        """Rows of the configured baseline data; None as of the batch."""
        return _quietly(lambda: self.baseline_sources)

    @property
    def labels_name(self) -> str | None:
        """The labels that are looked at, as the batch; None where none are given or configured."""
        ground_truth = self.model.data.ground_truth
        return self.given_labels or self._resolved(ground_truth.uri if ground_truth else None)

    def _resolved(self, uri: str | None) -> str | None:
        return self.environment.storage.resolve(uri) if uri else None


def _quietly(find: Callable[[], list[Source]]) -> Sample | None:
    try:
        found = find()
        return sample(found) if found else None
    except (AwsError, UsageError):
        return None


def key_of(document: Document, path: Path) -> str:
    """Return *path* as people write it, and where it stands or would have to."""
    position = document.position(path)
    return f"{dotted(path)} ({position})" if position else dotted(path)
