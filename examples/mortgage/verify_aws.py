"""Run the mortgage loop on a real account and in the emulator, compare everything that comes out, clean up.

For anybody with an account: what only AWS can show becomes a record that can be contributed. It runs under a
model name and a storage prefix of its own, says what it will use before it asks, and deletes what it made.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from compare_runs import Compared, compare

from sagemaker_monitor.aws import Aws, AwsError, connect
from sagemaker_monitor.aws.storage import delete, list_objects, read
from sagemaker_monitor.settings import ConfigError, load_environment

HERE = Path(__file__).parent
MODEL = "mortgage-verification"
JOBS = 22
MINUTES = 5
"""Of processing and transform jobs, and what each takes on AWS at least, most of it starting an instance."""
STEPS = (
    ("upsert", 0, "upsert --model {model}"),
    (
        "register",
        0,
        "run register --model {model} --mode bootstrap --artifact {data}/model.tar.gz"
        " --baseline-data {data}/validation.csv --format json",
    ),
    ("gate", 0, "gate {model} --version 1 --apply"),
    (
        "honest",
        0,
        "run monitor-batch --model {model} --version 1 --input {data}/batch-honest.csv"
        " --labels {data}/labels-honest.csv --format json",
    ),
    (
        "shifted",
        10,
        "run monitor-batch --model {model} --version 1 --input {data}/batch-shifted.csv"
        " --labels {data}/labels-shifted.csv --format json",
    ),
    ("upsert again", 0, "upsert --model {model}"),
)
"""Name, exit code and command of each step."""
UNFIT, FAILED, DIFFERS = 2, 3, 10


@dataclass(frozen=True)
class Ran:
    """A step: how it ended, how long it took, and of a run what it said."""

    name: str
    expected: int
    code: int
    seconds: float
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the execution's objects are; empty of a step that started none."""
        uri = str(self.said.get("verdict_uri") or "")
        return uri.rpartition("/decide/")[0]

    @property
    def execution(self) -> str:
        """The id of the execution that it started, empty where it started none."""
        return str(self.said.get("execution_arn") or "").rpartition("/")[2]


@dataclass(frozen=True)
class Side:
    """A conf folder with the example under its own name, and the AWS of its environment."""

    conf: Path
    aws: Aws

    def run(self, data: Path) -> Iterator[Ran]:
        """Do one step after the other, until one ends otherwise than it should."""
        for name, expected, command in STEPS:
            words = command.format(model=MODEL, data=data).split()
            options = ["--env", self.aws.environment.name, "--conf-dir", str(self.conf), "--quiet"]
            say(f"{self.aws.environment.name}: {' '.join(words)}")
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "sagemaker_monitor.cli.main", *words, *options],
                stdout=subprocess.PIPE,
                text=True,
                check=False,
            )
            said = json.loads(done.stdout) if "json" in words and done.stdout.strip() else {}
            yield Ran(name, expected, done.returncode, round(time.monotonic() - began, 1), said)
            if done.returncode != expected:
                return

    def clean(self, steps: Sequence[Ran]) -> list[str]:
        """Delete what the steps made; return what could not be deleted, and why."""
        left = []
        options = ["--env", self.aws.environment.name, "--conf-dir", str(self.conf), "--quiet", "--yes"]
        for attempt in (self._versions, self._models):
            try:
                attempt()
            except AwsError as error:
                left.append(str(error))
        done = subprocess.run(
            [sys.executable, "-m", "sagemaker_monitor.cli.main", "destroy", MODEL, *options],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if done.returncode:
            left.append(done.stderr.strip())
        storage = self.aws.environment.storage
        # Pipelines keep the configurations of their checks' jobs beside, below the jobs' names.
        jobs = [f"s3://{storage.bucket}/pipelines-{each.execution}-" for each in steps if each.execution]
        for prefix in (f"{storage.root}/", *jobs):
            try:
                for each in list(list_objects(self.aws, prefix)):
                    delete(self.aws, each.uri)
            except AwsError as error:
                left.append(f"{prefix}: {error}")
        return left

    def _versions(self) -> None:
        group = self.aws.environment.model_package_group(MODEL)
        found = self.aws.pages(
            "sagemaker", "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=group
        )
        for each in list(found):
            self.aws.call("sagemaker", "delete_model_package", ModelPackageName=each["ModelPackageArn"])

    def _models(self) -> None:
        """Delete the models that the executions' CreateModel steps made."""
        for pipeline in ("register", "monitor-batch"):
            name = f"{MODEL}-{pipeline}-{self.aws.environment.name}"
            executions = self.aws.pages(
                "sagemaker", "list_pipeline_executions", "PipelineExecutionSummaries", PipelineName=name
            )
            for execution in list(executions):
                steps = self.aws.pages(
                    "sagemaker",
                    "list_pipeline_execution_steps",
                    "PipelineExecutionSteps",
                    PipelineExecutionArn=execution["PipelineExecutionArn"],
                )
                for step in list(steps):
                    arn = step.get("Metadata", {}).get("Model", {}).get("Arn", "")
                    if arn:
                        with suppress(AwsError):  # it may be gone already
                            self.aws.call("sagemaker", "delete_model", ModelName=arn.rpartition("/")[2])


def say(text: str) -> None:
    """Tell people what happens."""
    print(text, file=sys.stderr, flush=True)


def prepared(source: Path, folder: Path, environment: str, **changes: Any) -> Side:
    """Copy a conf folder: the example alone, under its own name, with storage of its own."""
    shutil.copytree(source / "environments", folder / "environments")
    (folder / "models").mkdir()
    model = yaml.safe_load((source / "models" / "mortgage.yaml").read_text(encoding="utf-8"))
    model |= {"model": MODEL}
    # What acts by itself is none of this.
    for key in ("schedules", "monitoring_schedules", "alarms"):
        model.pop(key, None)
    (folder / "models" / f"{MODEL}.yaml").write_text(yaml.safe_dump(model, sort_keys=False), encoding="utf-8")
    file = folder / "environments" / f"{environment}.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    prefix = f"sagemaker-monitor-verification/{datetime.now(UTC):%Y%m%dT%H%M%S}"
    document["storage"] = {**document.get("storage", {}), "prefix": prefix}
    document.pop("notify", None)
    file.write_text(yaml.safe_dump({**document, **changes}), encoding="utf-8")
    return Side(folder, connect(load_environment(environment, folder)))


@contextmanager
def emulator(conf: Path, folder: Path) -> Iterator[Side]:
    """Run an emulator of its own while the block runs."""
    from sagemaker_monitor.emulator.config import EmulatorConfig
    from sagemaker_monitor.emulator.server import Server

    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        side = prepared(conf, folder / "conf", "local", endpoint_url=server.url)
        environment = side.aws.environment
        where = {"LocationConstraint": environment.region}
        bucket = environment.storage.bucket
        side.aws.call("s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration=where)
        yield side


def announced(side: Side) -> str:
    """Return what the run will make and use."""
    environment = side.aws.environment
    compute = environment.compute
    hours = JOBS * MINUTES / 60
    return (
        f"account {environment.account}, region {environment.region}, environment {environment.name}\n"
        f"makes: 3 pipelines or more, a model package group with one version, 3 models, about {JOBS} jobs,"
        f" and objects below {environment.storage.root} (less than 20 MB)\n"
        f"uses: about {hours:.1f} instance-hours of {compute.checks.instance_type},"
        f" {compute.transform.instance_type} and {compute.scripts.instance_type}, at {MINUTES} minutes a job;"
        " times your price an hour, that is its cost\n"
        "takes: 30 to 60 minutes\n"
        "deletes: all of it afterwards, but for the records of jobs, which SageMaker keeps, and logs"
    )


def objects(side: Side, run: Ran) -> dict[str, bytes]:
    """Return every object that an execution left, by its path below the execution's own."""
    if not run.place:
        return {}
    return {
        each.uri.removeprefix(f"{run.place}/"): read(side.aws, each.uri)
        for each in list_objects(side.aws, f"{run.place}/")
    }


def record(
    there: Side, steps: Sequence[Ran], compared: dict[str, Compared], left: Sequence[str]
) -> dict[str, Any]:
    """Return the parity record: no rows, no account, no bucket."""
    return {
        "schema_version": 1,
        "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": there.aws.environment.region,
        "versions": {
            "sagemaker-monitor": metadata.version("sagemaker-monitor"),
            "sagemaker": metadata.version("sagemaker"),
            "python": platform.python_version(),
        },
        "steps": [
            {
                "name": each.name,
                "exit_code": each.code,
                "expected": each.expected,
                "seconds": each.seconds,
                "decision": (each.said.get("verdict") or {}).get("decision"),
            }
            for each in steps
        ],
        "compared": {name: each.as_json() for name, each in compared.items()},
        "not_deleted": len(left),
    }


def verify(options: argparse.Namespace, folder: Path) -> int:
    """Do all of it; return the exit code."""
    there = prepared(options.conf_dir, folder / "there", options.env)
    there.aws.require_writable()
    say(announced(there))
    if not options.yes and (not sys.stdin.isatty() or input("Go on? Only yes is taken: ") != "yes"):
        say("nothing was done; --yes goes on without asking")
        return UNFIT
    data = folder / "data"
    subprocess.run(
        [sys.executable, str(HERE / "prepare.py"), "--output", str(data)], check=True, stdout=sys.stderr
    )
    left: list[str] = []
    compared: dict[str, Compared] = {}
    with emulator(options.conf_dir, folder) as here:
        expected = list(here.run(data))
        found: list[Ran] = []
        try:
            for step in there.run(data):
                found.append(step)
            for mine, theirs in zip(expected, found, strict=False):
                if mine.place and theirs.place:
                    compared[mine.name] = compare(objects(here, mine), objects(there, theirs))
        finally:
            if not options.keep:
                left = there.clean(found)
    for problem in left:
        say(f"could not be deleted: {problem}")
    written = json.dumps(record(there, found, compared, left), indent=2)
    options.record.write_text(f"{written}\n", encoding="utf-8")
    print(options.record)
    ended = all(each.code == each.expected for each in found) and len(found) == len(STEPS)
    for name, each in compared.items():
        say(f"{name}: {each.summary()}")
    if not ended or left:
        return FAILED
    return DIFFERS if any(each.differs for each in compared.values()) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify; 0 when all is equal, 10 when something differs, 2 and 3 when it could not be done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", required=True, help="an environment of yours; local is a rehearsal")
    parser.add_argument("--conf-dir", type=Path, default=Path("conf"))
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--keep", action="store_true", help="delete nothing afterwards")
    parser.add_argument("--record", type=Path, default=Path("parity-record.json"))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        try:
            return verify(options, Path(folder))
        except (ConfigError, FileNotFoundError) as error:
            say(f"error: {error}")
            return UNFIT
        except (AwsError, OSError) as error:
            say(f"error: {error}")
            return FAILED


if __name__ == "__main__":
    sys.exit(main())
