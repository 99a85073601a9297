"""Job definitions of the four kinds, and schedules with the definition that they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker_monitor.operations.adopting.reader import Reader
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.monitoring_parts import NAMES

_GONE = "JobDefinitionArn", "JobDefinitionName", "CreationTime", "ResponseMetadata"
_INLINE = {
    "BaselineConfig": "DataQualityBaselineConfig",
    "MonitoringAppSpecification": "DataQualityAppSpecification",
    "MonitoringOutputConfig": "DataQualityJobOutputConfig",
    "MonitoringResources": "JobResources",
}
"""How a definition inside of a schedule calls what one of its own calls otherwise."""


@dataclass(frozen=True)
class Definition:
    """What a monitor's jobs are: as a job definition of its own is described, also one in a schedule."""

    kind: str
    name: str | None
    """None where it stands in the schedule itself."""
    content: Mapping[str, Any]
    schedule: str
    arn: str = ""

    @property
    def resource(self) -> str:
        """What it is called in what is told of it."""
        if self.name is None:
            return f"monitoring schedule {self.schedule} (its own MonitoringJobDefinition)"
        return f"job definition {self.name}"

    @property
    def application(self) -> Mapping[str, Any]:
        """The image, its scripts and its variables."""
        found: Mapping[str, Any] = self.content.get(f"{self.kind}AppSpecification") or {}
        return found

    @property
    def is_batch(self) -> bool:
        """Whether it reads what batch transforms captured."""
        return bool(self._inputs.get("BatchTransformInput"))

    @property
    def input(self) -> Mapping[str, Any]:
        """What of captures it reads, and where in a record things are."""
        found: Mapping[str, Any] = (
            self._inputs.get("BatchTransformInput") or self._inputs.get("EndpointInput") or {}
        )
        return found

    @property
    def endpoint(self) -> str | None:
        """The endpoint that it reads captures of; None of batch transforms."""
        return (self._inputs.get("EndpointInput") or {}).get("EndpointName")

    @property
    def ground_truth(self) -> str | None:
        """The root of the labels' records."""
        return (self._inputs.get("GroundTruthS3Input") or {}).get("S3Uri")

    @property
    def baselining_job(self) -> str | None:
        """The processing job that made the baseline."""
        return self._baseline.get("BaseliningJobName")

    def baseline(self, which: str) -> str | None:
        """Return the URI of the baseline's `Constraints` or `Statistics`."""
        return (self._baseline.get(f"{which}Resource") or {}).get("S3Uri")

    @property
    def _inputs(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.content.get(f"{self.kind}JobInput") or {}
        return found

    @property
    def _baseline(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.content.get(f"{self.kind}BaselineConfig") or {}
        return found


@dataclass(frozen=True)
class Schedule:
    """A monitoring schedule as it is described, with its definition and tags."""

    name: str
    status: str
    config: Mapping[str, Any]
    definition: Definition
    tags: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""

    @property
    def resource(self) -> str:
        """What it is called in what is told of it."""
        return f"monitoring schedule {self.name}"

    @property
    def kind(self) -> str:
        """SageMaker's MonitoringType."""
        return self.definition.kind

    @property
    def expression(self) -> str:
        """Its cron expression, or NOW; empty where it says none."""
        return str((self.config.get("ScheduleConfig") or {}).get("ScheduleExpression", ""))


def read_schedule(reader: Reader, name: str) -> Schedule:
    """Return the schedule called *name* with its definition. Raises UsageError, AwsError."""
    what = f"monitoring schedule {name}"
    answer = reader.describe(what, "describe_monitoring_schedule", MonitoringScheduleName=name)
    config = answer["MonitoringScheduleConfig"]
    kind = config.get("MonitoringType") or answer.get("MonitoringType") or "DataQuality"
    if kind not in NAMES:
        raise UsageError(f"{what} is of the type {kind}; known are {', '.join(NAMES)}")
    return Schedule(
        name=answer["MonitoringScheduleName"],
        status=answer["MonitoringScheduleStatus"],
        config=config,
        definition=_definition(reader, name, kind, config),
        tags=reader.tags(what, answer["MonitoringScheduleArn"]),
        failure=answer.get("FailureReason", ""),
    )


def schedules_of(reader: Reader, endpoint: str) -> tuple[str, ...]:
    """Return the names of the schedules that watch *endpoint*, sorted. Raises AwsError."""
    found = reader.aws.pages(
        "sagemaker", "list_monitoring_schedules", "MonitoringScheduleSummaries", EndpointName=endpoint
    )
    return tuple(sorted(each["MonitoringScheduleName"] for each in found))


def _definition(reader: Reader, schedule: str, kind: str, config: Mapping[str, Any]) -> Definition:
    name = config.get("MonitoringJobDefinitionName")
    if name is None:
        return Definition(kind, None, _own(config.get("MonitoringJobDefinition") or {}), schedule)
    answer = reader.describe(
        f"{kind} job definition {name}, which the monitoring schedule {schedule} runs,",
        f"describe_{NAMES[kind]}_job_definition",
        JobDefinitionName=name,
    )
    content = {key: value for key, value in answer.items() if key not in _GONE}
    return Definition(kind, name, content, schedule, answer["JobDefinitionArn"])


def _own(inline: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schedule's own definition as one of data quality is described."""
    content = {_INLINE.get(key, key): value for key, value in inline.items() if key != "MonitoringInputs"}
    content["DataQualityJobInput"] = (inline.get("MonitoringInputs") or [{}])[0]
    variables = content.pop("Environment", None)
    if variables:
        application = content.get("DataQualityAppSpecification") or {}
        content["DataQualityAppSpecification"] = {**application, "Environment": variables}
    return content
