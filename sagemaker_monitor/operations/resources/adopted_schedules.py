"""Monitoring schedules that others made and a model's file took over, with their job definitions as they are.

SageMaker lets nobody change a job definition, so that its name says all that it says. What is compared is
which one the schedule runs and when; its tags are added to, because others set some for reasons of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.monitoring_parts import describe_definition
from sagemaker_monitor.operations.resources.monitoring_state import KIND, describe_schedule, settle
from sagemaker_monitor.operations.resources.resource import Change, Deployed, Fields, differing
from sagemaker_monitor.operations.resources.tags import (
    read_tags,
    require_free,
    resource_tags,
    retag,
    tag_list,
)
from sagemaker_monitor.settings import Environment, Model
from steps.monitoring import TYPES

TAGS = "tags"


@dataclass(frozen=True)
class AdoptedSchedule:
    """One schedule of others as it shall be: it keeps its name and its job definition."""

    name: str
    key: str
    """Its name in the model's file."""
    type: str
    expression: str
    definition: str
    tags: Mapping[str, str]
    model: str
    kind: str = KIND

    @property
    def summary(self) -> str:
        """What a plan says of one that is gone."""
        return f"adopted, with the job definition {self.definition}, {self.expression}"

    @property
    def _config(self) -> dict[str, Any]:
        return {
            "ScheduleConfig": {"ScheduleExpression": self.expression},
            "MonitoringJobDefinitionName": self.definition,
            "MonitoringType": self.type,
        }

    def wanted(self) -> Fields:
        """Return when it runs, what, and the tags that are ours."""
        return {
            "type": self.type,
            "expression": self.expression,
            "job definition": self.definition,
            TAGS: dict(self.tags),
        }

    def read(self, aws: Aws) -> Deployed | None:
        """Return the schedule of this name. Raises UsageError where it is another model's."""
        answer = describe_schedule(aws, self.name)
        if answer is None:
            return None
        tags = read_tags(aws, answer["MonitoringScheduleArn"])
        require_free(self.kind, self.name, tags, self.model, aws.environment)
        config = answer["MonitoringScheduleConfig"]
        fields = {
            "type": answer.get("MonitoringType") or config.get("MonitoringType"),
            "expression": (config.get("ScheduleConfig") or {}).get("ScheduleExpression"),
            "job definition": config.get("MonitoringJobDefinitionName"),
            TAGS: {key: value for key, value in tags.items() if key in self.tags},
        }
        return Deployed(fields, answer["MonitoringScheduleArn"], answer)

    def write(self, aws: Aws, deployed: Deployed | None) -> Iterator[Change]:
        """Give it its mark, and what it ran when it was adopted; make it again where it is gone."""
        request = {"MonitoringScheduleName": self.name, "MonitoringScheduleConfig": self._config}
        if deployed is None:
            self._require_definition(aws)
            aws.call("sagemaker", "create_monitoring_schedule", **request, Tags=tag_list(self.tags))
            yield Change(self.kind, self.name, "created", self.summary)
            return
        changed = [name for name in differing(self.wanted(), deployed.fields) if name != TAGS]
        if "type" in changed:
            raise UsageError(
                f"monitoring schedule {self.name} is of the type {deployed.fields['type']}, and "
                f"monitoring_schedules.{self.key} is {self.type}: correct monitor, or adopted"
            )
        if changed:
            self._require_definition(aws)
            settle(aws, self.name)
            aws.call("sagemaker", "update_monitoring_schedule", **request)
            yield Change(self.kind, self.name, "updated", ", ".join(changed))
        yield from retag(aws, self.kind, self.name, deployed.arn, self.tags, deployed.fields[TAGS])

    def _require_definition(self, aws: Aws) -> None:
        if not describe_definition(aws, self.type, self.definition):
            raise UsageError(
                f"job definition {self.definition} of monitoring_schedules.{self.key} does not exist any "
                "more: remove adopted.definition, and upsert makes one of what the file says"
            )


def adopted_schedules(model: Model, environment: Environment) -> Iterator[AdoptedSchedule]:
    """Yield those of *model* that keep the job definition of others."""
    for key, adopted in model.adopted_in(environment.name).items():
        definition = model.kept_definition(key, environment.name)
        if definition is None:
            continue
        schedule = model.monitoring_schedules[key]
        yield AdoptedSchedule(
            adopted.name,
            key,
            TYPES[schedule.monitor],
            schedule.expression,
            definition,
            resource_tags(model, environment),
            model.model,
        )
