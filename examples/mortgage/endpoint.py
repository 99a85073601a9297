"""The example's application: deploys a registered version, asks it about applications, and learns decisions.

What an application team does with boto3, so that there is something to watch (docs/endpoints.md). Nothing
here knows of the monitoring but the endpoint's name.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_monitor.settings import ConfigError, load
from sagemaker_monitor.settings.schema import Environment, Model

FAILED = 3


class Application:
    """One environment's endpoint of the model."""

    def __init__(self, model: Model, environment: Environment) -> None:
        """Make the clients of *environment*; the emulator takes any credentials."""
        import boto3

        local = environment.endpoint_url is not None
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"} if local else {}
        session = boto3.Session(region_name=environment.region, **keys)
        self.sagemaker, self.runtime = (
            session.client(name, endpoint_url=environment.endpoint_url)
            for name in ("sagemaker", "sagemaker-runtime")
        )
        self.model, self.environment = model, environment
        self.name = str(model.endpoint_in(environment.name))

    def deploy(self, version: int, *, variant: str = "AllTraffic", percentage: int = 100) -> str:
        """Let the endpoint serve a registered version, with data capture; return the endpoint's name."""
        environment, stamp = self.environment, time.strftime("%Y%m%d%H%M%S", time.gmtime())
        group = environment.model_package_group(self.model.model)
        arn = f"arn:aws:sagemaker:{environment.region}:{environment.account}:model-package/{group}/{version}"
        called = f"{self.name}-v{version}-{stamp}"
        self.sagemaker.create_model(
            ModelName=called,
            ExecutionRoleArn=environment.roles.execution,
            PrimaryContainer={"ModelPackageName": arn},
        )
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=called,
            ProductionVariants=[
                {
                    "VariantName": variant,
                    "ModelName": called,
                    "InstanceType": environment.compute.transform.instance_type,
                    "InitialInstanceCount": 1,
                }
            ],
            DataCaptureConfig={
                "EnableCapture": True,
                "InitialSamplingPercentage": percentage,
                "DestinationS3Uri": f"{environment.storage.root}/endpoint-capture",
                "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
                "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
            },
        )
        known = [
            each["EndpointName"]
            for each in self.sagemaker.list_endpoints(NameContains=self.name)["Endpoints"]
        ]
        change = self.sagemaker.update_endpoint if self.name in known else self.sagemaker.create_endpoint
        change(EndpointName=self.name, EndpointConfigName=called)
        self.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=self.name)
        return self.name

    def ask(self, batch: Path) -> int:
        """Ask about every application of a batch, named by its record key; return how many there were."""
        features = slice(1, 1 + len(self.model.data_schema.features))
        count = 0
        for row in rows(batch):
            self.runtime.invoke_endpoint(
                EndpointName=self.name,
                ContentType="text/csv",
                InferenceId=row[0],
                Body=",".join(row[features]),
            )["Body"].read()
            count += 1
        return count

    def decisions(self, batch: Path, labels: Path, output: Path) -> int:
        """Write what was decided about a batch's applications, and about whom; return how many they are."""
        schema = self.model.data_schema
        first = 1 + len(schema.features)
        people = {row[0]: row[first : first + len(schema.facet_columns)] for row in rows(batch)}
        with output.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([schema.record_key, *schema.facet_columns, schema.label])
            writer.writerows([row[0], *people[row[0]], row[-1]] for row in rows(labels) if row[0] in people)
        return len(people)


def rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as lines:
        yield from csv.reader(lines)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conf-dir", type=Path, default=Path("conf"))
    parser.add_argument("--env", default="local")
    commands = parser.add_subparsers(dest="command", required=True)
    deploy = commands.add_parser("deploy", help="let the endpoint serve a registered version")
    deploy.add_argument("--version", type=int, default=1)
    ask = commands.add_parser("ask", help="ask about every application of a batch")
    ask.add_argument("batch", type=Path)
    decisions = commands.add_parser("decisions", help="write what was decided about a batch's applications")
    decisions.add_argument("batch", type=Path)
    decisions.add_argument("labels", type=Path)
    decisions.add_argument("-o", "--output", type=Path, required=True)
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> str:
    """Do what was asked for, and return what was done."""
    application = Application(*load("mortgage", options.env, options.conf_dir))
    if options.command == "deploy":
        return f"endpoint {application.deploy(options.version)} serves version {options.version}"
    if options.command == "ask":
        return f"{application.ask(options.batch)} applications of {options.batch} answered"
    count = application.decisions(options.batch, options.labels, options.output)
    return f"{options.output}: {count} applications"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, or tell why that is not possible."""
    options: Any = parse(arguments)
    try:
        print(run(options))
    except (ConfigError, OSError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
