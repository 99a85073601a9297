"""What may stand under schedules in a model's file: when pipelines run by themselves, and on what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from sagemaker_monitor.settings.fields import Duration, Offset, Section, Text, relative_uri
from sagemaker_monitor.timetable import At, ExpressionError, parse_expression, zone_of

PLACEHOLDERS = ("{year}", "{month}", "{day}", "{hour}")
"""Stand in `batch` for parts of a time in UTC: four digits, then two each."""
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
LONGEST_FLEXIBLE = timedelta(minutes=1440)


def _expression(text: str) -> str:
    try:
        found = parse_expression(text)
    except ExpressionError as error:
        raise ValueError(f"{text[:100]!r} {error}") from error
    if isinstance(found, At):
        raise ValueError("at(…) runs once: write cron(…) or rate(…), and start a single run with run")
    now = datetime.now(UTC)
    if found.after(now, zone_of("UTC"), now) is None:
        raise ValueError(f"{text[:100]!r} is never due: no such day comes any more")
    return text.strip()


def _timezone(name: str) -> str:
    try:
        zone_of(name)
    except ExpressionError as error:
        raise ValueError(f"{name[:60]!r} {error}") from error
    return name


def _flexible(value: timedelta) -> timedelta:
    if value % timedelta(minutes=1) or value > LONGEST_FLEXIBLE:
        raise ValueError("must be whole minutes, at most P1D, such as PT15M")
    return value


def _batch(template: str) -> str:
    unknown = [each for each in _PLACEHOLDER.findall(template) if each not in PLACEHOLDERS]
    plain = _PLACEHOLDER.sub("0", template)
    if unknown or {"{", "}"} & set(plain):
        raise ValueError(
            f"holds {unknown[0] if unknown else 'a single brace'}: {', '.join(PLACEHOLDERS)} are allowed"
        )
    relative_uri(plain)
    return template


def _short(value: Any) -> Any:
    """Take an expression alone for a schedule that says nothing else."""
    return {"expression": value} if isinstance(value, str) else value


def _or_expression(schema: dict[str, Any]) -> None:
    """Let editors take an expression alone."""
    schema["anyOf"].insert(0, {"type": "string"})


class Schedule(Section):
    """When EventBridge Scheduler starts a pipeline."""

    expression: Annotated[
        Annotated[Text, AfterValidator(_expression)],
        Field(
            max_length=256,
            description="cron(minutes hours day-of-month month day-of-week year) or rate(value unit), as"
            " EventBridge Scheduler has them, such as cron(0 6 ? * MON *).",
        ),
    ]
    timezone: Annotated[
        Annotated[Text, AfterValidator(_timezone)],
        Field(
            max_length=50, description="Whose clock a cron expression is about: a zone of the IANA database."
        ),
    ] = "UTC"
    enabled: Annotated[
        bool,
        Field(strict=True, description="Whether it runs; otherwise it is deployed with the state DISABLED."),
    ] = True
    flexible_window: Annotated[
        Annotated[Duration, AfterValidator(_flexible)] | None,
        Field(description="How much later it may start, such as PT15M, so that not all start at once."),
    ] = None


class BatchSchedule(Schedule):
    """When monitor-batch scores a batch, and which one."""

    batch: Annotated[
        Annotated[Text, AfterValidator(_batch)] | None,
        Field(
            min_length=1,
            max_length=256,
            description="Which batch a run scores: file or prefix below data.batches, in which {year},"
            " {month}, {day} and {hour} stand for the scheduled time in UTC; without it everything below"
            " data.batches.",
        ),
    ] = None
    offset: Annotated[
        Offset,
        Field(description="Shifts the time that batch names, such as -P1D: the batch of the day before."),
    ] = timedelta(0)


class EndpointSchedule(Schedule):
    """When monitor-endpoint judges the endpoint; endpoint.window says which hours."""


class ScheduledWindow(Section):
    """Which whole hours a run judges, as offsets from its scheduled time; the end is excluded."""

    start: Annotated[Offset, Field(description="Its first hour, such as -P76D.")]
    end: Annotated[
        Offset, Field(description="Its end, such as -P45D: what was captured later has no labels yet.")
    ]


class GroundTruthSchedule(Schedule):
    """When monitor-ground-truth judges what was captured before, now that labels are there."""

    window: Annotated[
        ScheduledWindow | None,
        Field(
            description="Which captures a run judges; by default 31 days, which end"
            " data.ground_truth.expected_after before the scheduled time."
        ),
    ] = None


class Schedules(Section):
    """Pipelines that run by themselves, where the environment says `schedules: enabled`.

    Each is an expression, or a section with more keys.
    """

    monitor_batch: Annotated[
        BatchSchedule | None,
        BeforeValidator(_short),
        Field(
            alias="monitor-batch",
            json_schema_extra=_or_expression,
            description="When batches are scored and judged.",
        ),
    ] = None
    monitor_endpoint: Annotated[
        EndpointSchedule | None,
        BeforeValidator(_short),
        Field(
            alias="monitor-endpoint",
            json_schema_extra=_or_expression,
            description="When the endpoint's traffic is judged.",
        ),
    ] = None
    monitor_ground_truth: Annotated[
        GroundTruthSchedule | None,
        BeforeValidator(_short),
        Field(
            alias="monitor-ground-truth",
            json_schema_extra=_or_expression,
            description="When captures whose labels have arrived are judged.",
        ),
    ] = None

    def each(self) -> Iterator[tuple[str, Schedule]]:
        """Yield name and schedule of every pipeline that has one."""
        for name, field in type(self).model_fields.items():
            schedule = getattr(self, name)
            if schedule is not None:
                yield str(field.alias), schedule
