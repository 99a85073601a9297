"""Images: whether AWS has those that the models need in the region, and the account its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sagemaker_monitor.aws.errors import AwsError
from sagemaker_monitor.operations.doctor.context import Context, Subject
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, ok, problem
from sagemaker_monitor.settings.custom import is_key
from sagemaker_monitor.settings.environment import MONITOR_IMAGE
from steps.model import SDK_NAMES

_CLARIFY, _MONITOR, _SCRIPTS = ("clarify", "1.0"), ("model-monitor", ""), ("sklearn", None)
_CHECKS = {"data_quality": _MONITOR, "model_quality": _MONITOR, "bias": _CLARIFY, "explainability": _CLARIFY}
"""The image of each monitor's check, by the SDK's name of it and version."""


def of_region(subject: Subject) -> Iterator[Finding]:
    """Yield whether AWS has the images of the model and of its checks in the environment's region."""
    folder = tables()
    if folder is None:
        yield not_known(
            "AWS's images by region are known through the SageMaker SDK, which is not installed here",
            "pip install 'sagemaker-monitor[build]'",
        )
        return
    region, artifact, monitors = subject.environment.region, subject.model.artifact, subject.model.monitors
    served = (SDK_NAMES.get(artifact.framework, artifact.framework), artifact.version)
    checks = {
        _CHECKS[name]
        for name in monitors.configured
        if name in _CHECKS and monitors.engine(name) == "sagemaker"
    }
    found = []
    for name, version in (served, _SCRIPTS, *sorted(checks)):
        versions = versions_of(folder, name)
        if version is not None and version not in versions:
            known = ", ".join(sorted(versions)[-8:])
            yield problem(
                f"AWS has no image of {name} {version}; it has {known}",
                f"correct {subject.key('artifact', 'version')}",
                side="configuration",
            )
            return
        regions = versions[version] if version is not None else set().union(*versions.values())
        if region not in regions:
            yield problem(
                f"AWS has no image of {name} {version or ''} in {region}".replace("  ", " "),
                f"another {subject.key('artifact', 'version')}, or another region"
                if (name, version) == served
                else f"another region: {subject.context.key('region')}",
                side="configuration",
            )
            return
        found.append(f"{name} {version}".strip() if version else name)
    yield ok(f"AWS has {', '.join(found)} in {region}")


def own(context: Context) -> Iterator[Finding]:
    """Yield whether the account's registry has the images that the models' monitors name."""
    for image in dict.fromkeys(image for model in context.models for image in _own(context, model)):
        yield _in_registry(context, image)


def _own(context: Context, model: Any) -> Iterator[str]:
    images = context.environment.images
    monitors = model.monitors
    if any(name not in monitors.of_teams for name in monitors.own):
        yield images[MONITOR_IMAGE]
    for monitor in monitors.custom.values():
        yield images[monitor.image] if is_key(monitor.image) else monitor.image


def _in_registry(context: Context, image: str) -> Finding:
    environment = context.environment
    repository, _, digest = image.partition("@")
    repository, _, tag = repository.partition(":")
    wanted = {"imageDigest": digest} if digest else {"imageTag": tag}
    try:
        answer = context.aws.call(
            "ecr",
            "batch_get_image",
            registryId=environment.account,
            repositoryName=repository,
            imageIds=[wanted],
        )
    except AwsError as error:
        if error.code != "RepositoryNotFoundException":
            raise
        return problem(
            f"the account's registry has no repository {repository} in {environment.region}",
            f"aws ecr create-repository --repository-name {repository}, and push {image}",
        )
    if not answer.get("images"):
        return problem(
            f"the repository {repository} has no image {digest or tag}",
            f"push {image}, or correct {context.key('images')}",
        )
    return ok(f"{image} is in the registry of {environment.account}")


def versions_of(tables: Path, name: str) -> Mapping[str, set[str]]:
    """Return the versions of an image that serves, processes or monitors, and each one's regions."""
    document = json.loads((tables / f"{name}.json").read_text(encoding="utf-8"))
    for scope in ("inference", "processing"):
        document = document.get(scope, document)
    return {version: set(entry["registries"]) for version, entry in document["versions"].items()}


@cache
def tables() -> Path | None:
    """Return the folder of the SDK's tables; the SDK is looked for, and not imported."""
    found = find_spec("sagemaker")
    places = (found.submodule_search_locations or []) if found else []
    folders = (Path(place) / "core" / "image_uri_config" for place in places)
    return next((folder for folder in folders if folder.is_dir()), None)
