"""Tags of whatever has an ARN: which a resource has, whose mark they are, and how they change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.settings import Environment, Model

TAG_LIMIT = 50
MODEL_TAG = "sagemaker-monitor:model"
ENVIRONMENT_TAG = "sagemaker-monitor:environment"
PIPELINE_TAG = "sagemaker-monitor:pipeline"
_TAG = re.compile(r"[\w\s.:/=+\-@]*")
"""What SageMaker takes in tag keys and values."""


def mark(model: str, environment: Environment) -> dict[str, str]:
    """Return the tags that say whose a resource is: only what bears both was made by upsert."""
    return {MODEL_TAG: model, ENVIRONMENT_TAG: environment.name}


def bears_mark(tags: Mapping[str, str], model: str, environment: Environment) -> bool:
    """Whether *tags* say that upsert made their resource for *model* in *environment*."""
    return mark(model, environment).items() <= tags.items()


def require_free(kind: str, name: str, tags: Mapping[str, str], model: str, environment: Environment) -> None:
    """Raise UsageError where the *tags* of something that *model* would adopt are somebody else's mark."""
    owner = {key: tags[key] for key in mark(model, environment) if key in tags}
    if owner and not bears_mark(tags, model, environment):
        raise UsageError(
            f"{kind} {name} bears the mark of another ("
            f"{', '.join(f'{key}={value}' for key, value in owner.items())}): one model adopts it in one "
            "environment; remove it from the other's file and delete these tags, or remove it from this file"
        )


def resource_tags(model: Model, environment: Environment, **own: str) -> dict[str, str]:
    """Return a resource's tags: the environment's, its mark, its *own*, the inventory's. Raises UsageError.

    An own tag's key is written without the prefix `sagemaker-monitor:`.
    """
    described = {"id": model.inventory.id, "owner": model.inventory.owner, "tier": model.inventory.tier}
    own |= {key: str(value) for key, value in described.items() if value is not None}
    return checked(
        {
            **environment.tags,
            **mark(model.model, environment),
            **{f"sagemaker-monitor:{key}": value for key, value in own.items()},
        }
    )


def checked(tags: dict[str, str]) -> dict[str, str]:
    """Return *tags*; UsageError when SageMaker would not take them."""
    for key, value in tags.items():
        if not (0 < len(key) <= 128 and len(value) <= 256 and _TAG.fullmatch(key) and _TAG.fullmatch(value)):
            raise UsageError(
                f"tag {key!r}: {value!r} is none that SageMaker takes: key up to 128, value up to 256 "
                "characters, of letters, digits, spaces and _ . : / = + - @"
            )
    if len(tags) > TAG_LIMIT:
        raise UsageError(f"{len(tags)} tags are too many; SageMaker takes {TAG_LIMIT}")
    return tags


@dataclass(frozen=True)
class Tagging:
    """How a service is asked for the tags of its resources."""

    service: str
    read: str
    arn: str
    add: str
    remove: str


SAGEMAKER = Tagging("sagemaker", "list_tags", "ResourceArn", "add_tags", "delete_tags")
EVENTS = Tagging("events", "list_tags_for_resource", "ResourceARN", "tag_resource", "untag_resource")
CLOUDWATCH = replace(EVENTS, service="cloudwatch")
SCHEDULER = replace(EVENTS, service="scheduler", arn="ResourceArn")


def read_tags(aws: Aws, arn: str, by: Tagging = SAGEMAKER) -> dict[str, str]:
    """Return the tags of a resource without AWS's own, which nobody can change; none when it is gone."""
    try:
        listed = list(aws.pages(by.service, by.read, "Tags", **{by.arn: arn}))
    except NotFoundError:
        return {}
    return {tag["Key"]: tag["Value"] for tag in listed if not tag["Key"].lower().startswith("aws:")}


def retag(
    aws: Aws,
    kind: str,
    name: str,
    arn: str,
    wanted: Mapping[str, str],
    current: Mapping[str, str],
    by: Tagging = SAGEMAKER,
) -> Iterator[Change]:
    """Make a resource's tags exactly the *wanted* ones, yielding what was done."""
    changed = {key: value for key, value in wanted.items() if current.get(key) != value}
    surplus = sorted(key for key in current if key not in wanted)
    # Removed first: a resource has room for 50 tags.
    if surplus:
        aws.call(by.service, by.remove, **{by.arn: arn}, TagKeys=surplus)
        yield Change(kind, name, "untagged", ", ".join(surplus))
    if changed:
        aws.call(by.service, by.add, **{by.arn: arn}, Tags=tag_list(changed))
        yield Change(kind, name, "tagged", ", ".join(sorted(changed)))


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return *tags* as requests have them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
