"""buildspec.yml: its phases, run as CodeBuild runs them, against the emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipelines.names import PIPELINES
from sagemaker_monitor.aws import Aws
from tests.operations.emulated import aws, conf, emulator, environment  # noqa: F401

ROOT = Path(__file__).parents[1]
PHASES = ("install", "pre_build", "build", "post_build")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout in which `make install` is done: this project's environment under the name it would have."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("Makefile", "setup.py", "constraints.txt", "buildspec.yml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    environment_folder = folder / ".venv"
    environment_folder.mkdir()
    (environment_folder / "bin").symlink_to(Path(sys.executable).parent)
    (environment_folder / ".demo").touch()
    return folder


@pytest.mark.long
def test_the_phases_deploy_every_model(workspace: Path, conf: Path, aws: Aws) -> None:  # noqa: F811
    """One build validates, builds and upserts; the pipelines are there, the bundle is an artifact."""
    spec = yaml.safe_load((ROOT / "buildspec.yml").read_text())
    commands = [command for phase in PHASES for command in spec["phases"].get(phase, {}).get("commands", [])]
    variables = {**spec["env"]["variables"], "ENVIRONMENT": "local", "CONF_DIR": str(conf)}
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(commands)],
        cwd=workspace,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    pipelines = aws.call("sagemaker", "list_pipelines")["PipelineSummaries"]

    assert done.returncode == 0, done.stderr
    assert {p["PipelineName"] for p in pipelines} == {f"mortgage-{name}-local" for name in PIPELINES}
    assert (workspace / "dist" / "local" / "mortgage" / "bundle.json").is_file()
    assert '"model": "mortgage"' in (workspace / "dist" / "plan.json").read_text()
    assert "would change" in (workspace / "dist" / "plan.md").read_text()
    reports = spec["reports"]["sagemaker-monitor"]
    assert [path.name for path in (workspace / reports["base-directory"]).glob(reports["files"][0])] == [
        "plan.xml"
    ]


def test_a_wrong_configuration_stops_before_anything_is_deployed(
    workspace: Path,
    conf: Path,  # noqa: F811
    aws: Aws,  # noqa: F811
) -> None:
    """The validate command fails the build with exit code 2."""
    spec = yaml.safe_load((ROOT / "buildspec.yml").read_text())
    model = conf / "models" / "mortgage.yaml"
    model.write_text(model.read_text().replace("name: black", "name: blak"))
    commands = [command for phase in PHASES for command in spec["phases"].get(phase, {}).get("commands", [])]
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(commands)],
        cwd=workspace,
        env={**os.environ, "ENVIRONMENT": "local", "CONF_DIR": str(conf)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert "black" in done.stderr
    assert aws.call("sagemaker", "list_pipelines")["PipelineSummaries"] == []
