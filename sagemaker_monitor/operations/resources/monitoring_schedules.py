"""SageMaker's MonitoringSchedules of a model, each with the parts that it is made with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipelines.bundle import Bundle, MonitoringDefinition
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.storage import head, put
from sagemaker_monitor.operations.difference import Difference
from sagemaker_monitor.operations.resources.adopted_schedules import adopted_schedules
from sagemaker_monitor.operations.resources.monitoring_parts import (
    MODEL,
    NAMES,
    SCHEDULE_TAG,
    create_definition,
    create_model,
    delete_part,
    part_name,
    parts_of,
    schedules_of_parts,
)
from sagemaker_monitor.operations.resources.monitoring_pins import Pinned, Pinning, WaitingError
from sagemaker_monitor.operations.resources.monitoring_state import (
    KIND,
    SCHEDULED,
    VERSION_TAG,
    marked_schedules,
    part_kinds,
    read_schedule,
    settle,
    wait_until,
)
from sagemaker_monitor.operations.resources.monitoring_terms import (
    DEFINITION,
    FILES,
    LEFT_OVER,
    STATUS,
    TAGS,
    VERSION,
    schedule_differences,
    terms_of,
)
from sagemaker_monitor.operations.resources.monitoring_terms import MODEL as ASKED
from sagemaker_monitor.operations.resources.resource import (
    Change,
    Deployed,
    Fields,
    Kind,
    Resource,
    differing,
    nothing_desired,
)
from sagemaker_monitor.operations.resources.tags import (
    require_free,
    resource_tags,
    retag,
    tag_list,
)
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.monitoring import NOW

STOPPED = "Stopped"


@dataclass(frozen=True)
class MonitoringScheduleResource:
    """One schedule as it shall be."""

    name: str
    key: str
    """Its name in the model's file."""
    type: str
    schedule_config: Mapping[str, Any]
    pinned: Pinned
    tags: Mapping[str, str]
    adopts: str = ""
    """The model that adopts a schedule of others by this name, whose own tags stay; empty for one of ours."""
    kind: str = KIND

    @cached_property
    def definition_name(self) -> str:
        """The name of its job definition."""
        return part_name(self.name, {self.type: self.pinned.job_definition})

    @property
    def summary(self) -> str:
        """What a plan says of a new one."""
        terms = self._terms
        version = self.pinned.version
        compared = "" if version is None else f", against the baseline of version {version}"
        return f"{terms['monitor']} of {terms['of']}, {terms['expression']}{compared}"

    @property
    def _config(self) -> dict[str, Any]:
        return {
            "ScheduleConfig": dict(self.schedule_config),
            "MonitoringJobDefinitionName": self.definition_name,
            "MonitoringType": self.type,
        }

    @cached_property
    def _terms(self) -> dict[str, Any]:
        return terms_of(self.type, self._config, self.pinned.job_definition, self.pinned.analysis)

    @property
    def _is_once(self) -> bool:
        return bool(self.schedule_config["ScheduleExpression"] == NOW)

    def wanted(self) -> Fields:
        """Return everything that is compared; of one that runs once nobody cares whether it still would."""
        asked = None if self.pinned.model is None else self.pinned.model[0]
        return {
            **self._terms,
            VERSION: self.pinned.version,
            DEFINITION: self.definition_name,
            ASKED: asked,
            FILES: {each.uri: str(len(each.content)) for each in self.pinned.files},
            LEFT_OVER: [],
            TAGS: dict(self.tags),
            **({} if self._is_once else {STATUS: SCHEDULED}),
        }

    def read(self, aws: Aws) -> Deployed | None:
        """Return the schedule of this name, with its job definition and what is left of former ones."""
        found = read_schedule(aws, self.name)
        if found is None:
            return None
        files = {each.uri: head(aws, each.uri) for each in self.pinned.files}
        sizes = {uri: str(stored.size) for uri, stored in files.items() if stored is not None}
        fields = {**found.fields, FILES: sizes}
        if self.adopts:
            require_free(self.kind, self.name, found.fields[TAGS], self.adopts, aws.environment)
            own = {key: value for key, value in found.fields[TAGS].items() if key in self.tags}
            fields |= {TAGS: own, STATUS: SCHEDULED}
        return Deployed(fields, found.arn, found.answer)

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Create or update it; a changed job definition is another one, and the former goes afterwards."""
        fields = {} if deployed is None else deployed.fields
        differs = differing(self.wanted(), fields)
        if deployed is not None and not differs:
            return
        if deployed is not None and fields.get("monitor") != self._terms["monitor"]:
            # SageMaker lets no schedule become another type's.
            yield from _delete(aws, self.name)
            deployed, fields = None, {}
        tags = self._all_tags
        for each in self.pinned.files:
            if fields.get(FILES, {}).get(each.uri) != str(len(each.content)):
                put(aws, each.uri, each.content)
                yield Change("asset", f"{each.sha256[:12]}/{each.name}", "uploaded")
        if self.pinned.model is not None:
            yield from create_model(aws, *self.pinned.model, {**tags, SCHEDULE_TAG: self.name})
        yield from create_definition(
            aws,
            self.type,
            self.definition_name,
            self.pinned.job_definition,
            {**tags, SCHEDULE_TAG: self.name},
        )
        yield from self._schedule(aws, deployed, differs, tags)
        yield from self._tidy(aws)

    def differences(self, deployed: Deployed) -> Iterator[Difference]:
        """Yield what differs in the words of the model's file."""
        wanted = self.wanted()
        names = tuple(name for name in {**wanted, **deployed.fields} if self._differs(name, wanted, deployed))
        yield from schedule_differences(self.key, f"{self.kind} {self.name}", wanted, deployed.fields, names)

    def _differs(self, name: str, wanted: Fields, deployed: Deployed) -> bool:
        if name == STATUS and self._is_once:
            return False
        return bool(wanted.get(name) != deployed.fields.get(name))

    @property
    def _all_tags(self) -> dict[str, str]:
        version = self.pinned.version
        return {**self.tags, **({} if version is None else {VERSION_TAG: str(version)})}

    def _schedule(
        self, aws: Aws, deployed: Deployed | None, differs: tuple[str, ...], tags: Mapping[str, str]
    ) -> Iterator[Change]:
        request = {"MonitoringScheduleName": self.name, "MonitoringScheduleConfig": self._config}
        if deployed is None:
            aws.call("sagemaker", "create_monitoring_schedule", **request, Tags=tag_list(tags))
            yield Change(self.kind, self.name, "created", self.summary)
            return
        former = {**deployed.fields[TAGS]}
        if deployed.fields.get(VERSION) is not None:
            former[VERSION_TAG] = str(deployed.fields[VERSION])
        changed = [name for name in differs if name not in (TAGS, FILES, LEFT_OVER, STATUS, VERSION, ASKED)]
        if changed:
            settle(aws, self.name)
            aws.call("sagemaker", "update_monitoring_schedule", **request)
            yield Change(self.kind, self.name, "updated", ", ".join(changed))
        elif deployed.fields.get(STATUS) == STOPPED and STATUS in differs:
            aws.call("sagemaker", "start_monitoring_schedule", MonitoringScheduleName=self.name)
            yield Change(self.kind, self.name, "updated", f"{STATUS}: started")
        yield from retag(aws, self.kind, self.name, deployed.arn, tags, former)

    def _tidy(self, aws: Aws) -> Iterator[Change]:
        """Delete the parts that were made for this schedule and that it does not use any more."""
        kept = {self.definition_name, *([self.pinned.model[0]] if self.pinned.model else [])}
        left = [*parts_of(aws, self.name, part_kinds(self.type), besides=kept)]
        if left:
            settle(aws, self.name)
        for kind, name in left:
            yield from delete_part(aws, kind, name)


@dataclass(frozen=True)
class WaitingSchedule:
    """A schedule that cannot be deployed yet; one that is deployed stays as it is."""

    name: str
    waits: str
    kind: str = KIND

    def wanted(self) -> Fields:
        """Return nothing: nothing is changed."""
        return {}

    def read(self, aws: Aws) -> Deployed | None:
        """Return the schedule of this name."""
        return read_schedule(aws, self.name)

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Say what it waits for."""
        yield Change(self.kind, self.name, "unchanged", f"waits {self.waits}")


def _delete(aws: Aws, name: str) -> Iterator[Change]:
    """Delete a schedule, and once it is gone the parts that were made for it."""
    settle(aws, name)
    with suppress(NotFoundError):
        aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)
        aws.call("sagemaker", "delete_monitoring_schedule", MonitoringScheduleName=name)
        yield Change(KIND, name, "deleted")
    wait_until(aws, name, lambda answer: answer is None)
    for kind, part in parts_of(aws, name, (*NAMES, MODEL)):
        yield from delete_part(aws, kind, part)


def _pinned(aws: Aws, bundle: Bundle, model: Model) -> Iterator[Resource]:
    environment = aws.environment
    pinning = Pinning(aws, model)
    for each in bundle.monitoring:
        yield _resource(pinning, each, model, environment)
    yield from adopted_schedules(model, environment)


def _resource(
    pinning: Pinning, each: MonitoringDefinition, model: Model, environment: Environment
) -> Resource:
    description = json.loads(each.definition)
    try:
        pinned = pinning.pin(each.name, description)
    except WaitingError as error:
        return WaitingSchedule(each.name, str(error))
    return MonitoringScheduleResource(
        each.name,
        each.key,
        description["type"],
        description["schedule_config"],
        pinned,
        resource_tags(model, environment),
        adopts=model.model if each.key in model.adopted_in(environment.name) else "",
    )


def _owned(aws: Aws, model: str) -> Iterator[str]:
    return (name for name, _ in marked_schedules(aws, model))


MONITORING_SCHEDULES = Kind(
    KIND, nothing_desired, _owned, _delete, "deleted last", pinned=_pinned, leftovers=schedules_of_parts
)
"""Deleted by upsert where it is no longer configured: it would go on starting jobs. Job definitions that
others made stay."""
