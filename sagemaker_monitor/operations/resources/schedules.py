"""Schedules that start pipelines, of EventBridge Scheduler, and the group that an environment keeps them in.

A schedule can have no tags. Ours is one in the environment's group that has the name of one of the model's
pipelines and starts that pipeline: what it does is its mark.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pipelines.bundle import Bundle
from pipelines.names import PIPELINES, pipeline_name
from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.resource import (
    Change,
    Deployed,
    Fields,
    Kind,
    Resource,
    differing,
    nothing_deleted,
    nothing_owned,
    parsed,
)
from sagemaker_monitor.operations.resources.tags import (
    ENVIRONMENT_TAG,
    SCHEDULER,
    checked,
    read_tags,
    retag,
    tag_list,
)
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.schedule_checks import schedules_in
from sagemaker_monitor.settings.schedules import Schedule

KIND, GROUP_KIND = "schedule", "schedule group"
ACTION = "scheduler:::aws-sdk:sagemaker:startPipelineExecution"
SCHEDULED_TIME_PARAMETER = "ScheduledTime"
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""EventBridge Scheduler puts the time there that a start was due at, such as 2026-03-02T06:00:00Z."""
UNUSED = ("StartDate", "EndDate", "KmsKeyArn", "ActionAfterCompletion")
"""What EventBridge Scheduler also keeps, and nothing configures."""
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@dataclass(frozen=True)
class ScheduleGroupResource:
    """The group of an environment's schedules; one that others made is used as it is."""

    name: str
    tags: Mapping[str, str]
    kind: str = GROUP_KIND

    def wanted(self) -> Fields:
        """Return its tags."""
        return {"tags": dict(self.tags)}

    def read(self, aws: Aws) -> Deployed | None:
        """Return the group's configured tags; of a group that others made nothing is compared."""
        try:
            arn = aws.call("scheduler", "get_schedule_group", Name=self.name)["Arn"]
        except NotFoundError:
            return None
        tags = read_tags(aws, arn, SCHEDULER)
        if tags.get(ENVIRONMENT_TAG) != self.tags[ENVIRONMENT_TAG]:
            return Deployed(self.wanted(), arn)
        return Deployed({"tags": {key: value for key, value in tags.items() if key in self.tags}}, arn)

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Create it, or set its tags."""
        if deployed is None:
            with _there_already():
                aws.call("scheduler", "create_schedule_group", Name=self.name, Tags=tag_list(self.tags))
            yield Change(self.kind, self.name, "created")
            return
        current = deployed.fields["tags"]
        yield from retag(aws, self.kind, self.name, deployed.arn, self.tags, current, SCHEDULER)


@dataclass(frozen=True)
class ScheduleResource:
    """What starts one pipeline by itself."""

    name: str
    group: str
    schedule: Schedule
    environment: Environment
    model: str
    pipeline: str
    kind: str = KIND

    @property
    def summary(self) -> str:
        """When it runs, in a line."""
        zone = "" if self.schedule.timezone == "UTC" else f" {self.schedule.timezone}"
        return f"{self.schedule.expression}{zone}" + ("" if self.schedule.enabled else ", disabled")

    def wanted(self) -> Fields:
        """Return everything that EventBridge Scheduler keeps of it, by the keys that configure it."""
        environment, schedule = self.environment, self.schedule
        return {
            "expression": schedule.expression,
            "timezone": schedule.timezone,
            "enabled": schedule.enabled,
            "flexible_window": _iso(schedule.flexible_window),
            "roles.scheduler": environment.roles.scheduler,
            "scheduler.retries.maximum_attempts": environment.scheduler.retries.maximum_attempts,
            "scheduler.retries.maximum_age": _iso(environment.scheduler.retries.maximum_age),
            "scheduler.dead_letter_queue": environment.scheduler.dead_letter_queue,
            "action": f"arn:{environment.partition}:{ACTION}",
            "request": start_request(self.name),
            "description": f"{self.pipeline} of model {self.model}, by sagemaker-monitor",
            **dict.fromkeys(UNUSED),
        }

    def read(self, aws: Aws) -> Deployed | None:
        """Return the schedule of this name. Raises UsageError where it starts something else."""
        return read_schedule(aws, self.group, self.name)

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Create it, or replace all of it where it differs."""
        if deployed is None:
            with _there_already():
                aws.call("scheduler", "create_schedule", **self._request())
            yield Change(self.kind, self.name, "created")
            return
        differs = differing(self.wanted(), deployed.fields)
        if differs:
            aws.call("scheduler", "update_schedule", **self._request())
            yield Change(self.kind, self.name, "updated", ", ".join(differs))

    def _request(self) -> dict[str, Any]:
        wanted, scheduler = self.wanted(), self.environment.scheduler
        window, queue = self.schedule.flexible_window, scheduler.dead_letter_queue
        return {
            "Name": self.name,
            "GroupName": self.group,
            "Description": wanted["description"],
            "ScheduleExpression": self.schedule.expression,
            "ScheduleExpressionTimezone": self.schedule.timezone,
            "State": "ENABLED" if self.schedule.enabled else "DISABLED",
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": window // MINUTE}
            if window
            else {"Mode": "OFF"},
            "Target": {
                "Arn": wanted["action"],
                "RoleArn": self.environment.roles.scheduler,
                "Input": json.dumps(wanted["request"]),
                "RetryPolicy": {
                    "MaximumEventAgeInSeconds": int(scheduler.retries.maximum_age.total_seconds()),
                    "MaximumRetryAttempts": scheduler.retries.maximum_attempts,
                },
                **({"DeadLetterConfig": {"Arn": queue}} if queue else {}),
            },
        }


def start_request(pipeline: str) -> dict[str, Any]:
    """Return the request that EventBridge Scheduler sends SageMaker to start *pipeline*.

    It delivers at least once. The token is the same for every delivery of one scheduled time, of which
    SageMaker then makes one execution.
    """
    digest = hashlib.sha256(pipeline.encode()).hexdigest()[:32]
    return {
        "PipelineName": pipeline,
        "PipelineParameters": [{"Name": SCHEDULED_TIME_PARAMETER, "Value": SCHEDULED_TIME}],
        "ClientRequestToken": f"{digest}-{SCHEDULED_TIME}",
    }


def read_schedule(aws: Aws, group: str, name: str) -> Deployed | None:
    """Return the schedule of a pipeline, None where there is none.

    Raises UsageError where one of its name starts something else, AwsError.
    """
    try:
        answer = aws.call("scheduler", "get_schedule", GroupName=group, Name=name)
    except NotFoundError:
        return None
    target, flexible = answer["Target"], answer["FlexibleTimeWindow"]
    request = parsed(target.get("Input", ""))
    if not _starts(target["Arn"], request, name):
        raise UsageError(
            f"schedule {name!r} of group {group!r} does not start the pipeline of its name but "
            f"{target['Arn']}: upsert did not make it; delete or rename it, or name another scheduler.group"
        )
    policy = target.get("RetryPolicy") or {}
    fields = {
        "expression": answer["ScheduleExpression"],
        "timezone": answer.get("ScheduleExpressionTimezone"),
        "enabled": answer.get("State") == "ENABLED",
        "flexible_window": _iso(flexible.get("MaximumWindowInMinutes", 0) * MINUTE),
        "roles.scheduler": target["RoleArn"],
        "scheduler.retries.maximum_attempts": policy.get("MaximumRetryAttempts"),
        "scheduler.retries.maximum_age": _iso(policy.get("MaximumEventAgeInSeconds", 0) * SECOND),
        "scheduler.dead_letter_queue": (target.get("DeadLetterConfig") or {}).get("Arn"),
        "action": target["Arn"],
        "request": request,
        "description": answer.get("Description"),
        **{name: _unused(answer.get(name)) for name in UNUSED},
    }
    times = {"CreationTime": answer["CreationDate"], "LastModifiedTime": answer["LastModificationDate"]}
    return Deployed(fields, answer["Arn"], times)


def starts_pipeline(aws: Aws, name: str) -> bool:
    """Return whether the pipeline *name* has a schedule of ours in this environment. Raises AwsError."""
    try:
        return read_schedule(aws, aws.environment.schedule_group, name) is not None
    except UsageError:
        return False


def _starts(action: str, request: Any, pipeline: str) -> bool:
    named = request.get("PipelineName") if isinstance(request, dict) else None
    return action.endswith(ACTION) and isinstance(named, str) and named.rpartition("/")[2] == pipeline


def _iso(length: timedelta | None) -> str | None:
    """Return a length as it is configured, such as PT15M; None for nothing."""
    if not length:
        return None
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    return "PT" + "".join(f"{count}{unit}" for count, unit in ((minutes, "M"), (seconds, "S")) if count)


def _unused(value: Any) -> str | None:
    """Return what a hand may have set; NONE is as AWS tells nothing of what comes after the last run."""
    return None if value in (None, "NONE") else str(value)


@contextmanager
def _there_already() -> Iterator[None]:
    """Take it for done where an answer was lost and it was asked for again: it is there then."""
    try:
        yield
    except AwsError as error:
        if error.code != "ConflictException":
            raise


def _desired_groups(_bundle: Bundle, model: Model, environment: Environment) -> Iterable[Resource]:
    if not dict(schedules_in(model, environment)):
        return ()
    tags = checked({**environment.tags, ENVIRONMENT_TAG: environment.name})
    return (ScheduleGroupResource(environment.schedule_group, tags),)


def _desired(bundle: Bundle, model: Model, environment: Environment) -> Iterator[Resource]:
    for pipeline, schedule in schedules_in(model, environment):
        yield ScheduleResource(
            name=pipeline_name(bundle.model, pipeline, environment.name),
            group=environment.schedule_group,
            schedule=schedule,
            environment=environment,
            model=bundle.model,
            pipeline=pipeline,
        )


def owned_schedules(aws: Aws, model: str) -> Iterator[str]:
    """Yield the names of the model's schedules in this environment. Raises AwsError.

    One in another group, which `scheduler.group` named before, is called group/name: it is upsert's if it
    sends the very request that upsert lets it send.
    """
    group = aws.environment.schedule_group
    names = {pipeline_name(model, pipeline, aws.environment.name) for pipeline in PIPELINES}
    listed = aws.pages("scheduler", "list_schedules", "Schedules", NamePrefix=model, MaxResults=100)
    for each in [each for each in listed if each["Name"] in names]:
        name = each["Name"]
        if each["GroupName"] == group:
            if starts_pipeline(aws, name):
                yield name
        elif each["Target"]["Arn"].endswith(ACTION):
            answer = aws.call("scheduler", "get_schedule", GroupName=each["GroupName"], Name=name)
            if parsed(answer["Target"].get("Input", "")) == start_request(name):
                yield f"{each['GroupName']}/{name}"


def _delete(aws: Aws, name: str) -> Iterator[Change]:
    group, _, alone = name.rpartition("/")
    with suppress(NotFoundError):  # it was there a moment ago: a lost answer was asked for again
        aws.call(
            "scheduler",
            "delete_schedule",
            GroupName=group or aws.environment.schedule_group,
            Name=alone,
        )
    yield Change(KIND, name, "deleted")


SCHEDULE_GROUPS = Kind(GROUP_KIND, _desired_groups, nothing_owned, nothing_deleted, "kept")
"""Shared by models, and deleted by nobody: with a group go all schedules in it, also one made meanwhile."""
SCHEDULES = Kind(
    KIND,
    _desired,
    owned_schedules,
    _delete,
    "deleted first",
    place=lambda name: name.rpartition("/")[2],
)
"""What would go on starting a pipeline goes before that becomes one that it cannot start."""
