"""EventBridge rules: one a model, which tells its topic of runs that refused or broke."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.operations.resources.notices import event_pattern, target
from sagemaker_monitor.operations.resources.resource import (
    Change,
    Deployed,
    Fields,
    Kind,
    Resource,
    differing,
    parsed,
)
from sagemaker_monitor.operations.resources.tags import (
    EVENTS,
    bears_mark,
    read_tags,
    resource_tags,
    retag,
    tag_list,
)
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.notify import rule_name

KIND = "event rule"


@dataclass(frozen=True)
class RuleResource:
    """The rule that tells of a model's runs, and its one target."""

    name: str
    pattern: Mapping[str, Any]
    target: Mapping[str, Any]
    description: str
    tags: Mapping[str, str]
    kind: str = KIND

    def wanted(self) -> Fields:
        """Return everything that is compared."""
        return {
            "pattern": dict(self.pattern),
            "state": "ENABLED",
            "description": self.description,
            "targets": [dict(self.target)],
            "tags": dict(self.tags),
        }

    def read(self, aws: Aws) -> Deployed | None:
        """Return the rule of this name with its targets and tags."""
        found = _described(aws, self.name)
        if found is None:
            return None
        fields = {
            "pattern": parsed(found.get("EventPattern", "")),
            "state": found.get("State"),
            "description": found.get("Description"),
            "targets": _targets(aws, self.name),
            "tags": read_tags(aws, found["Arn"], EVENTS),
        }
        return Deployed(fields, found["Arn"], found)

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Create it, or make what differs what is wanted: a rule without its target tells nobody."""
        if deployed is None:
            aws.call("events", "put_rule", **self._request(), Tags=tag_list(self.tags))
            self._put_target(aws)
            yield Change(self.kind, self.name, "created")
            return
        differs = [name for name in differing(self.wanted(), deployed.fields) if name != "tags"]
        if set(differs) - {"targets"}:
            aws.call("events", "put_rule", **self._request())
        if "targets" in differs:
            surplus = [each["Id"] for each in deployed.fields["targets"] if each["Id"] != self.target["Id"]]
            _remove_targets(aws, self.name, surplus)
            self._put_target(aws)
        if differs:
            yield Change(self.kind, self.name, "updated", ", ".join(differs))
        yield from retag(aws, self.kind, self.name, deployed.arn, self.tags, deployed.fields["tags"], EVENTS)

    def _request(self) -> dict[str, Any]:
        # PutRule takes away what it is not given.
        return {
            "Name": self.name,
            "EventPattern": json.dumps(self.pattern, sort_keys=True),
            "State": "ENABLED",
            "Description": self.description,
        }

    def _put_target(self, aws: Aws) -> None:
        answer = aws.call("events", "put_targets", Rule=self.name, Targets=[dict(self.target)])
        _require_done(answer, f"the target of {self.name}")


def _desired(bundle: Bundle, model: Model, environment: Environment) -> list[Resource]:
    notify = environment.notify
    if notify is None or not bundle.pipelines:
        return []
    return [
        RuleResource(
            name=rule_name(model.model, environment.name),
            pattern=event_pattern(environment, (each.name for each in bundle.pipelines), notify.told),
            target=target(environment, model.model, notify),
            description=f"Tells of runs of model {model.model} whose gate stays closed, or that broke",
            tags=resource_tags(model, environment),
        )
    ]


def _owned(aws: Aws, model: str) -> Iterable[str]:
    name = rule_name(model, aws.environment.name)
    found = _described(aws, name)
    marked = found is not None and bears_mark(read_tags(aws, found["Arn"], EVENTS), model, aws.environment)
    return (name,) if marked else ()


def _delete(aws: Aws, name: str) -> Iterator[Change]:
    """Delete a rule, after its targets, as EventBridge asks for."""
    with suppress(NotFoundError):  # it was there a moment ago: a lost answer was asked for again
        _remove_targets(aws, name, [each["Id"] for each in _targets(aws, name)])
        aws.call("events", "delete_rule", Name=name)
    yield Change(KIND, name, "deleted")


def _described(aws: Aws, name: str) -> Mapping[str, Any] | None:
    try:
        return aws.call("events", "describe_rule", Name=name)
    except NotFoundError:
        return None


def _targets(aws: Aws, name: str) -> list[dict[str, Any]]:
    found = aws.pages("events", "list_targets_by_rule", "Targets", Rule=name)
    return sorted((dict(each) for each in found), key=lambda each: str(each["Id"]))


def _remove_targets(aws: Aws, name: str, ids: list[str]) -> None:
    if ids:
        _require_done(
            aws.call("events", "remove_targets", Rule=name, Ids=ids), f"targets {', '.join(ids)} of {name}"
        )


def _require_done(answer: Mapping[str, Any], what: str) -> None:
    """Raise AwsError where EventBridge answered with success and named what it did not do."""
    for entry in answer.get("FailedEntries") or ():
        raise AwsError(
            f"EventBridge did not take {what}: {entry.get('ErrorCode')}: {entry.get('ErrorMessage')}"
        )


RULES = Kind(KIND, _desired, _owned, _delete, "deleted last")
