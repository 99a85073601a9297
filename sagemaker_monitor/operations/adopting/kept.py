"""What job definitions of others say that the file does not: what would change were they not kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.bundle import make_asset
from sagemaker_monitor.operations.adopting.definitions import Schedule
from sagemaker_monitor.operations.adopting.sources import Config
from sagemaker_monitor.operations.difference import MISSING, value_differences
from sagemaker_monitor.operations.resources.monitoring_terms import terms_of
from sagemaker_monitor.settings import Environment, Model
from steps.build import Build
from steps.monitoring import Monitoring, describe

APPROVED = "that of the latest approved version"


@dataclass(frozen=True)
class Kept:
    """One value of a job definition that is kept, and what the file would make of it."""

    schedule: str
    """The schedule's name in the model's file."""
    key: str
    """As in the file, or what no key says."""
    theirs: Any
    ours: Any
    """MISSING, as *theirs*, where there is none; both are where *text* says how they differ."""
    text: str = ""


def kept_values(
    model: Model, schedules: Mapping[str, Schedule], configs: Iterable[Config], environment: Environment
) -> tuple[Kept, ...]:
    """Return what the kept definitions of *schedules*, by their names in *model*'s file, say otherwise."""
    analyses = {each.resource: each.content for each in configs if each.told}
    return tuple(
        found
        for key, schedule in schedules.items()
        if key in model.monitoring_schedules and schedule.definition.name is not None
        for found in _kept(model, key, schedule, analyses.get(schedule.definition.resource), environment)
    )


def _kept(
    model: Model, key: str, schedule: Schedule, analysis: Any, environment: Environment
) -> Iterator[Kept]:
    definition = schedule.definition
    theirs = terms_of(definition.kind, schedule.config, definition.content, analysis)
    ours = _ours(model, key, schedule, environment)
    if "baseline" not in ours:
        ours["baseline"] = APPROVED
    for name in dict.fromkeys([*theirs, *ours]):
        for each in value_differences("model", name, theirs.get(name, MISSING), ours.get(name, MISSING)):
            before, after = each.before, each.after
            yield Kept(
                key,
                each.subject,
                MISSING if before is None else before,
                MISSING if after is None else after,
                each.text,
            )


class _Nowhere:
    """A session that keeps no file: only where it would be is asked."""

    def __init__(self, root: str) -> None:
        self._root = root

    def keep_asset(self, name: str, content: bytes) -> str:
        return make_asset(self._root, name, content).uri


def _ours(model: Model, key: str, schedule: Schedule, environment: Environment) -> dict[str, Any]:
    """Return what upsert would make of the file, with the image that is there: AWS has one by region."""
    image = schedule.definition.application.get("ImageUri", "")
    build = Build(model, environment, "monitoring", _Nowhere(environment.storage.root))
    images = dict.fromkeys(("model-monitor", "clarify"), image)
    made = describe(Monitoring(build, model.monitoring_schedules[key], images))
    config = {"ScheduleConfig": made["schedule_config"]}
    return terms_of(schedule.kind, config, made["job_definition"], made["analysis_config"])
