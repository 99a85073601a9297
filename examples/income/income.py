"""The example's application: stores the mean record, deploys a version, and asks it in JSON Lines.

What a team does with boto3, on AWS as on the emulator. Nothing here knows of the monitoring but the
endpoint's name and where the mean record is looked for, which are the configuration's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_monitor.settings import ConfigError, load
from sagemaker_monitor.settings.schema import Environment, Model

MODEL, CAPTURES, LINES = "income", "endpoint-capture", "application/jsonlines"
FAILED = 3
PATIENCE = 300.0
"""Seconds until captured records are in S3: on AWS minutes, on the emulator less than one second."""


class Income:
    """One environment's endpoint."""

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

    def store_mean(self, file: Path) -> str:
        """Put the mean record where the model's file says that contributions are measured from."""
        explained = self.model.monitors.explainability
        uri = self.environment.storage.resolve(str(explained and explained.baseline))
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self.s3.upload_file(str(file), bucket, key)
        return uri

    def deploy(self, version: int) -> str:
        """Let the endpoint serve a registered version, all of its traffic captured; return its name."""
        environment = self.environment
        called = f"{MODEL}-v{version}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}"
        group = environment.model_package_group(MODEL)
        arn = f"arn:aws:sagemaker:{environment.region}:{environment.account}:model-package/{group}/{version}"
        self.sagemaker.create_model(
            ModelName=called,
            ExecutionRoleArn=environment.roles.execution,
            PrimaryContainer={"ModelPackageName": arn},
        )
        variant = {"VariantName": "AllTraffic", "ModelName": called, "InstanceType": "ml.m5.large"}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=called,
            ProductionVariants=[{**variant, "InitialInstanceCount": 1}],
            DataCaptureConfig={
                "EnableCapture": True,
                "InitialSamplingPercentage": 100,
                "DestinationS3Uri": f"{environment.storage.root}/{CAPTURES}",
                "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
                "CaptureContentTypeHeader": {"JsonContentTypes": [LINES]},
            },
        )
        self.sagemaker.create_endpoint(EndpointName=self.endpoint, EndpointConfigName=called)
        self.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=self.endpoint)
        return self.endpoint

    def ask(self, file: Path, hours_ago: int = 0) -> int:
        """Ask about every line of a file, each with an inference id; return how many there were.

        On the emulator the captured records can be moved to an earlier hour, as if they had been asked then:
        an example should not take three hours.
        """
        if hours_ago and self.environment.endpoint_url is None:
            raise OSError("--hours-ago is for the emulator: on AWS, ask at different hours")
        before = self._captured()
        lines = file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            self.runtime.invoke_endpoint(
                EndpointName=self.endpoint,
                ContentType=LINES,
                Accept=LINES,
                InferenceId=f"{file.stem}-{number:04}",
                Body=line,
            )["Body"].read()
        if hours_ago:
            self._move(before, len(lines), timedelta(hours=hours_ago))
        return len(lines)

    def _move(self, before: set[str], asked: int, back: timedelta) -> None:
        """Write what was captured since *before* below the hour that was *back* earlier, and delete it."""
        deadline = time.monotonic() + PATIENCE
        records: dict[str, list[dict[str, Any]]] = {}
        while sum(map(len, records.values())) < asked:
            if time.monotonic() > deadline:
                raise OSError(f"{asked} were asked, and not as many captured")
            time.sleep(0.3)
            records = {key: self._records(key) for key in self._captured() - before}
        for key, found in records.items():
            *above, year, month, day, hour, name = key.split("/")
            then = datetime(int(year), int(month), int(day), int(hour)) - back
            for record in found:
                record["eventMetadata"]["inferenceTime"] = f"{then:%Y-%m-%dT%H}:30:00Z"
            body = "".join(f"{json.dumps(record)}\n" for record in found).encode()
            moved = "/".join([*above, f"{then:%Y/%m/%d/%H}", name])
            self.s3.put_object(Bucket=self.environment.storage.bucket, Key=moved, Body=body)
            self.s3.delete_object(Bucket=self.environment.storage.bucket, Key=key)

    def _captured(self) -> set[str]:
        storage = self.environment.storage
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=storage.bucket, Prefix=f"{storage.prefix}/{CAPTURES}/{self.endpoint}/"
        )
        return {each["Key"] for page in pages for each in page.get("Contents", ())}

    def _records(self, key: str) -> list[dict[str, Any]]:
        body = self.s3.get_object(Bucket=self.environment.storage.bucket, Key=key)["Body"].read()
        return [json.loads(line) for line in body.decode().splitlines()]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conf-dir", type=Path, default=Path("conf"))
    parser.add_argument("--env", default="local")
    commands = parser.add_subparsers(dest="command", required=True)
    mean = commands.add_parser("mean", help="store the mean record where the configuration looks for it")
    mean.add_argument("file", type=Path)
    deploy = commands.add_parser("deploy", help="let the endpoint serve a registered version")
    deploy.add_argument("--version", type=int, default=1)
    ask = commands.add_parser("ask", help="ask about every line of a file")
    ask.add_argument("file", type=Path)
    ask.add_argument("--hours-ago", type=int, default=0, help="as if asked then; on the emulator only")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> str:
    """Do what was asked for, and return what was done."""
    income = Income(*load(MODEL, options.env, options.conf_dir))
    if options.command == "mean":
        return f"{options.file} stored as {income.store_mean(options.file)}"
    if options.command == "deploy":
        return f"endpoint {income.deploy(options.version)} serves version {options.version}"
    return f"{income.ask(options.file, options.hours_ago)} requests of {options.file} answered"


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
