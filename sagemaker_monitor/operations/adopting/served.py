"""What serves a model: its container, as an endpoint, a model, a version or a pipeline names it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.operations.adopting.reader import Item, Reader, item
from sagemaker_monitor.operations.errors import UsageError

PROGRAM = "SAGEMAKER_PROGRAM"
_REPOSITORIES = {
    "sagemaker-xgboost": "xgboost",
    "linear-learner": "linear-learner",
    "sagemaker-scikit-learn": "scikit-learn",
}
"""By the repository of the image that serves them; any Python in the latter can be called script, too."""
_TAG = re.compile(r"(\d+(?:\.\d+)*(?:-\d+)?)(?:-(?:cpu|gpu))?(?:-py\d+)?")
_HTTPS = re.compile(r"https://([a-z0-9.-]+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?/(.+)")


@dataclass(frozen=True)
class Container:
    """An image and the archive that it serves; *resource* is what names them."""

    resource: str
    image: str
    model_data: str = ""
    program: str = ""


@dataclass(frozen=True)
class Endpoint:
    """A real-time endpoint: what it serves and where it captures what it was asked."""

    name: str
    containers: tuple[Container, ...]
    destination: str = ""
    captures: bool = False
    json_types: tuple[str, ...] = ()

    @property
    def resource(self) -> str:
        """What it is called in what is told of it."""
        return f"endpoint {self.name}"


@dataclass(frozen=True)
class Framework:
    """What ours calls an image: artifact.framework and artifact.version."""

    name: str
    version: str


def read_endpoint(reader: Reader, name: str) -> Endpoint:
    """Return the endpoint called *name* with what it serves. Raises UsageError, AwsError."""
    what = f"endpoint {name}"
    answer = reader.describe(what, "describe_endpoint", EndpointName=name)
    capture = answer.get("DataCaptureConfig") or {}
    name_of_config = answer.get("EndpointConfigName", "")
    config = reader.ask(
        what, "EndpointConfigName", "describe_endpoint_config", EndpointConfigName=name_of_config
    )
    variants = (config or {}).get("ProductionVariants") or ()
    header = ((config or {}).get("DataCaptureConfig") or {}).get("CaptureContentTypeHeader") or {}
    models = [each["ModelName"] for each in variants if each.get("ModelName")]
    return Endpoint(
        name=answer["EndpointName"],
        containers=tuple(
            found for model in dict.fromkeys(models) for found in read_model(reader, model, what)
        ),
        destination=capture.get("DestinationS3Uri") or "",
        captures=bool(capture.get("EnableCapture")),
        json_types=tuple(header.get("JsonContentTypes") or ()),
    )


def read_model(reader: Reader, name: str, what: str) -> tuple[Container, ...]:
    """Return the containers of the model called *name*, which *what* names."""
    answer = reader.ask(what, "ModelName", "describe_model", ModelName=name)
    if answer is None:
        return ()
    containers = answer.get("Containers") or [answer.get("PrimaryContainer") or {}]
    return tuple(found for each in containers for found in _container(reader, f"model {name}", each))


def of_specification(resource: str, specification: Mapping[str, Any]) -> tuple[Container, ...]:
    """Return the containers of an inference specification, that of a version."""
    return tuple(
        _plain(resource, each) for each in specification.get("Containers") or () if each.get("Image")
    )


def _container(reader: Reader, resource: str, container: Mapping[str, Any]) -> Iterator[Container]:
    package = container.get("ModelPackageName")
    if package:
        version = reader.ask(resource, "ModelPackageName", "describe_model_package", ModelPackageName=package)
        yield from of_specification(f"version {package}", (version or {}).get("InferenceSpecification") or {})
    elif container.get("Image"):
        yield _plain(resource, container)


def _plain(resource: str, container: Mapping[str, Any]) -> Container:
    data = container.get("ModelDataUrl") or ""
    source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
    program = (container.get("Environment") or {}).get(PROGRAM) or ""
    uri = s3_uri(data or source.get("S3Uri") or "")
    return Container(resource, container["Image"], uri, program.rpartition("/")[2])


def s3_uri(url: str) -> str:
    """Return an object's address as an S3 URI: notebooks also give models by HTTPS."""
    match = _HTTPS.fullmatch(url)
    return f"s3://{match[1]}/{match[2]}" if match else url


def framework_of(image: str) -> Framework | None:
    """Return what AWS's *image* is in our words; None where it is none that serves models of ours."""
    repository, _, tag = image.rpartition("/")[2].partition(":")
    match = _TAG.fullmatch(tag)
    if repository not in _REPOSITORIES or match is None:
        return None
    return Framework(_REPOSITORIES[repository], match[1])


def given_framework(text: str) -> Framework:
    """Return what --framework says, such as xgboost:1.7-1. Raises UsageError."""
    name, colon, version = text.partition(":")
    known = ("xgboost", "linear-learner", "scikit-learn", "script")
    if not colon or name not in known or not version:
        raise UsageError(
            f"--framework {text!r} is not of the form NAME:VERSION, such as xgboost:1.7-1; "
            f"names are {', '.join(known)}"
        )
    return Framework(name, version)


def one_container(containers: Iterable[Container]) -> tuple[Container | None, tuple[Item, ...]]:
    """Return the container that is meant, and items of those that are others'.

    The first that an image of AWS's serves is taken: an endpoint comes before a version, and that
    before the models that analyses name.
    """
    found = list({(each.image, each.model_data): each for each in reversed(list(containers))}.values())[::-1]
    known = [each for each in found if framework_of(each.image)]
    chosen = known[0] if known else (found[0] if found else None)
    others = [each for each in found if each is not chosen]
    return chosen, tuple(
        item(
            each.resource,
            "container",
            {"Image": each.image, "ModelDataUrl": each.model_data},
            f"a model's file has one artifact, and that of {chosen.resource} was taken",
            "if it is the one that is meant, write it under artifact by hand",
        )
        for each in others
        if chosen is not None
    )
