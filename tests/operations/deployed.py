"""Small pipelines that refer to a file and say which bundle they are from, as the real ones do."""

from __future__ import annotations

import hashlib
from typing import Any

from pipelines.bundle import Bundle
from sagemaker_monitor.settings import Environment
from tests.operations.emulated import definition, fail_step, make_bundle

OWN = "0" * 64


def script_step(environment: Environment, sha256: str, *arguments: str) -> dict[str, Any]:
    """Return a step that runs spec.json's script, saying which bundle it is from as Decide does."""
    uri = f"{environment.storage.root}/assets/{sha256}/spec.json"
    return {
        "Name": "Decide",
        "Type": "Processing",
        "Arguments": {
            "AppSpecification": {
                "ImageUri": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1",
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/decide.py"],
                "ContainerArguments": ["--bundle", OWN, *arguments],
            },
            "ProcessingInputs": [
                {
                    "InputName": "spec",
                    "S3Input": {
                        "LocalPath": "/opt/ml/processing/input/spec",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                        "S3Uri": uri,
                    },
                }
            ],
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.t3.medium", "VolumeSizeInGB": 20}
            },
            "RoleArn": environment.roles.execution,
        },
    }


def bundle_of(environment: Environment, content: bytes = b'{"threshold": 0.5}', *arguments: str) -> Bundle:
    """Return a bundle of two pipelines that refer to a file and say their bundle's hash."""
    step = script_step(environment, hashlib.sha256(content).hexdigest(), *arguments)
    return make_bundle(
        environment,
        content=content,
        register=definition(step, ModelDataUrl="s3://b/model.tar.gz"),
        monitor_batch=definition(step, fail_step()),
    )
