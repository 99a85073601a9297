"""The monitoring schedules that there are: the section monitoring_schedules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sagemaker_monitor.operations.adopting.asked import plain_offset
from sagemaker_monitor.operations.adopting.definitions import Definition, Schedule
from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.places import below
from sagemaker_monitor.operations.resources.monitoring_terms import MONITORS
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.monitoring import NOW


def write_schedules(
    draft: Draft, schedules: Iterable[Schedule], environment: Environment
) -> dict[str, Schedule]:
    """Write a section for each schedule that goes on running; return them by the key that they got."""
    written: dict[str, Schedule] = {}
    for schedule in schedules:
        if not _goes_on(draft, schedule):
            continue
        key = _key(schedule, written)
        written[key] = schedule
        path = ("monitoring_schedules", key)
        draft.put((*path, "monitor"), MONITORS[schedule.kind])
        draft.put((*path, "of"), "batches" if schedule.definition.is_batch else "endpoint")
        draft.put((*path, "expression"), schedule.expression)
        for name, value in _said(schedule.definition, environment).items():
            draft.put((*path, name), value)
        draft.put((*path, "adopted"), {environment.name: _adopted(schedule)})
        if schedule.definition.name is None:
            draft.note(
                schedule.resource,
                "MonitoringJobDefinition",
                schedule.definition.content,
                "it stands in the schedule itself, as older SDKs made it, and has no name to be kept by",
                "it stays until a version is approved; then upsert makes a job definition of what the file "
                "says, and plan shows what that changes",
            )
        if schedule.status != "Scheduled":
            draft.note(
                schedule.resource,
                "MonitoringScheduleStatus",
                schedule.status,
                schedule.failure or "it does not run now, and upsert does not start it",
                f"aws sagemaker start-monitoring-schedule --monitoring-schedule-name {schedule.name}",
            )
    return written


def _goes_on(draft: Draft, schedule: Schedule) -> bool:
    if schedule.expression in ("", NOW):
        draft.note(
            schedule.resource,
            "ScheduleConfig",
            schedule.config.get("ScheduleConfig"),
            "it ran once, when it was made: there is nothing that goes on",
            "what it watched is written under monitors; the schedule stays as it is, and can be deleted",
        )
        return False
    return True


def _key(schedule: Schedule, taken: Iterable[str]) -> str:
    name = MONITORS[schedule.kind].replace("_", "-")
    keys = [name, *(f"{name}-{number}" for number in range(2, 100))]
    return next(key for key in keys if key not in set(taken))


def _adopted(schedule: Schedule) -> dict[str, str]:
    definition = schedule.definition.name
    return {"name": schedule.name, **({} if definition is None else {"definition": definition})}


def write_digests(draft: Draft, model: Model, environment: Environment) -> bool:
    """Say of each kept definition what the file said then; return whether there is any."""
    adopted = {
        key: each for key, each in model.adopted_in(environment.name).items() if each.definition is not None
    }
    for key in adopted:
        path = ("monitoring_schedules", key, "adopted", environment.name, "digest")
        draft.put(path, model.schedule_digest(key))
    return bool(adopted)


def write_data(
    draft: Draft, model: str, schedules: Iterable[Schedule], datasets: Iterable[str], environment: Environment
) -> None:
    """Write the section data: where rows and labels are, as far as they are below the storage."""
    schedules = list(schedules)
    draft.guess(
        ("data", "baseline"),
        f"data/{model}/validation.csv",
        "labelled rows in the order of schema; put them there before run register",
    )
    datasets = list(datasets)
    if datasets:
        draft.note(
            "the baselines",
            "datasets",
            ", ".join(datasets),
            "pipelines read CSV without a header: record key, features, facet columns, label",
            f"write those rows so to {environment.storage.resolve(f'data/{model}/validation.csv')}"
            " (init --write-data does, from a CSV with a header)",
        )
    if any(each.definition.is_batch for each in schedules):
        draft.guess(("data", "batches"), f"data/{model}/batches/", "prefix of the batches that are scored")
    _write_labels(draft, model, schedules, environment)


def _write_labels(draft: Draft, model: str, schedules: Iterable[Schedule], environment: Environment) -> None:
    roots = {each.definition.ground_truth: each for each in schedules if each.definition.ground_truth}
    relative = {uri: below(environment, str(uri).rstrip("/") + "/") for uri in roots}
    known = [path for path in relative.values() if path]
    if known:
        draft.put(("data", "ground_truth", "uri"), known[0], "where ground truth records arrive, by the hour")
    elif roots:
        why = "where ground truth is put from now on, below the environment's storage"
        draft.guess(("data", "ground_truth", "uri"), f"labels/{model}/", why)
    for uri, schedule in roots.items():
        if relative[uri] is None or relative[uri] != (known[0] if known else None):
            draft.note(
                schedule.definition.resource,
                "GroundTruthS3Input",
                uri,
                f"the file names paths below {environment.storage.root} only, and one for labels",
                "the schedule keeps reading there; for pipelines, put labels below data.ground_truth.uri",
            )


def _said(definition: Definition, environment: Environment) -> dict[str, Any]:
    """Return the keys of a schedule that say what its job definition does, where keys can."""
    given, checks = definition.input, environment.compute.checks
    cluster = (definition.content.get("JobResources") or {}).get("ClusterConfig") or {}
    found: dict[str, Any] = {}
    if given.get("StartTimeOffset"):
        start, end = given["StartTimeOffset"], given.get("EndTimeOffset") or "PT0H"
        found["window"] = {"start": plain_offset(start), "end": plain_offset(end)}
    documents = {
        key: below(environment, str(definition.baseline(which)))
        for key, which in (("constraints", "Constraints"), ("statistics", "Statistics"))
        if definition.baseline(which)
    }
    if documents.get("constraints") and None not in documents.values():
        found["baseline"] = documents
    usual = {
        "instance_type": (cluster.get("InstanceType"), checks.instance_type),
        "instance_count": (cluster.get("InstanceCount"), 1),
        "volume_size_gb": (cluster.get("VolumeSizeInGB"), checks.volume_size_gb),
    }
    compute = {key: theirs for key, (theirs, ours) in usual.items() if theirs not in (None, ours)}
    runtime = (definition.content.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds")
    if runtime and runtime != checks.max_runtime.total_seconds():
        compute["max_runtime"] = f"PT{runtime // 60}M" if runtime % 60 == 0 else f"PT{runtime}S"
    if compute:
        found["compute"] = compute
    variables = definition.application.get("Environment") or {}
    if variables.get("publish_cloudwatch_metrics") != "Enabled":
        found["publish_cloudwatch_metrics"] = False
    return found
