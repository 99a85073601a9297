"""From a model's name to its artifact: which model.tar.gz serves, and whether it can be served here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.emulator.api.models import resolved_containers
from sagemaker_monitor.emulator.jobs.images import SCIKIT_LEARN, repository
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.launch import Launch
from sagemaker_monitor.emulator.models.uncompressed import packed
from sagemaker_monitor.emulator.s3.directory import StoredObject
from sagemaker_monitor.emulator.s3.keys import S3Error

# The kind of model that `server` reads, by the repository of AWS's serving images.
KINDS = {
    "sagemaker-xgboost": "xgboost",
    "xgboost": "xgboost",
    "linear-learner": "linear-learner",
    SCIKIT_LEARN: "scikit-learn",
}
REGISTERED = "registered"
SELECTION = ("SAGEMAKER_INFERENCE_OUTPUT", "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "SAGEMAKER_BATCH")
"""What the built-in XGBoost container reads of its environment."""
BATCH = {"SAGEMAKER_BATCH": "true"}
"""What a container of a transform job finds in its environment, and one of an endpoint does not."""
PROGRAM, SUBMIT_DIRECTORY = "SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"


class UnknownModelError(Exception):
    """There is no model of that name."""


@dataclass(frozen=True)
class ServedModel:
    """A model that can be served: its container's image, the kind of server, and where its artifact is."""

    image: str
    kind: str
    data_url: str
    environment: Mapping[str, str]
    command: tuple[str, ...] = ()
    plain: bool = False
    """Whether the artifact is no archive, but files."""


def resolve(context: Context, name: str) -> list[ServedModel]:
    """Return how each container of the model *name* is served, in the order in which they are asked.

    Raises UnknownModelError, or ArtifactError if one cannot be.
    """
    record = context.store.get("model", name)
    if record is None:
        raise UnknownModelError(f'Could not find model "{context.arn("model", name)}".')
    try:
        containers = resolved_containers(context, record)
    except ApiError as error:
        raise ArtifactError(f"model {name!r} cannot be resolved: {error}") from error
    return [_served(context, name, each) for each in containers]


def _served(context: Context, name: str, container: dict[str, Any]) -> ServedModel:
    image, environment = container.get("Image", ""), container.get("Environment", {})
    command = context.config.images.command(image)
    kind = REGISTERED if command else _kind(name, image, environment)
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    if source and (source["S3DataType"], source["CompressionType"]) == ("S3Prefix", "Gzip"):
        raise ArtifactError(
            f"model {name!r} has a ModelDataSource of a prefix with CompressionType Gzip; name the archive "
            "as S3Object, or say None for files that are not packed"
        )
    url = container.get("ModelDataUrl") or source.get("S3Uri")
    if not url:
        raise ArtifactError(f"model {name!r} has no ModelDataUrl: there is no artifact to serve")
    plain = source.get("CompressionType") == "None"
    return ServedModel(image, kind, url, environment, command or (), plain)


def launch(context: Context, name: str) -> Launch:
    """Return what the shadow endpoint of the model *name* is started for; raises as `launch_all` does.

    It is the one that transform jobs ask, whose answers are a line for each row. Raises ArtifactError for
    several containers.
    """
    first, *others = launch_all(context, name, BATCH)
    if others:
        raise ArtifactError(
            f"model {name!r} is an inference pipeline of {len(others) + 1} containers; one is served here"
        )
    return first


def launch_all(
    context: Context, name: str, environment: Mapping[str, str] = MappingProxyType({})
) -> list[Launch]:
    """Return what the servers of the model *name* are started for; raises as `resolve` and `artifact` do.

    The job's own *environment* comes on top of the model's.
    """
    return [_launch(context, model, environment) for model in resolve(context, name)]


def _launch(context: Context, model: ServedModel, environment: Mapping[str, str]) -> Launch:
    stored = artifact(context, model)
    own = {**model.environment, **environment}
    if model.kind == "linear-learner":
        return Launch(stored, model.kind)
    if model.kind == "xgboost":
        return Launch(stored, model.kind, {name: own[name] for name in SELECTION if name in own})
    submitted = own.get(SUBMIT_DIRECTORY, "")
    code = _stored(context, "the script", submitted) if submitted.startswith("s3://") else None
    if submitted.startswith("file://"):
        own[SUBMIT_DIRECTORY] = submitted.removeprefix("file://")
    return Launch(stored, model.kind, own, code, model.command)


def artifact(context: Context, model: ServedModel) -> StoredObject:
    """Return the object that holds the model; raise ArtifactError when it is not there."""
    if model.plain:
        return packed(context, model.data_url)
    return _stored(context, "model data", model.data_url)


def _stored(context: Context, what: str, uri: str) -> StoredObject:
    try:
        return context.s3.get(uri)
    except S3Error as error:
        raise ArtifactError(
            f"could not find {what} at {uri}: {error}; upload it, or create the model anew"
        ) from error


def _kind(name: str, image: str, environment: Mapping[str, str]) -> str:
    kind = KINDS.get(repository(image))
    if kind is None:
        raise ArtifactError(
            f"model {name!r} has image {image[:200]!r}; models are served for images of: {', '.join(KINDS)}, "
            "and for images that a command is registered for (local up --image REPOSITORY=COMMAND)"
        )
    if kind == "scikit-learn" and not environment.get(PROGRAM):
        raise ArtifactError(
            f"model {name!r} has no {PROGRAM} in its environment; the scikit-learn container serves through "
            "a script, which lies in code/ of model.tar.gz or at SAGEMAKER_SUBMIT_DIRECTORY"
        )
    if kind == "linear-learner" and environment.get(PROGRAM):
        raise ArtifactError(f"model {name!r} has {PROGRAM}, and Linear Learner's container runs no script")
    if kind == "linear-learner" and SELECTION[0] in environment:
        raise ArtifactError(
            f"model {name!r} selects its answers with {SELECTION[0]}, which the XGBoost container does, "
            "and Linear Learner's does not"
        )
    return "xgboost-script" if kind == "xgboost" and environment.get(PROGRAM) else kind
