"""The operations of EventBridge Scheduler."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context, Handler
from sagemaker_monitor.emulator.api.paging import page
from sagemaker_monitor.emulator.api.tags import forget_tags, put_tags
from sagemaker_monitor.emulator.sagemaker_api import Answer
from sagemaker_monitor.emulator.scheduler import protocol
from sagemaker_monitor.emulator.scheduler.clock import SchedulerClock
from sagemaker_monitor.emulator.scheduler.records import (
    DEFAULT,
    GROUP,
    SCHEDULE,
    Record,
    arn_of,
    require_group,
    require_schedule,
)
from sagemaker_monitor.emulator.scheduler.targets import check_target
from sagemaker_monitor.timetable import ExpressionError, parse_expression, zone_of

_DEFAULT_POLICY = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
_ORDER = {"Name": "Name"}
_BY_NAME = ("Name", "Ascending")
_GRACE = timedelta(minutes=5)
"""How long ago a first day may lie."""


class SchedulerApi:
    """Answers requests; the *clock* is told when schedules are other ones."""

    def __init__(self, clock: SchedulerClock, log: Callable[[str], None]) -> None:
        """Answer every operation there is."""
        self.clock, self._log = clock, log

    def answer(self, method: str, raw_path: str, query: str, body: bytes, context: Context) -> Answer:
        """Answer one request. Never raises: a defect of ours is logged, and an error of the service."""
        try:
            asked = protocol.read(method, raw_path, query, body)
            answer = OPERATIONS[asked.operation](context, asked.request)
            if method != "GET":
                self.clock.changed()
            return Answer(200, protocol.render(asked.operation, answer))
        except ApiError as error:
            return Answer(error.status, protocol.render_error(error), error.code)
        except Exception as error:
            self._log(f"{method} {raw_path} failed inside the emulator\n{traceback.format_exc()}")
            text = f"it failed inside the emulator ({type(error).__name__}); see its log"
            failure = ApiError("InternalServerException", text, 501)
            return Answer(failure.status, protocol.render_error(failure), failure.code)


def create_schedule(context: Context, request: Record) -> Record:
    """CreateSchedule."""
    name, group = request["Name"], request.get("GroupName", DEFAULT)
    require_group(context, group)
    record = _record(context, request, created=context.now())
    if not context.store.create(SCHEDULE, f"{group}/{name}", record):
        raise ApiError("ConflictException", f"Schedule {name} already exists.", 409)
    return {"ScheduleArn": record["Arn"]}


def update_schedule(context: Context, request: Record) -> Record:
    """UpdateSchedule: what is not given is as if it had never been."""
    before = require_schedule(context, request)
    record = _record(context, request, created=before["CreationDate"])
    context.store.put(SCHEDULE, f"{record['GroupName']}/{record['Name']}", record)
    return {"ScheduleArn": record["Arn"]}


def get_schedule(context: Context, request: Record) -> Record:
    """GetSchedule."""
    return require_schedule(context, request)


def delete_schedule(context: Context, request: Record) -> Record:
    """DeleteSchedule."""
    found = require_schedule(context, request)
    context.store.delete(SCHEDULE, f"{found['GroupName']}/{found['Name']}")
    return {}


def list_schedules(context: Context, request: Record) -> Record:
    """ListSchedules, by name."""
    group = request.get("GroupName")
    if group is not None:
        require_group(context, group)
    found = [
        each
        for each in context.store.list(SCHEDULE, prefix=f"{group}/" if group else "")
        if each["Name"].startswith(request.get("NamePrefix", ""))
        and request.get("State", each["State"]) == each["State"]
    ]
    schedules, token = page(found, request, sort_fields=_ORDER, default=_BY_NAME)
    shown = ("Arn", "Name", "GroupName", "State", "CreationDate", "LastModificationDate")
    summaries = [
        {key: each[key] for key in shown} | {"Target": {"Arn": each["Target"]["Arn"]}} for each in schedules
    ]
    return {"Schedules": summaries, "NextToken": token}


def create_schedule_group(context: Context, request: Record) -> Record:
    """CreateScheduleGroup."""
    name, now = request["Name"], context.now()
    record = {
        "Name": name,
        "Arn": arn_of(context, GROUP, name),
        "State": "ACTIVE",
        "CreationDate": now,
        "LastModificationDate": now,
    }
    if name == DEFAULT or not context.store.create(GROUP, name, record):
        raise ApiError("ConflictException", f"Schedule group {name} already exists.", 409)
    put_tags(context, record["Arn"], request.get("Tags"))
    return {"ScheduleGroupArn": record["Arn"]}


def get_schedule_group(context: Context, request: Record) -> Record:
    """GetScheduleGroup."""
    return require_group(context, request["Name"])


def delete_schedule_group(context: Context, request: Record) -> Record:
    """DeleteScheduleGroup, with every schedule in it."""
    found = require_group(context, request["Name"])
    if found["Name"] == DEFAULT:
        raise ApiError("ValidationException", "The default schedule group cannot be deleted.")
    context.store.clear(SCHEDULE, f"{found['Name']}/")
    context.store.delete(GROUP, found["Name"])
    forget_tags(context, found["Arn"])
    return {}


def list_schedule_groups(context: Context, request: Record) -> Record:
    """ListScheduleGroups, by name."""
    every = [require_group(context, DEFAULT), *context.store.list(GROUP)]
    found = [each for each in every if each["Name"].startswith(request.get("NamePrefix", ""))]
    groups, token = page(found, request, sort_fields=_ORDER, default=_BY_NAME)
    return {"ScheduleGroups": [_plain(each) for each in groups], "NextToken": token}


def list_tags_for_resource(context: Context, request: Record) -> Record:
    """ListTagsForResource, of a group."""
    return {"Tags": put_tags(context, _group_arn(context, request), None)}


def tag_resource(context: Context, request: Record) -> Record:
    """TagResource: only groups have tags."""
    put_tags(context, _group_arn(context, request), request["Tags"])
    return {}


def untag_resource(context: Context, request: Record) -> Record:
    """UntagResource."""
    arn = _group_arn(context, request)
    kept = [tag for tag in put_tags(context, arn, None) if tag["Key"] not in request["TagKeys"]]
    forget_tags(context, arn)
    put_tags(context, arn, kept)
    return {}


OPERATIONS: dict[str, Handler] = {
    "CreateSchedule": create_schedule,
    "UpdateSchedule": update_schedule,
    "GetSchedule": get_schedule,
    "DeleteSchedule": delete_schedule,
    "ListSchedules": list_schedules,
    "CreateScheduleGroup": create_schedule_group,
    "GetScheduleGroup": get_schedule_group,
    "DeleteScheduleGroup": delete_schedule_group,
    "ListScheduleGroups": list_schedule_groups,
    "ListTagsForResource": list_tags_for_resource,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}


def _record(context: Context, request: Record, *, created: float) -> Record:
    """Return what is kept of a request, with what AWS puts where nothing is said. Raises ApiError."""
    group = request.get("GroupName", DEFAULT)
    target = request["Target"]
    _check(request)
    check_target(target)
    given = (
        *("Name", "Description", "ScheduleExpression", "StartDate", "EndDate", "KmsKeyArn"),
        "FlexibleTimeWindow",
    )
    return {
        **{key: request[key] for key in given if key in request},
        "GroupName": group,
        "Arn": arn_of(context, SCHEDULE, f"{group}/{request['Name']}"),
        "ScheduleExpressionTimezone": request.get("ScheduleExpressionTimezone", "UTC"),
        "State": request.get("State", "ENABLED"),
        "ActionAfterCompletion": request.get("ActionAfterCompletion", "NONE"),
        "Target": {**target, "RetryPolicy": {**_DEFAULT_POLICY, **(target.get("RetryPolicy") or {})}},
        "CreationDate": created,
        "LastModificationDate": context.now(),
    }


def _check(request: Record) -> None:
    expression, zone = request["ScheduleExpression"], request.get("ScheduleExpressionTimezone", "UTC")
    try:
        parse_expression(expression)
    except ExpressionError as error:
        raise ApiError("ValidationException", f"Invalid Schedule Expression {expression}: {error}") from error
    try:
        zone_of(zone)
    except ExpressionError as error:
        raise ApiError(
            "ValidationException", f"Invalid ScheduleExpressionTimezone {zone}: {error}"
        ) from error
    window = request["FlexibleTimeWindow"]
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        raise ApiError(
            "ValidationException", "MaximumWindowInMinutes goes with the mode FLEXIBLE, which needs it"
        )
    first, last = request.get("StartDate"), request.get("EndDate")
    if first is not None and first < (datetime.now(UTC) - _GRACE).timestamp():
        raise ApiError(
            "ValidationException", "The StartDate you specify cannot be earlier than 5 minutes ago."
        )
    if first is not None and last is not None and last <= first:
        raise ApiError("ValidationException", "The EndDate you specify must come after the StartDate.")


def _group_arn(context: Context, request: Record) -> str:
    arn: str = request["ResourceArn"]
    found = require_group(context, arn.rpartition("/")[2])
    if found["Arn"] != arn:
        raise ApiError("ResourceNotFoundException", f"Resource {arn} does not exist.", 404)
    return arn


def _plain(record: Record) -> dict[str, Any]:
    return {key: value for key, value in record.items() if not key.startswith("_")}
