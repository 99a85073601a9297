"""A monitoring schedule as SageMaker has it: read in the configuration's terms, and waited for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import TimedOutError
from sagemaker_monitor.operations.ledger import read_entry
from sagemaker_monitor.operations.resources.monitoring_parts import MODEL, describe_definition, parts_of
from sagemaker_monitor.operations.resources.monitoring_terms import (
    DEFINITION,
    LEFT_OVER,
    STATUS,
    TAGS,
    VERSION,
    asked_model,
    terms_of,
)
from sagemaker_monitor.operations.resources.monitoring_terms import MODEL as ASKED
from sagemaker_monitor.operations.resources.resource import Deployed
from sagemaker_monitor.operations.resources.tags import bears_mark, read_tags

KIND = "monitoring schedule"
VERSION_TAG = "sagemaker-monitor:baseline-version"
SCHEDULED, PENDING = "Scheduled", "Pending"
_MODEL_TYPE = "ModelExplainability"
_LONGEST, _POLL = 100.0, 2.0
"""Seconds that a change may take to apply, less than a claim lasts, and between two looks."""


def describe_schedule(aws: Aws, name: str) -> Mapping[str, Any] | None:
    """Return what SageMaker says of a schedule; None when there is none. Raises AwsError."""
    try:
        return aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)
    except NotFoundError:
        return None


def read_schedule(aws: Aws, name: str) -> Deployed | None:
    """Return a schedule as it is deployed, in the configuration's terms; None when there is none."""
    answer = describe_schedule(aws, name)
    if answer is None:
        return None
    config = answer["MonitoringScheduleConfig"]
    kind = answer.get("MonitoringType") or config.get("MonitoringType") or "DataQuality"
    used = config.get("MonitoringJobDefinitionName")
    definition = describe_definition(aws, kind, used) if used else {}
    analysis = _analysis(aws, definition.get(f"{kind}AppSpecification", {}).get("ConfigUri"))
    tags = read_tags(aws, answer["MonitoringScheduleArn"])
    version = tags.pop(VERSION_TAG, None)
    asked = asked_model(analysis)
    parts = [part for _, part in parts_of(aws, name, part_kinds(kind), besides=(used, asked))]
    status = answer.get("MonitoringScheduleStatus")
    fields = {
        **terms_of(kind, config, definition, analysis),
        VERSION: int(version) if version and version.isdecimal() else version,
        DEFINITION: used,
        ASKED: asked,
        LEFT_OVER: sorted(parts),
        TAGS: tags,
        STATUS: SCHEDULED if status == PENDING else status,
    }
    return Deployed(fields, answer["MonitoringScheduleArn"], answer)


def part_kinds(type: str) -> tuple[str, ...]:
    """Return the kinds of parts that a schedule of this MonitoringType has."""
    return (type, MODEL) if type == _MODEL_TYPE else (type,)


def _analysis(aws: Aws, uri: str | None) -> Any:
    if not uri:
        return None
    try:
        return json.loads(read(aws, uri))
    except (NotFoundError, ValueError):
        return {"gone": uri}


def marked_schedules(aws: Aws, model: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield name and tags of each schedule that bears the mark of *model*. Raises AwsError.

    Names of adopted ones need not begin with the model's, but the ledger has them.
    """
    beginning = f"{model}-"
    listed = aws.pages(
        "sagemaker",
        "list_monitoring_schedules",
        "MonitoringScheduleSummaries",
        NameContains=beginning,
        MaxResults=100,
    )
    arns = {each["MonitoringScheduleName"]: each["MonitoringScheduleArn"] for each in listed}
    found = {name: arn for name, arn in arns.items() if name.startswith(beginning)}
    done = read_entry(aws, model).done
    for key in done.resources if done is not None else ():
        name = key.removeprefix(f"{KIND} ")
        if name not in (key, *found) and (answer := describe_schedule(aws, name)) is not None:
            found[name] = answer["MonitoringScheduleArn"]
    for name, arn in found.items():
        tags = read_tags(aws, arn)
        if bears_mark(tags, model, aws.environment):
            yield name, tags


def settle(aws: Aws, name: str) -> None:
    """Wait until a change of a schedule was applied: until then SageMaker takes no other."""
    wait_until(aws, name, lambda answer: answer is None or answer["MonitoringScheduleStatus"] != PENDING)


def wait_until(aws: Aws, name: str, until: Any) -> None:
    """Look at a schedule until *until* holds of the answer, None when there is none. Raises TimedOutError."""
    if isinstance(aws, DryRun):
        return
    deadline = time.monotonic() + _LONGEST
    while True:
        answer = describe_schedule(aws, name)
        if until(answer):
            return
        if time.monotonic() > deadline:
            raise TimedOutError(
                f"monitoring schedule {name!r} is still {(answer or {}).get('MonitoringScheduleStatus')} "
                f"after {_LONGEST:.0f} s; run the command again"
            )
        time.sleep(_POLL)
