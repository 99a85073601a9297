"""The example's application: trains the model, deploys a version, and asks it about applications.

What a team does with boto3, on AWS as on the emulator. Nothing here knows of the monitoring but the
endpoint's name, which is the configuration's.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_monitor.settings import ConfigError, load
from sagemaker_monitor.settings.schema import Environment, Model

MODEL = "loan-default"
CAPTURES = "endpoint-capture"
TRAINING_IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.5-1"
"""The built-in algorithm in eu-west-1; another region has another registry."""
HYPERPARAMETERS = {
    "objective": "binary:logistic",
    "max_depth": "5",
    "eta": "0.2",
    "gamma": "4",
    "min_child_weight": "2",
    "subsample": "0.8",
    "num_round": "100",
}
FAILED = 3
PATIENCE = 300.0
"""Seconds until captured records are in S3: on AWS minutes, on the emulator less than one second."""


class Loans:
    """One environment's training jobs and endpoint."""

    def __init__(self, model: Model, environment: Environment) -> None:
        """Make the clients of *environment*; the emulator takes any credentials."""
        import boto3

        local = environment.endpoint_url is not None
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"} if local else {}
        session = boto3.Session(region_name=environment.region, **keys)
        self.sagemaker, self.runtime, self.s3 = (
            session.client(name, endpoint_url=environment.endpoint_url)
            for name in ("sagemaker", "sagemaker-runtime", "s3")
        )
        self.model, self.environment = model, environment
        self.endpoint = str(model.endpoint_in(environment.name))

    def train(self, data: Path) -> str:
        """Train with the built-in XGBoost algorithm on train.csv; return the URI of the artifact."""
        name = f"{MODEL}-{_stamp()}"
        self.sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn=self.environment.roles.execution,
            AlgorithmSpecification={"TrainingImage": TRAINING_IMAGE, "TrainingInputMode": "File"},
            HyperParameters=HYPERPARAMETERS,
            InputDataConfig=[
                self._channel("train", data / "train.csv"),
                self._channel("validation", data / "eval.csv"),
            ],
            OutputDataConfig={"S3OutputPath": f"{self.environment.storage.root}/training"},
            ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 20},
            StoppingCondition={"MaxRuntimeInSeconds": 3600},
        )
        self.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)
        job = self.sagemaker.describe_training_job(TrainingJobName=name)
        if job["TrainingJobStatus"] != "Completed":
            raise OSError(f"training job {name} {job['TrainingJobStatus']}: {job.get('FailureReason', '')}")
        artifact: str = job["ModelArtifacts"]["S3ModelArtifacts"]
        return artifact

    def deploy(self, version: int) -> str:
        """Let the endpoint serve a registered version, all of its traffic captured; return its name."""
        environment, name = self.environment, f"{MODEL}-v{version}-{_stamp()}"
        group = environment.model_package_group(MODEL)
        arn = f"arn:aws:sagemaker:{environment.region}:{environment.account}:model-package/{group}/{version}"
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=environment.roles.execution,
            PrimaryContainer={"ModelPackageName": arn},
        )
        variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large"}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[{**variant, "InitialInstanceCount": 1}],
            DataCaptureConfig={
                "EnableCapture": True,
                "InitialSamplingPercentage": 100,
                "DestinationS3Uri": f"{environment.storage.root}/{CAPTURES}",
                "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
                "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
            },
        )
        self.sagemaker.create_endpoint(EndpointName=self.endpoint, EndpointConfigName=name)
        self.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=self.endpoint)
        return self.endpoint

    def ask(self, file: Path, hours_ago: int = 0) -> int:
        """Ask about every application of a file, by its key; return how many there were.

        On the emulator the captured records can be moved to an earlier hour, as if they had been asked then:
        an example should not take four hours.
        """
        before = set(self._captures())
        asked = 0
        for key, *features in rows(file):
            self.runtime.invoke_endpoint(
                EndpointName=self.endpoint,
                ContentType="text/csv",
                InferenceId=key,
                Body=",".join(features),
            )["Body"].read()
            asked += 1
        if hours_ago:
            self._move(before, asked, timedelta(hours=hours_ago))
        return asked

    def _move(self, before: set[str], asked: int, back: timedelta) -> None:
        if self.environment.endpoint_url is None:
            raise OSError("--hours-ago is for the emulator: on AWS, ask at different hours")
        deadline = time.monotonic() + PATIENCE
        while True:
            found = {key: self._lines(key) for key in self._captures() if key not in before}
            if sum(map(len, found.values())) == asked:
                break
            if time.monotonic() > deadline:
                raise OSError(f"{asked} were asked, and not as many captured")
            time.sleep(0.3)
        for key, lines in found.items():
            self._put_earlier(key, lines, back)

    def _put_earlier(self, key: str, lines: list[dict[str, Any]], back: timedelta) -> None:
        """Write a file of captured records below the hour that was *back* ago, and delete it here."""
        *above, year, month, day, hour, name = key.split("/")
        now = datetime(int(year), int(month), int(day), int(hour), tzinfo=UTC) - back
        for line in lines:
            line["eventMetadata"]["inferenceTime"] = f"{now:%Y-%m-%dT%H}:30:00Z"
        body = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
        moved = "/".join([*above, f"{now:%Y/%m/%d/%H}", name])
        self.s3.put_object(Bucket=self._bucket, Key=moved, Body=body)
        self.s3.delete_object(Bucket=self._bucket, Key=key)

    def _captures(self) -> Iterator[str]:
        storage = self.environment.storage
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=storage.bucket, Prefix=f"{storage.prefix}/{CAPTURES}/{self.endpoint}/"
        )
        return (each["Key"] for page in pages for each in page.get("Contents", ()))

    def _lines(self, key: str) -> list[dict[str, Any]]:
        body = self.s3.get_object(Bucket=self._bucket, Key=key)["Body"].read().decode()
        return [json.loads(line) for line in body.splitlines()]

    def _channel(self, name: str, file: Path) -> dict[str, Any]:
        key = f"{self.environment.storage.prefix}/training/{name}/{file.name}"
        self.s3.upload_file(str(file), self._bucket, key)
        source = {
            "S3DataType": "S3Prefix",
            "S3Uri": f"s3://{self._bucket}/{key}",
            "S3DataDistributionType": "FullyReplicated",
        }
        return {"ChannelName": name, "ContentType": "csv", "DataSource": {"S3DataSource": source}}

    @cached_property
    def _bucket(self) -> str:
        return self.environment.storage.bucket


def rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as lines:
        yield from csv.reader(lines)


def _stamp() -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime())


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conf-dir", type=Path, default=Path("conf"))
    parser.add_argument("--env", default="local")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train, and print the artifact's URI")
    train.add_argument("data", type=Path)
    deploy = commands.add_parser("deploy", help="let the endpoint serve a registered version")
    deploy.add_argument("--version", type=int, default=1)
    ask = commands.add_parser("ask", help="ask about every application of a file")
    ask.add_argument("file", type=Path)
    ask.add_argument("--hours-ago", type=int, default=0, help="as if asked then; on the emulator only")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> str:
    """Do what was asked for, and return what was done."""
    loans = Loans(*load(MODEL, options.env, options.conf_dir))
    if options.command == "train":
        return loans.train(options.data)
    if options.command == "deploy":
        return f"endpoint {loans.deploy(options.version)} serves version {options.version}"
    return f"{loans.ask(options.file, options.hours_ago)} applications of {options.file} answered"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, or tell why that is not possible."""
    try:
        print(run(parse(arguments)))
    except (ConfigError, OSError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
