"""A context with real parts, and tiny models to serve."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.hosting.hosts import create_hosting
from sagemaker_monitor.emulator.jobs.runner import create_job_runner
from sagemaker_monitor.emulator.models.pool import ModelServers
from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.schedules.runner import ScheduleRunner
from sagemaker_monitor.emulator.state import Store

REGION = "us-east-1"
ROLE = "arn:aws:iam::000000000000:role/monitor"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


class _Kept(ModelServers):
    """Model servers that outlive the emulator that started them: a start is most of a small job."""

    def shutdown(self) -> None:
        """Leave them to the next test; a model is known by its bytes, not by where it lay."""


@pytest.fixture(scope="session")
def servers() -> Iterator[ModelServers]:
    """The model servers of all emulators here, one per model."""
    kept = _Kept()
    yield kept
    ModelServers.shutdown(kept)


@pytest.fixture
def context(tmp_path: Path, servers: ModelServers) -> Iterator[Context]:
    """An emulator without its server, with the real store, S3 and runner, and a bucket named data."""
    config = EmulatorConfig(tmp_path / "state", port=1)
    config.state_dir.mkdir()
    store = Store.open(config.state_dir / "state.db", REGION)
    s3 = S3Directory(config.state_dir / "s3", store, REGION)
    s3.create_bucket("data", REGION)
    jobs = create_job_runner(at_once=2, servers=servers)
    hosting = create_hosting(servers, print)
    yield Context(config, store, s3, REGION, config.account, jobs, hosting, ScheduleRunner(print))
    hosting.shutdown()
    jobs.shutdown()
    store.close()


def pack(content: bytes, member: str = "xgboost-model") -> bytes:
    """Return a model.tar.gz with one member."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def artifact() -> bytes:
    """The model.tar.gz of a binary classifier of two features."""
    rows = np.random.default_rng(0).normal(size=(200, 2))
    data = xgboost.DMatrix(rows, label=rows[:, 0] > 0)
    model = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 2, "seed": 0}, data, num_boost_round=5
    )
    return pack(bytes(model.save_raw("json")))


@pytest.fixture
def model(context: Context, artifact: bytes) -> str:
    """The name of a model that CreateModel made of the artifact."""
    context.s3.put_bytes("s3://data/model.tar.gz", artifact)
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://data/model.tar.gz"}
    context.store.put(
        "model", "tiny", {"ModelName": "tiny", "PrimaryContainer": container, "ExecutionRoleArn": ROLE}
    )
    return "tiny"


Transform = Callable[..., dict[str, Any]]


def transform_request(name: str = "score", **changes: Any) -> dict[str, Any]:
    """Return a CreateTransformJob request: text/csv by line, from s3://data/in/ to s3://data/out."""
    source = {"S3DataType": "S3Prefix", "S3Uri": changes.pop("uri", "s3://data/in/")}
    return {
        "TransformJobName": name,
        "ModelName": "tiny",
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
            **changes.pop("given", {}),
        },
        "TransformOutput": {
            "S3OutputPath": "s3://data/out",
            "AssembleWith": "Line",
            **changes.pop("output", {}),
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **changes,
    }


def processing_request(name: str = "job", **changes: Any) -> dict[str, Any]:
    """Return a CreateProcessingJob request that runs a script: *code* is python's -c."""
    code = changes.pop("code", "")
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    output = {"S3Uri": "s3://data/out", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {
        "ProcessingJobName": name,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.t3.medium", "VolumeSizeInGB": 20}
        },
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ["python3", "-c", code]},
        "RoleArn": ROLE,
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
        **changes,
    }


def s3_input(uri: str, path: str, name: str = "in") -> dict[str, Any]:
    """Return a ProcessingInput."""
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}
