"""What monitors and checks were told of data and model: configurations and baselines, with their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker_monitor.operations.adopting.definitions import Definition, Schedule
from sagemaker_monitor.operations.adopting.reader import Reader
from sagemaker_monitor.operations.adopting.shapes import wrong_with_baseline, wrong_with_config
from sagemaker_monitor.operations.resources.monitoring_pins import ANALYSIS, CONFIG

_CLARIFY = ("ModelBias", "ModelExplainability")


@dataclass(frozen=True)
class Config:
    """An analysis configuration of Clarify; *told* says that what it asks for is what is watched.

    One that a baseline was made with only helps to understand: what it says and nobody watches is
    no loss.
    """

    resource: str
    uri: str
    content: Mapping[str, Any]
    told: bool = True


@dataclass(frozen=True)
class Baseline:
    """What a monitor compares with: constraints, for Clarify an analysis."""

    resource: str
    kind: str
    """SageMaker's MonitoringType."""
    uri: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Attributes:
    """Where in a record a monitor finds things, and of which problem type it is."""

    resource: str
    input: Mapping[str, Any]
    problem_type: str | None = None
    is_batch: bool = False


@dataclass(frozen=True)
class Job:
    """A job that made a baseline: what it read, and its variables."""

    resource: str
    dataset: str
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sources:
    """Everything that one resource says."""

    configs: tuple[Config, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    attributes: tuple[Attributes, ...] = ()
    jobs: tuple[Job, ...] = ()

    def __add__(self, other: Sources) -> Sources:
        """Return both, without what both have."""
        return Sources(
            _once(self.configs + other.configs),
            _once(self.baselines + other.baselines),
            self.attributes + other.attributes,
            _once(self.jobs + other.jobs),
        )


def _once(found: tuple[Any, ...]) -> tuple[Any, ...]:
    seen: dict[Any, Any] = {}
    for each in found:
        seen.setdefault(getattr(each, "uri", None) or each.resource, each)
    return tuple(seen.values())


def of_schedule(reader: Reader, schedule: Schedule) -> Sources:
    """Return what a schedule's definition, its configuration and its baseline say. Raises AwsError."""
    definition = schedule.definition
    return Sources(
        configs=tuple(_configs(reader, definition)),
        baselines=tuple(_baselines(reader, definition)),
        attributes=(
            Attributes(
                definition.resource,
                definition.input,
                definition.application.get("ProblemType"),
                definition.is_batch,
            ),
        ),
        jobs=tuple(_jobs(reader, definition)),
    )


def baseline_uri(reader: Reader, definition: Definition) -> str | None:
    """Return where the constraints of a definition are: as it says, or as its baselining job left them."""
    uri = definition.baseline("Constraints")
    job = definition.baselining_job
    if uri or not job:
        return uri
    found = reader.ask(
        definition.resource, "BaseliningJobName", "describe_processing_job", ProcessingJobName=job
    )
    outputs = ((found or {}).get("ProcessingOutputConfig") or {}).get("Outputs") or ()
    if not outputs:
        return None
    name = ANALYSIS if definition.kind in _CLARIFY else "constraints.json"
    return f"{outputs[0]['S3Output']['S3Uri'].rstrip('/')}/{name}"


def _configs(reader: Reader, definition: Definition) -> Iterator[Config]:
    if definition.kind not in _CLARIFY:
        return
    uri = definition.application.get("ConfigUri", "")
    content = reader.document(definition.resource, "ConfigUri", uri, wrong_with_config)
    if content is not None:
        yield Config(definition.resource, uri, content)
    baseline = baseline_uri(reader, definition)
    if baseline:
        # Clarify leaves a copy of what it was told beside what it found.
        beside = f"{baseline.rpartition('/')[0]}/{CONFIG}"
        content = reader.document(
            definition.resource, "its baseline's configuration", beside, wrong_with_config, needed=False
        )
        if content is not None:
            yield Config(f"the baseline of {definition.resource}", beside, content, told=False)


def _baselines(reader: Reader, definition: Definition) -> Iterator[Baseline]:
    uri = baseline_uri(reader, definition)
    if uri is None:
        return
    content = reader.document(definition.resource, "ConstraintsResource", uri, wrong_with_baseline)
    if content is not None:
        yield Baseline(definition.resource, definition.kind, uri, content)


def _jobs(reader: Reader, definition: Definition) -> Iterator[Job]:
    name = definition.baselining_job
    if not name:
        return
    found = reader.ask(
        definition.resource, "BaseliningJobName", "describe_processing_job", ProcessingJobName=name
    )
    if found is not None:
        yield job_of(f"processing job {name}", found)


def job_of(resource: str, described: Mapping[str, Any]) -> Job:
    """Return what a job that made a baseline read."""
    inputs = {
        each.get("InputName", ""): (each.get("S3Input") or {}).get("S3Uri", "")
        for each in described.get("ProcessingInputs") or ()
    }
    dataset = inputs.get("baseline_dataset_input") or inputs.get("dataset") or ""
    return Job(resource, dataset, described.get("Environment") or {})
