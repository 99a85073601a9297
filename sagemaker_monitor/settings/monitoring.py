"""What may stand under monitoring_schedules in a model's file: SageMaker's own schedules of its monitors."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from sagemaker_monitor.settings import fields
from sagemaker_monitor.settings.fields import (
    InstanceType,
    Integer,
    Name,
    Offset,
    RelativeUri,
    Runtime,
    Section,
)
from sagemaker_monitor.settings.scripts import PostAnalyticsProcessor, RecordPreprocessor

ScheduledMonitor = Literal["data_quality", "model_quality", "bias", "explainability"]
NOW = "NOW"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)
FORMS = (
    "cron(0 * ? * * *) every hour, cron(0 6 ? * * *) once a day, cron(0 0/6 ? * * *) every so many hours of a"
    " day, or NOW, in UTC"
)
MERGING = ("model_quality", "bias")
"""Monitors that compare with labels: a job of its own merges them first."""
_CRON = re.compile(r"cron\(0 (?:\*|(\d{1,2})(?:/(\d{1,2}))?) \? \* \* \*\)")


def _schedule_expression(text: str) -> str:
    found = _CRON.fullmatch(text)
    if text == NOW or (found and int(found[1] or 0) < 24 and 1 <= int(found[2] or 1) <= 24):
        return text
    raise ValueError(f"is none that Model Monitor takes: it knows {FORMS}; pipelines run at any other time")


class MonitoringWindow(Section):
    """Which whole hours an execution looks at, as offsets from its scheduled time; the end is excluded."""

    start: Annotated[Offset, Field(description="Its first hour, such as -PT6H, or -P1D.")]
    end: Annotated[
        Offset, Field(description="Its end, such as PT0H: until the hour of the scheduled time.")
    ] = timedelta(0)


class MonitoringBaseline(Section):
    """Documents of your own to compare with, in the place of the approved version's."""

    constraints: Annotated[
        RelativeUri, Field(description="constraints.json; of bias and explainability an analysis.json.")
    ]
    statistics: Annotated[
        RelativeUri | None, Field(description="statistics.json, for drift; for data_quality.")
    ] = None


class MonitoringCompute(Section):
    """The instances of a schedule's jobs, where they are not those of the environment's compute.checks."""

    instance_type: Annotated[InstanceType | None, Field(description="Instance type.")] = None
    instance_count: Annotated[
        Integer | None, Field(ge=1, le=100, description="Number of instances; 1 without it.")
    ] = None
    volume_size_gb: Annotated[
        Integer | None, Field(ge=1, le=16384, description="Disk of each instance, in GB.")
    ] = None
    max_runtime: Annotated[
        Runtime | None,
        Field(
            description="A job that runs longer is stopped: at most the time between two executions, and of"
            " model_quality and bias every hour half an hour, because labels are merged by another job."
        ),
    ] = None


class AdoptedSchedule(Section):
    """A schedule that others made, and that this one is in an environment."""

    name: Annotated[
        str,
        Field(
            pattern=fields.SAGEMAKER_NAME, max_length=63, description="The name that it has there, and keeps."
        ),
    ]
    definition: Annotated[
        str | None,
        Field(
            pattern=fields.SAGEMAKER_NAME,
            max_length=63,
            description="The job definition of others that it keeps as it is, whatever the file says. Without"
            " it upsert makes one of what the file says.",
        ),
    ] = None
    digest: Annotated[
        str | None,
        Field(
            pattern=fields.DIGEST,
            description="Of what the file said of the schedule and its monitor when it was adopted: once it"
            " says something else, the definition is kept no longer. Without it, it is.",
        ),
    ] = None


class MonitoringSchedule(Section):
    """A SageMaker MonitoringSchedule: it runs one monitor by itself, and gates nothing."""

    monitor: Annotated[ScheduledMonitor, Field(description="Which of the model's monitors it runs.")]
    of: Annotated[
        Literal["endpoint", "batches"],
        Field(description="What it looks at: captures of the endpoint, or of monitor-batch's transforms."),
    ]
    expression: Annotated[
        str,
        AfterValidator(_schedule_expression),
        Field(strict=True, description=f"When: {FORMS}. NOW runs once, when it is deployed or changed."),
    ]
    window: Annotated[
        MonitoringWindow | None,
        Field(description="Which hours it looks at; by default those since the execution before."),
    ] = None
    ground_truth: Annotated[
        RelativeUri | None,
        Field(
            description="Prefix of AWS's ground truth records, by the hour, for model_quality and bias; by"
            " default data.ground_truth.uri, where ground-truth put writes them."
        ),
    ] = None
    record_preprocessor: Annotated[
        RecordPreprocessor | None,
        Field(
            description="Python file below the conf folder with preprocess_handler, which makes rows of"
            " records, for data_quality and model_quality; by default one of ours leaves data_quality the"
            " features."
        ),
    ] = None
    post_analytics_processor: Annotated[
        PostAnalyticsProcessor | None,
        Field(
            description="Python file below the conf folder with postprocess_handler, which runs after the"
            " analysis, for data_quality and model_quality."
        ),
    ] = None
    baseline: Annotated[
        MonitoringBaseline | None,
        Field(description="What it compares with; by default the baseline of the latest approved version."),
    ] = None
    compute: Annotated[MonitoringCompute, Field(description="Its instances.")] = MonitoringCompute()
    adopted: Annotated[
        dict[Name, AdoptedSchedule],
        Field(
            default_factory=dict,
            description="By environment: the schedule of others that it is there; adopt writes it.",
        ),
    ]
    publish_cloudwatch_metrics: Annotated[
        bool, Field(strict=True, description="Whether each execution puts its metrics to CloudWatch.")
    ] = True

    @property
    def merges(self) -> bool:
        """Whether it compares with labels."""
        return self.monitor in MERGING

    @property
    def period(self) -> timedelta | None:
        """The time between two executions, at most; None for one that runs once."""
        found = _CRON.fullmatch(self.expression)
        if found is None:
            return None
        hour, hours = found.groups()
        return HOUR * int(hours) if hours else DAY if hour else HOUR

    @property
    def hours(self) -> tuple[int, ...]:
        """The hours of each day at which it runs, in UTC; none of one that runs once.

        Source: Developer Guide, Cron Expressions for Monitoring Schedule: it begins anew each day.
        """
        found = _CRON.fullmatch(self.expression)
        if found is None:
            return ()
        hour, hours = found.groups()
        return tuple(range(int(hour or 0), 24, int(hours) if hours else 24 if hour else 1))

    @property
    def offsets(self) -> tuple[timedelta, timedelta]:
        """The window that it looks at: the given one, or the time since the execution before."""
        if self.window is not None:
            return self.window.start, self.window.end
        return -(self.period or HOUR), timedelta(0)

    @property
    def longest_runtime(self) -> timedelta:
        """The longest that SageMaker lets its jobs run.

        Source: API reference, MonitoringStoppingCondition.
        """
        period = self.period or DAY
        return HALF_HOUR if self.merges and period == HOUR else period
