"""Reads what others made to watch a model, and says it as a model's file, or what it cannot say."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.adopting.asked import write_endpoint
from sagemaker_monitor.operations.adopting.columns import write_prediction, write_schema
from sagemaker_monitor.operations.adopting.definitions import Schedule, read_schedule, schedules_of
from sagemaker_monitor.operations.adopting.draft import Choices, Draft
from sagemaker_monitor.operations.adopting.finishing import finished
from sagemaker_monitor.operations.adopting.kept import Kept, kept_values
from sagemaker_monitor.operations.adopting.piped import Pipeline, read_pipeline
from sagemaker_monitor.operations.adopting.places import below
from sagemaker_monitor.operations.adopting.reader import Item, Reader
from sagemaker_monitor.operations.adopting.registered import Registered, meant, of_version, read_group
from sagemaker_monitor.operations.adopting.scheduled import write_data, write_digests, write_schedules
from sagemaker_monitor.operations.adopting.served import (
    Container,
    Endpoint,
    framework_of,
    given_framework,
    one_container,
    read_endpoint,
    read_model,
)
from sagemaker_monitor.operations.adopting.sources import Sources, of_schedule
from sagemaker_monitor.operations.adopting.telling import tell_pipelines, tell_versions
from sagemaker_monitor.operations.adopting.triggers import Trigger, read_triggers, write_triggers
from sagemaker_monitor.operations.adopting.watched import write_monitors
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.resources.tags import MODEL_TAG
from sagemaker_monitor.settings import Environment, Model
from sagemaker_monitor.settings.errors import Path
from sagemaker_monitor.settings.scaffold import WIDTH
from steps.monitoring import TYPES


@dataclass(frozen=True)
class Asked:
    """Which resources are to be read."""

    endpoint: str | None = None
    schedules: tuple[str, ...] = ()
    group: str | None = None
    pipelines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """Everything that was read."""

    endpoint: Endpoint | None
    endpoint_name: str | None
    schedules: tuple[Schedule, ...]
    versions: tuple[Registered, ...]
    pipelines: tuple[Pipeline, ...]
    sources: Sources
    containers: tuple[Container, ...]
    triggers: tuple[Trigger, ...] = ()


def read_all(reader: Reader, asked: Asked) -> Found:
    """Return what there is of *asked*. Raises UsageError for what is not there, AwsError."""
    if not (asked.endpoint or asked.schedules or asked.group or asked.pipelines):
        raise UsageError(
            "name what is to be adopted: --endpoint, --schedule, --model-package-group or --pipeline"
        )
    names = dict.fromkeys(asked.schedules)
    if asked.endpoint:
        names |= dict.fromkeys(schedules_of(reader, asked.endpoint))
    schedules = tuple(read_schedule(reader, name) for name in names)
    for schedule in schedules:
        if model := schedule.tags.get(MODEL_TAG):
            raise UsageError(
                f"{schedule.resource} was made by upsert, or adopted already, for the model {model}"
            )
    endpoint_name = _one_endpoint(asked.endpoint, schedules)
    endpoint = _endpoint(reader, endpoint_name, needed=asked.endpoint is not None)
    versions = read_group(reader, asked.group) if asked.group else ()
    pipelines = tuple(read_pipeline(reader, name) for name in dict.fromkeys(asked.pipelines))
    sources = Sources()
    for schedule in schedules:
        sources += of_schedule(reader, schedule)
    for pipeline in pipelines:
        sources += pipeline.sources
    if versions:
        sources += of_version(reader, meant(versions))
    containers = (
        *(endpoint.containers if endpoint else ()),
        *(meant(versions).containers if versions else ()),
        *_of_predictors(reader, sources),
        *(each for pipeline in pipelines for each in pipeline.containers),
    )
    triggers = read_triggers(reader, pipelines)
    return Found(endpoint, endpoint_name, schedules, versions, pipelines, sources, containers, triggers)


def _one_endpoint(given: str | None, schedules: Sequence[Schedule]) -> str | None:
    by_endpoint = {
        each.definition.endpoint: each.name for each in schedules if each.definition.endpoint is not None
    }
    names = dict.fromkeys([*([given] if given else []), *by_endpoint])
    if len(names) > 1:
        told = ", ".join(f"{schedule} watches {endpoint}" for endpoint, schedule in by_endpoint.items())
        raise UsageError(
            f"these are resources of {len(names)} endpoints ({told}), and a model's file has one: adopt the "
            "schedules of each endpoint by themselves, with --endpoint"
        )
    return next(iter(names), None)


def _endpoint(reader: Reader, name: str | None, *, needed: bool) -> Endpoint | None:
    if name is None:
        return None
    if needed:
        return read_endpoint(reader, name)
    try:
        return read_endpoint(reader, name)
    except UsageError:
        why = "the endpoint that it watches does not exist (any more)"
        reader.note(f"endpoint {name}", "EndpointName", name, why, "its model is not known: see --framework")
        return None


def _of_predictors(reader: Reader, sources: Sources) -> Iterable[Container]:
    for config in sources.configs:
        name = (config.content.get("predictor") or {}).get("model_name")
        if name:
            yield from read_model(reader, name, config.resource)


def write_draft(reader: Reader, found: Found, choices: Choices) -> tuple[Draft, dict[str, Schedule]]:
    """Return the model's file of what was *found*, and the schedules by the names that it has for them.

    Raises UsageError that names the option that helps.
    """
    environment = reader.aws.environment
    draft = Draft()
    draft.put(("schema_version",), 1)
    draft.put(("model",), choices.model)
    framework = _write_artifact(draft, found, choices, environment)
    write_schema(draft, found.sources, choices)
    write_prediction(draft, found.sources, framework)
    datasets = dict.fromkeys(each.dataset for each in found.sources.jobs if each.dataset)
    write_data(draft, choices.model, found.schedules, datasets, environment)
    if found.endpoint_name:
        write_endpoint(draft, found.endpoint_name, found.endpoint, found.sources, environment)
    write_monitors(draft, reader, found.sources, _kinds(found))
    written = write_schedules(draft, found.schedules, environment)
    tell_versions(draft, found.versions, choices.model, environment)
    tell_pipelines(draft, found.pipelines, choices.model, environment)
    why = "none yet: without this line, or with names of pipelines, upsert makes them"
    draft.put(("pipelines",), [], why)
    write_triggers(draft, found.triggers, found.pipelines)
    return draft, written


def _kinds(found: Found) -> set[str]:
    return {
        *(each.kind for each in found.schedules),
        *(each.kind for each in found.sources.baselines),
        *(TYPES[monitor] for pipeline in found.pipelines for monitor in pipeline.monitors),
    }


def _write_artifact(draft: Draft, found: Found, choices: Choices, environment: Environment) -> str:
    container, items = one_container(found.containers)
    draft.items += items
    framework = given_framework(choices.framework) if choices.framework else None
    if framework is None and container is not None:
        framework = framework_of(container.image)
    if framework is None:
        known = f"{container.resource} has the image {container.image}" if container else "no model was found"
        raise UsageError(
            f"what serves the model is not known: {known}; say it with --framework, such as xgboost:1.7-1 "
            "(or linear-learner:1, scikit-learn:1.2-1, script:1.2-1)"
        )
    draft.put(("artifact", "framework"), framework.name, container.resource if container else "")
    draft.put(("artifact", "version"), framework.version)
    _write_model_data(draft, container, choices.model, environment)
    if framework.name in ("scikit-learn", "script"):
        program = container.program if container else ""
        if program:
            draft.put(("artifact", "entry_point"), program)
        else:
            why = "the script with model_fn in the archive's folder code/"
            draft.guess(("artifact", "entry_point"), "inference.py", why)
    return framework.name


def _write_model_data(
    draft: Draft, container: Container | None, model: str, environment: Environment
) -> None:
    path, place = ("artifact", "model_data"), f"models/{model}/model.tar.gz"
    uri = container.model_data if container else ""
    relative = below(environment, uri)
    if relative and relative.endswith(".tar.gz"):
        draft.put(path, relative)
        return
    draft.guess(path, place, "the candidate's archive, below the environment's storage")
    if container is not None and uri:
        target = environment.storage.resolve(place)
        draft.note(
            container.resource,
            "ModelDataUrl",
            uri,
            f"the file names paths below {environment.storage.root} only",
            f"aws s3 cp {uri} {target}",
        )


@dataclass(frozen=True)
class Adopted:
    """The text of a model's file, what it says, and what it does not."""

    text: str
    model: Model
    placeholders: Mapping[Path, str]
    items: tuple[Item, ...]
    kept: tuple[Kept, ...]
    """What the job definitions that are kept say otherwise than the file."""


def adopt(aws: Aws, asked: Asked, choices: Choices, file: FilePath, environments: Sequence[str]) -> Adopted:
    """Return what *asked* is as the model's file *file*; everything is only read.

    Raises UsageError for what is not there, is somebody else's, needs an option or can be said by no
    file; AwsError.
    """
    reader = Reader(aws)
    reader.aws.require_writable()  # another account's answers would be about other resources
    found = read_all(reader, asked)
    draft, schedules = write_draft(reader, found, choices)
    head = _head(asked, aws.environment)
    draft.items[:0] = reader.items
    text, model = finished(draft, head, aws.environment, environments, file)
    if write_digests(draft, model, aws.environment):
        text, model = finished(draft, head, aws.environment, environments, file)
    items = tuple(dict.fromkeys(draft.items))
    kept = kept_values(model, schedules, found.sources.configs, aws.environment)
    return Adopted(text, model, draft.placeholders, items, kept)


def _head(asked: Asked, environment: Environment) -> str:
    names = {
        "endpoint": [asked.endpoint] if asked.endpoint else [],
        "monitoring schedule": list(asked.schedules),
        "model package group": [asked.group] if asked.group else [],
        "pipeline": list(asked.pipelines),
    }
    told = ", ".join(f"{kind} {name}" for kind, each in names.items() for name in each)
    lines = textwrap.wrap(f"Adopted in {environment.name} from {told}.", WIDTH)
    return "\n".join([*lines, "Read it through; what is marked PLACEHOLDER no resource told."])
