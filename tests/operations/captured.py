"""Captures that the emulator's own batch transform made, over HTTP, and models that have them."""

from __future__ import annotations

import csv
import io
import itertools
import json
import shutil
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.storage import list_objects, put_if_missing, read, split_uri
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import Model, load_environment, load_model
from tests.operations.emulated import CONF, IMAGE

KEYS = tuple(f"APP-{number:02d}" for number in range(8))
HOUR = "2026/03/01/09"
"""The hour that a manifest is put under unless a test says another."""


_NUMBERS = itertools.count(1)


def fresh() -> str:
    """Return a model name that no other test has."""
    return f"model-{next(_NUMBERS)}"


@dataclass(frozen=True)
class Captured:
    """An emulator in which one batch of eight records was scored and captured."""

    url: str
    conf: Path
    aws: Aws
    manifest: str
    started: datetime

    @property
    def rows(self) -> list[list[str]]:
        """The rows of the transform's output."""
        head, *names = json.loads(read(self.aws, self.manifest))
        return list(csv.reader(io.StringIO(read(self.aws, head["prefix"] + names[0]).decode())))

    @property
    def ids(self) -> dict[str, str]:
        """The inference ids by record key."""
        return {row[0]: row[-2] for row in self.rows}

    def model(self, name: str, *hours: str) -> Model:
        """Return a model of its own, with the capture under each of *hours*."""
        text = (CONF / "models" / "mortgage.yaml").read_text()
        text = text.replace("model: mortgage", f"model: {name}").replace(
            "labels/mortgage/", f"labels/{name}/"
        )
        (self.conf / "models" / f"{name}.yaml").write_text(text)
        for hour in hours or (HOUR,):
            self.capture(name, hour, read(self.aws, self.manifest))
        return load_model(name, self.conf)

    def capture(self, name: str, hour: str, manifest: bytes, file: str = "a.json") -> str:
        """Put a manifest under an hour of model *name*; return its URI."""
        uri = f"{self.aws.environment.storage.root}/{name}/capture/output/{hour}/{file}"
        put_if_missing(self.aws, uri, manifest)
        self.aws.writes.clear()
        return uri

    def put(self, name: str, key: str, text: str) -> None:
        """Write an object below the model's labels."""
        self.store(f"{self.aws.environment.storage.root}/labels/{name}/{key}", text)

    def store(self, uri: str, text: str) -> None:
        """Write an object."""
        bucket, key = split_uri(uri)
        self.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=text.encode())
        self.aws.writes.clear()

    def labels(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """Return the ground truth records that lie below the model's labels, by key."""
        root = f"{self.aws.environment.storage.root}/labels/{name}/"
        return {
            stored.uri.removeprefix(root): [
                json.loads(line) for line in read(self.aws, stored.uri).decode().splitlines()
            ]
            for stored in list_objects(self.aws, root)
        }


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Captured]:
    """One emulator for the tests of a module; each takes a model of its own."""
    folder = tmp_path_factory.mktemp("captured")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        conf = folder / "conf"
        shutil.copytree(CONF, conf)
        local = conf / "environments" / "local.yaml"
        local.write_text(local.read_text().replace("http://127.0.0.1:4780", server.url))
        yield _scored(server, conf)


def _scored(server: Server, conf: Path) -> Captured:
    aws = connect(load_environment("local", conf))
    storage = aws.environment.storage
    features = load_model("mortgage", conf).data_schema.features
    region = {"LocationConstraint": aws.environment.region}
    aws.call("s3", "create_bucket", Bucket=storage.bucket, CreateBucketConfiguration=region)
    put_if_missing(aws, f"{storage.root}/model.tar.gz", _artifact(len(features)))
    rows = "".join(f"{key},{','.join('1' * len(features))},1,0,1,0\n" for key in KEYS)
    put_if_missing(aws, f"{storage.root}/batch.csv", rows.encode())
    container = {"Image": IMAGE, "ModelDataUrl": f"{storage.root}/model.tar.gz"}
    role = aws.environment.roles.execution
    aws.call("sagemaker", "create_model", ModelName="m", PrimaryContainer=container, ExecutionRoleArn=role)
    source = {"S3DataType": "S3Prefix", "S3Uri": f"{storage.root}/batch.csv"}
    aws.call(
        "sagemaker",
        "create_transform_job",
        TransformJobName="score",
        ModelName="m",
        TransformInput={
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={
            "S3OutputPath": f"{storage.root}/scored",
            "AssembleWith": "Line",
            "Accept": "text/csv",
        },
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        DataProcessing={"InputFilter": f"$[1:{1 + len(features)}]", "JoinSource": "Input"},
        DataCaptureConfig={"DestinationS3Uri": f"{storage.root}/capture", "GenerateInferenceId": True},
    )
    job = _ended(aws, "score")
    (manifest,) = list_objects(aws, f"{storage.root}/capture/output/")
    started = job["TransformStartTime"].astimezone(UTC)
    return Captured(server.url, conf, aws, manifest.uri, started)


def _ended(aws: Aws, name: str) -> dict[str, Any]:
    """Wait for a transform job and return its description."""
    for _ in range(600):
        job = aws.call("sagemaker", "describe_transform_job", TransformJobName=name)
        if job["TransformJobStatus"] != "InProgress":
            assert job["TransformJobStatus"] == "Completed", job
            return job
        time.sleep(0.1)
    raise AssertionError(f"{name} does not end")


def _artifact(features: int) -> bytes:
    """Return the model.tar.gz of a classifier of *features* features."""
    rows = np.random.default_rng(0).normal(size=(200, features))
    data = xgboost.DMatrix(rows, label=rows[:, 0] > 0)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 2}, data, num_boost_round=3)
    content, buffer = bytes(booster.save_raw("json")), io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo("xgboost-model")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
