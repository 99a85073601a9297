"""What a monitoring schedule is made with: its job definition, and the model that explainability asks."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pipelines.bundle import canonical_json
from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.resources.tags import bears_mark, read_tags, tag_list

SCHEDULE_TAG = "sagemaker-monitor:monitoring-schedule"
"""Says which schedule a part was made for."""
NAMES = {
    "DataQuality": "data_quality",
    "ModelQuality": "model_quality",
    "ModelBias": "model_bias",
    "ModelExplainability": "model_explainability",
}
"""MonitoringType to what operations of its job definitions are called after."""
MODEL = "model"
_BEGINNING = 52
"""Characters of the schedule's name that a part's name begins with; with a hash it has at most 63."""


def part_name(schedule: str, document: Mapping[str, Any]) -> str:
    """Return the name of a part: AWS lets none be changed, so another content is another part."""
    digest = hashlib.sha256(canonical_json(document).encode()).hexdigest()
    return f"{_beginning(schedule)}-{digest[:10]}"


def kind_name(kind: str) -> str:
    """Return what people call the job definitions of a MonitoringType."""
    return f"{NAMES[kind].replace('_', ' ')} job definition"


def describe_definition(aws: Aws, kind: str, name: str) -> Mapping[str, Any]:
    """Return a job definition, nothing where there is none. Raises AwsError."""
    try:
        return aws.call("sagemaker", f"describe_{NAMES[kind]}_job_definition", JobDefinitionName=name)
    except NotFoundError:
        return {}


def create_definition(
    aws: Aws, kind: str, name: str, request: Mapping[str, Any], tags: Mapping[str, str]
) -> Iterator[Change]:
    """Create a job definition unless it is there: its name says what it says. Raises AwsError."""
    if not describe_definition(aws, kind, name):
        _create(
            aws,
            f"create_{NAMES[kind]}_job_definition",
            JobDefinitionName=name,
            **request,
            Tags=tag_list(tags),
        )
        yield Change(kind_name(kind), name, "created")


def create_model(
    aws: Aws, name: str, request: Mapping[str, Any], tags: Mapping[str, str]
) -> Iterator[Change]:
    """Create a model unless it is there. Raises AwsError."""
    try:
        aws.call("sagemaker", "describe_model", ModelName=name)
    except NotFoundError:
        _create(aws, "create_model", ModelName=name, **request, Tags=tag_list(tags))
        yield Change(MODEL, name, "created")


def _create(aws: Aws, operation: str, **request: Any) -> None:
    try:
        aws.call("sagemaker", operation, **request)
    except AwsError as error:
        # An answer that was lost is asked for again, and it is there then.
        if "already exist" not in str(error):
            raise


def parts_of(
    aws: Aws, schedule: str, kinds: tuple[str, ...], besides: Collection[str | None] = ()
) -> Iterator[tuple[str, str]]:
    """Yield kind and name of each part that was made for *schedule*, by its mark, *besides* those named.

    *kinds* are MonitoringTypes, or `model`. Raises AwsError.
    """
    for kind in kinds:
        for name, arn in _listed(aws, kind, _beginning(schedule)):
            if name not in besides and read_tags(aws, arn).get(SCHEDULE_TAG) == schedule:
                yield kind, name


def schedules_of_parts(aws: Aws, model: str) -> Iterator[str]:
    """Yield the schedules that parts with the mark of *model* were made for, each once. Raises AwsError."""
    seen = set()
    for kind in (*NAMES, MODEL):
        for _, arn in _listed(aws, kind, f"{model}-"):
            tags = read_tags(aws, arn)
            schedule = tags.get(SCHEDULE_TAG)
            if schedule and schedule not in seen and bears_mark(tags, model, aws.environment):
                seen.add(schedule)
                yield schedule


def delete_part(aws: Aws, kind: str, name: str) -> Iterator[Change]:
    """Delete a part, which no schedule uses any more. Raises AwsError."""
    with suppress(NotFoundError):  # it was there a moment ago: a lost answer was asked for again
        if kind == MODEL:
            aws.call("sagemaker", "delete_model", ModelName=name)
        else:
            aws.call("sagemaker", f"delete_{NAMES[kind]}_job_definition", JobDefinitionName=name)
    yield Change(MODEL if kind == MODEL else kind_name(kind), name, "deleted")


def _listed(aws: Aws, kind: str, beginning: str) -> Iterator[tuple[str, str]]:
    """Yield name and ARN of the models or job definitions whose names begin so."""
    if kind == MODEL:
        operation, items, key, arn = "list_models", "Models", "ModelName", "ModelArn"
    else:
        operation, items = f"list_{NAMES[kind]}_job_definitions", "JobDefinitionSummaries"
        key, arn = "MonitoringJobDefinitionName", "MonitoringJobDefinitionArn"
    for each in aws.pages("sagemaker", operation, items, NameContains=beginning, MaxResults=100):
        if each[key].startswith(beginning):
            yield each[key], each[arn]


def _beginning(schedule: str) -> str:
    return schedule[:_BEGINNING].rstrip("-")
