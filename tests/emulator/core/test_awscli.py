"""The emulator with the command line tool that everybody has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.conftest import RunningEmulator

AWS = shutil.which(
    "aws", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
)
pytestmark = pytest.mark.skipif(AWS is None, reason="awscli is not installed: pip install awscli")


@pytest.fixture(scope="module")
def aws(emulator: RunningEmulator) -> Any:
    """Return a way to run aws against the emulator."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(AWS), *arguments, "--output", "json"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.mark.long
def test_a_directory_is_synchronised(aws: Any, tmp_path: Path) -> None:
    """`s3 mb` and `s3 sync` there and back leave the same files."""
    source, back = tmp_path / "source", tmp_path / "back"
    (source / "deep er").mkdir(parents=True)
    (source / "deep er" / "a+b.csv").write_bytes(b"1\n")
    (source / "large").write_bytes(os.urandom(9 << 20))

    assert aws("s3", "mb", "s3://synchronised").returncode == 0
    assert aws("s3", "sync", str(source), "s3://synchronised/x").stderr == ""
    assert aws("s3", "sync", "s3://synchronised/x", str(back)).stderr == ""
    assert (back / "deep er" / "a+b.csv").read_bytes() == b"1\n"
    assert (back / "large").read_bytes() == (source / "large").read_bytes()


@pytest.mark.long
def test_models_are_made_and_missing_ones_are_named(aws: Any) -> None:
    """`sagemaker create-model` and its like work unchanged; errors are AWS's."""
    container = json.dumps({"Image": "image"})
    role = "arn:aws:iam::000000000000:role/execution"
    made = aws(
        *("sagemaker", "create-model", "--model-name", "m", "--execution-role-arn", role),
        *("--primary-container", container),
    )

    assert json.loads(made.stdout)["ModelArn"].endswith(":model/m")
    missing = aws("sagemaker", "describe-model", "--model-name", "missing")
    assert missing.returncode != 0
    assert (
        "(ValidationException) when calling the DescribeModel operation: Could not find model"
        in missing.stderr
    )
