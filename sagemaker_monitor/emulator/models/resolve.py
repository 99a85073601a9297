"""From a model's name to its artifact: which model.tar.gz serves, and whether it can be served here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.emulator.api.models import resolved_containers
from sagemaker_monitor.emulator.jobs.images import repository
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.pool import Launch
from sagemaker_monitor.emulator.s3.directory import StoredObject
from sagemaker_monitor.emulator.s3.keys import S3Error

# The kind of model that `server` reads, by the repository of AWS's serving images.
KINDS = {"sagemaker-xgboost": "xgboost", "xgboost": "xgboost", "linear-learner": "linear-learner"}


class UnknownModelError(Exception):
    """There is no model of that name."""


@dataclass(frozen=True)
class ServedModel:
    """A model that can be served: its container's image, the kind of server, and where its artifact is."""

    image: str
    kind: str
    data_url: str


def resolve(context: Context, name: str) -> ServedModel:
    """Return how the model *name* is served; raise UnknownModelError, or ArtifactError if it cannot be."""
    record = context.store.get("model", name)
    if record is None:
        raise UnknownModelError(f'Could not find model "{context.arn("model", name)}".')
    container = _container(context, name, record)
    image = container.get("Image", "")
    kind = KINDS.get(repository(image))
    if kind is None:
        known = ", ".join(KINDS)
        raise ArtifactError(
            f"model {name!r} has image {image[:200]!r}; models are served for images of: {known}"
        )
    if "SAGEMAKER_PROGRAM" in container.get("Environment", {}):
        raise ArtifactError(
            f"model {name!r} has an inference script (SAGEMAKER_PROGRAM), which is not run here"
        )
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    if source and (source["S3DataType"], source["CompressionType"]) != ("S3Object", "Gzip"):
        raise ArtifactError(
            f"model {name!r} has a ModelDataSource that is no gzipped object; pack it as model.tar.gz"
        )
    url = container.get("ModelDataUrl") or source.get("S3Uri")
    if not url:
        raise ArtifactError(f"model {name!r} has no ModelDataUrl: there is no artifact to serve")
    return ServedModel(image, kind, url)


def launch(context: Context, name: str) -> Launch:
    """Return what the server of the model *name* is started for; raises as `resolve` and `artifact` do."""
    model = resolve(context, name)
    return Launch(artifact(context, model), model.kind)


def artifact(context: Context, model: ServedModel) -> StoredObject:
    """Return the object that holds the model; raise ArtifactError when it is not there."""
    try:
        return context.s3.get(model.data_url)
    except S3Error as error:
        raise ArtifactError(
            f"could not find model data at {model.data_url}: {error}; upload it, or create the model anew"
        ) from error


def _container(context: Context, name: str, record: dict[str, Any]) -> dict[str, Any]:
    try:
        containers = resolved_containers(context, record)
    except ApiError as error:
        raise ArtifactError(f"model {name!r} cannot be resolved: {error}") from error
    if len(containers) != 1:
        raise ArtifactError(
            f"model {name!r} is an inference pipeline of {len(containers)} containers; one is served"
        )
    return containers[0]
