"""The embedding example: a team's own pipelines with checks of ours, built offline and run to their ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.test_loop import Loop, prepared

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "embedding"
CHECKED, TRAINING = "mortgage-checked-training-local", "mortgage-training-local"


@dataclass(frozen=True)
class Team:
    """An emulator, and a team that runs the example's script."""

    loop: Loop

    @property
    def aws(self) -> Aws:
        return self.loop.aws

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run embed.py as a program of its own."""
        return subprocess.run(
            [sys.executable, "embed.py", *arguments, "--conf-dir", str(self.loop.conf)],
            cwd=EXAMPLE,
            env={key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
            capture_output=True,
            text=True,
            check=False,
        )

    def steps(self, pipeline: str) -> dict[str, str]:
        """Return the status of each step of the newest execution of *pipeline*."""
        listed = self.aws.call("sagemaker", "list_pipeline_executions", PipelineName=pipeline)
        arn = listed["PipelineExecutionSummaries"][0]["PipelineExecutionArn"]
        steps = self.aws.pages(
            "sagemaker", "list_pipeline_execution_steps", "PipelineExecutionSteps", PipelineExecutionArn=arn
        )
        return {step["StepName"]: step["StepStatus"] for step in steps}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """An emulator in which nothing of ours was deployed, and the mortgage example's files."""
    folder = tmp_path_factory.mktemp("embedding")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        found = Team(prepared(folder, server.url))
        prepare = [sys.executable, str(EXAMPLE / "prepare.py"), str(found.loop.data)]
        subprocess.run(prepare, check=True, capture_output=True)
        yield found


@pytest.fixture(scope="module")
def trained(team: Team) -> Team:
    """The team after it trained and registered its first version by its own pipeline."""
    files = ("--data", team.loop.file("train.csv"), "--baseline-data", team.loop.file("validation.csv"))
    ended = team("training", *files, "--bootstrap")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "version 1 is now Approved" in ended.stdout
    return team


def test_a_whole_builder_registers_what_the_team_trained(
    trained: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    """The version has the trained artifact and all baselines; only the team's pipeline, named, opens it."""
    (version,) = trained.loop.versions()
    found = trained.aws.call(
        "sagemaker", "describe_model_package", ModelPackageName=version["ModelPackageArn"]
    )
    steps = trained.steps(TRAINING)

    assert "/mortgage/trained/" in found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    assert set(found["DriftCheckBaselines"]) == {"ModelDataQuality", "ModelQuality", "Bias", "Explainability"}
    assert (steps["Train"], steps["Register"], steps["ModelBias"]) == ("Succeeded",) * 3
    assert trained.loop("gate", "mortgage", "--registered-by", TRAINING) == 0
    assert trained.loop("gate", "mortgage") == 10
    assert "is no execution of mortgage-register-local" in capsys.readouterr().out


def test_rows_that_fit_are_trained_on_and_a_second_deployment_writes_nothing(trained: Team) -> None:
    """The check compares with the approved version's baseline; its verdict lies where the docs say."""
    first = trained("checked", "--data", trained.loop.file("train-next.csv"))
    steps = trained.steps(CHECKED)
    second = trained("checked", "--data", trained.loop.file("train-next.csv"))

    assert first.returncode == 0, first.stdout + first.stderr
    assert steps == dict.fromkeys(("Split", "DataQuality", "Decide", "CheckVerdict", "Train"), "Succeeded")
    assert f"created  pipeline {CHECKED}" in first.stdout
    assert f"unchanged  pipeline {CHECKED}" in second.stdout
    assert "uploaded" not in second.stdout


def test_rows_that_have_drifted_are_not_trained_on(trained: Team) -> None:
    """Lower incomes are refused with code 10 and a verdict that names a feature; nothing is trained."""
    ended = trained("checked", "--data", trained.loop.file("train-drifted.csv"))
    steps = trained.steps(CHECKED)

    assert ended.returncode == 10, ended.stdout + ended.stderr
    assert "refused: the distance of" in ended.stdout
    assert (steps["DataQuality"], steps["Refuse"]) == ("Succeeded", "Failed")
    assert "Train" not in steps


def test_upsert_leaves_a_teams_pipelines_alone(trained: Team, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither plan nor upsert of the model mentions them, and they are there afterwards."""
    before = trained.aws.call("sagemaker", "describe_pipeline", PipelineName=TRAINING)
    assert trained.loop("upsert") == 0
    capsys.readouterr()
    assert main(["plan", "--format", "json", "--conf-dir", str(trained.loop.conf), "--quiet"]) == 0
    told = capsys.readouterr().out
    after = trained.aws.call("sagemaker", "describe_pipeline", PipelineName=TRAINING)

    assert TRAINING not in json.dumps(json.loads(told))
    assert before["PipelineDefinition"] == after["PipelineDefinition"]
