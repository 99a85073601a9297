"""Model steps: the SageMaker model that a transform and a shadow endpoint run."""

from __future__ import annotations

from typing import Any

from steps.adapter import request_step
from steps.build import Build

SDK_NAMES = {"scikit-learn": "sklearn", "script": "sklearn"}
"""What the SDK calls the image of a framework, where it is not the framework's own name."""
SUBMIT_DIRECTORY = "/opt/ml/model/code"


def serving_container(build: Build, model_data_url: Any) -> dict[str, Any]:
    """Return the container that serves the artifact: AWS's image, and its script's place in the archive."""
    container = {"Image": _serving_image(build), "ModelDataUrl": model_data_url}
    if build.model.artifact.entry_point is None:
        return container
    program = {
        "SAGEMAKER_PROGRAM": build.model.artifact.entry_point,
        "SAGEMAKER_SUBMIT_DIRECTORY": SUBMIT_DIRECTORY,
    }
    return {**container, "Environment": program}


def _serving_image(build: Build) -> str:
    """Return the URI of AWS's serving image for the model's framework and version."""
    from sagemaker.core import image_uris

    artifact = build.model.artifact
    return str(
        image_uris.retrieve(
            SDK_NAMES.get(artifact.framework, artifact.framework),
            region=build.environment.region,
            version=artifact.version,
            instance_type=build.environment.compute.transform.instance_type,
            image_scope="inference",
        )
    )


def create_candidate(build: Build, model_data_url: Any) -> Any:
    """Return the step that creates a model from an artifact that no version has yet."""
    return _create_model(build, serving_container(build, model_data_url))


def create_from_version(build: Build, model_package_arn: Any) -> Any:
    """Return the step that creates a model from a registered version."""
    return _create_model(build, {"ModelPackageName": model_package_arn})


def _create_model(build: Build, container: dict[str, Any]) -> Any:
    arguments: dict[str, Any] = {"ExecutionRoleArn": build.role, "PrimaryContainer": container}
    if build.network:
        arguments["VpcConfig"] = build.network["VpcConfig"]
    return request_step("CreateModel", "Model", arguments, "DescribeModelOutput")
