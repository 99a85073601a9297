"""Two models of the same data, one checked by SageMaker's steps, one by an image of one's own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.jobs.images import Registry
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.reporting import choose_execution, gather
from sagemaker_monitor.settings import load_environment, load_model

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
MODELS = {"mortgage": "sagemaker", "mortgage-own": "own"}
IMAGE = "team/watch"
COMMAND = ("python", "-m", "sagemaker_monitor.analysis.container")
BOOTSTRAP = ("register", "--mode", "bootstrap")
CANDIDATE = ("--artifact", "model.tar.gz", "--baseline-data", "validation.csv")
# What is run of both, and with which code it ends.
RUNS = {
    "honest": (("monitor-batch", "--input", "batch-honest.csv", "--labels", "labels-honest.csv"), 0),
    "shifted": (("monitor-batch", "--input", "batch-shifted.csv", "--labels", "labels-shifted.csv"), 10),
    "drifted": (("monitor-batch", "--input", "batch-drifted.csv", "--labels", "labels-drifted.csv"), 10),
    "unlabelled": (("monitor-batch", "--input", "batch-late.csv"), 0),
    "worse": (("register", "--artifact", "worse-model.tar.gz", "--baseline-data", "validation.csv"), 10),
}


QUICK = ("shifted", "unlabelled")


@dataclass(frozen=True)
class Loop:
    """An emulator with the pipelines of both models deployed, and the example's files."""

    conf: Path
    data: Path
    aws: Aws

    def __call__(self, *arguments: str) -> int:
        """Run a command in `local` and return its exit code."""
        return main([*arguments, "--conf-dir", str(self.conf), "--quiet"])

    def run(self, model: str, pipeline: str, *options: str) -> int:
        """Run a pipeline with options whose values may be files of the example."""
        files = [str(self.data / each) if (self.data / each).is_file() else each for each in options]
        return self("run", pipeline, "--model", model, *files)

    def versions(self, model: str) -> list[str]:
        """Return the ARNs of a model's versions, newest first."""
        found = self.aws.call("sagemaker", "list_model_packages", ModelPackageGroupName=model)
        arns = [each["ModelPackageArn"] for each in found["ModelPackageSummaryList"]]
        return sorted(arns, key=lambda arn: -int(arn.rsplit("/", 1)[-1]))

    def places(self, model: str, number: int) -> dict[str, str]:
        """Return where the baselines of a version lie, by section and part."""
        arn = next(each for each in self.versions(model) if each.endswith(f"/{number}"))
        described = self.aws.call("sagemaker", "describe_model_package", ModelPackageName=arn)
        return {
            f"{section}.{part}": source["S3Uri"]
            for section, parts in described["DriftCheckBaselines"].items()
            for part, source in parts.items()
        }

    def baselines(self, model: str, number: int) -> dict[str, bytes]:
        """Return what the baselines of a version say."""
        return {part: self.read(uri) for part, uri in self.places(model, number).items()}

    def read(self, uri: str) -> bytes:
        """Return an object."""
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        body: bytes = self.aws.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read()
        return body

    def verdict(self, model: str, pipeline: str) -> dict[str, Any]:
        """Return the verdict of the newest execution of a pipeline."""
        name = f"{model}-{pipeline}-local"
        newest = self.aws.call("sagemaker", "list_pipeline_executions", PipelineName=name)
        execution = newest["PipelineExecutionSummaries"][0]["PipelineExecutionArn"].rsplit("/", 1)[-1]
        root = self.aws.environment.storage.root
        found: dict[str, Any] = json.loads(
            self.read(f"{root}/{model}/{pipeline}/{execution}/decide/verdict.json")
        )
        return found


def configure(conf: Path, url: str) -> None:
    """Give both models every monitor, explainability by SageMaker's engine, and the environment its image."""
    local = conf / "environments" / "local.yaml"
    text = local.read_text().replace("http://127.0.0.1:4780", url)
    local.write_text(f"{text}images: {{monitor: '{IMAGE}:1.0'}}\n")
    document = yaml.safe_load((conf / "models" / "mortgage.yaml").read_text())
    for name, engine in MODELS.items():
        monitors = {
            key: value if key == "explainability" else {**value, "engine": engine}
            for key, value in document["monitors"].items()
        }
        changed = {**document, "model": name, "monitors": monitors}
        (conf / "models" / f"{name}.yaml").write_text(yaml.safe_dump(changed, sort_keys=False))


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """One emulator in which both models have registered their first version."""
    folder = tmp_path_factory.mktemp("own")
    config = EmulatorConfig(folder / "state", port=0, images=Registry({IMAGE: COMMAND}))
    with Server(config) as server:
        conf = folder / "conf"
        shutil.copytree(ROOT / "conf", conf)
        configure(conf, server.url)
        prepare = ROOT / "examples" / "mortgage" / "prepare.py"
        subprocess.run(
            [sys.executable, str(prepare), "--output", str(folder / "data")], check=True, capture_output=True
        )
        aws = connect(load_environment("local", conf))
        bucket, region = aws.environment.storage.bucket, aws.environment.region
        aws.call(
            "s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
        )
        found = Loop(conf, folder / "data", aws)
        for name in MODELS:
            assert found("upsert", "--model", name) == 0
            assert found.run(name, *BOOTSTRAP, *CANDIDATE) == 0
            assert found("gate", name, "--version", "1", "--apply") == 0
        yield found


def comparable(verdict: dict[str, Any], model: str) -> dict[str, Any]:
    """Return a verdict without what differs between two runs of whatever kind: names, ids, dates, bundle.

    A version's baseline lies elsewhere where the image passed it on; what it says is compared apart.
    """
    kept = {key: value for key, value in verdict.items() if key not in ("created", "bundle_sha256")}
    text = json.dumps(kept)
    text = re.sub(r"execution/[a-z0-9]{12}", "execution/*", text)
    text = re.sub(r"/(register|monitor-batch)/[a-z0-9]{12}/", r"/\1/*/", text)
    text = text.replace("/carried/", "/")
    text = re.sub(rf'([/"]){model}(?=[/"]|-register|-monitor)', r"\1*", text)
    document: dict[str, Any] = json.loads(text)
    return document


# Two runs of a pipeline each: the other three with the slow tests.
@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in RUNS]
)
def test_both_engines_come_to_the_same_verdict(loop: Loop, name: str) -> None:
    """Same decision, same findings with the same values, limits and baselines, same exit code."""
    options, code = RUNS[name]

    assert {model: loop.run(model, *options) for model in MODELS} == dict.fromkeys(MODELS, code)

    hosted, own = (comparable(loop.verdict(model, options[0]), model) for model in MODELS)
    assert hosted["findings"] or name == "unlabelled"
    assert {check["status"] for check in hosted["checks"]} == {"compared"}
    assert own == hosted


def types(loop: Loop, model: str) -> dict[str, str]:
    """Return the type of each step of a model's monitor-batch."""
    name = f"{model}-monitor-batch-local"
    text = loop.aws.call("sagemaker", "describe_pipeline", PipelineName=name)["PipelineDefinition"]
    found: dict[str, str] = {}
    left = json.loads(text)["Steps"]
    while left:
        step = left.pop(0)
        found[step["Name"]] = step["Type"]
        left += [*step["Arguments"].get("IfSteps", []), *step["Arguments"].get("ElseSteps", [])]
    return found


def test_the_steps_have_the_same_names_and_other_types(loop: Loop) -> None:
    """Check steps become processing steps, but for the attributions, which need a shadow endpoint."""
    steps = {model: types(loop, model) for model in MODELS}

    assert set(steps["mortgage"]) == set(steps["mortgage-own"])
    changed = {name for name, kind in steps["mortgage"].items() if steps["mortgage-own"][name] != kind}
    assert {steps["mortgage-own"][name] for name in changed} == {"Processing"}
    assert changed == {"BatchMonitor-monitoring", "ModelQuality", "DataBias", "ModelBias"}


def test_a_report_of_an_own_engine_shows_what_the_other_shows(loop: Loop) -> None:
    """The inputs' statistics and every bias analysis are found, though no step says where they are."""
    found = {}
    for name in MODELS:
        model = load_model(name, loop.conf)
        found[name] = gather(
            loop.aws, model, choose_execution(loop.aws, model, execution_arn=None, version=1)
        )

    hosted, own = found.values()
    assert hosted.statistics["batch"]
    assert (own.statistics, own.analyses) == (hosted.statistics, hosted.analyses)
    assert set(own.analyses) == {"DataBias", "ModelBias", "ModelExplainability"}


def test_a_version_registered_later_carries_the_baseline_it_was_compared_with(loop: Loop) -> None:
    """Without a refresh, the second version's baseline says byte for byte what the first one's does."""
    assert loop.run("mortgage-own", "register", *CANDIDATE) == 0

    first, second = (loop.baselines("mortgage-own", number) for number in (1, 2))
    assert first == second
    # SageMaker's check step refers to the first version's documents, an image passes copies on.
    old, new = (loop.places("mortgage-own", number) for number in (1, 2))
    assert {part for part in old if old[part] == new[part]} == {"Explainability.Constraints"}
    assert len(old) == 7


def test_without_an_approved_version_a_check_by_an_image_does_not_pass(loop: Loop) -> None:
    """Started by hand with nothing pinned, the check ends in words: exit 3, and no verdict."""
    name = "mortgage-own-monitor-batch-local"
    version = loop.versions("mortgage-own")[-1]
    uri = loop.aws.environment.storage.resolve("batch.csv")
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    body = (loop.data / "batch-honest.csv").read_bytes()
    loop.aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=body)
    arn = loop.aws.call(
        "sagemaker",
        "start_pipeline_execution",
        PipelineName=name,
        PipelineParameters=[
            {"Name": "ModelPackageArn", "Value": version},
            {"Name": "InputDataUri", "Value": uri},
        ],
    )["PipelineExecutionArn"]

    assert loop("follow", arn, "--env", "local") == 3

    listed = loop.aws.call("sagemaker", "list_pipeline_execution_steps", PipelineExecutionArn=arn)
    broken = [step for step in listed["PipelineExecutionSteps"] if step["StepStatus"] == "Failed"]
    assert [step["StepName"] for step in broken] == ["BatchMonitor-monitoring"]
    assert "there is no previous baseline to compare with" in broken[0]["FailureReason"]
