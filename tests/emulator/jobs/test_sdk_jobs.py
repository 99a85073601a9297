"""Jobs as the SageMaker SDK makes them: trainers and processors with source folders, in their own process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.emulator.conftest import REGION, RunningEmulator
from tests.emulator.jobs.conftest import ROLE

pytestmark = pytest.mark.long

TRAIN = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=float)
factor = parser.parse_args().factor
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text().split()
pathlib.Path("/opt/ml/model/sum.txt").write_text(str(factor * sum(map(float, rows))))
"""
PROCESS = """
import argparse, pathlib
from helper import times
parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=float)
factor = parser.parse_args().factor
rows = pathlib.Path("/opt/ml/processing/input/data/rows.csv").read_text().split()
lines = (str(times(float(row), factor)) for row in rows)
pathlib.Path("/opt/ml/processing/output/out.csv").write_text(",".join(lines))
"""
COMMON = """
import sys
from sagemaker.core.helper.session_helper import Session
role, image, bucket = sys.argv[1:]
session = Session(default_bucket=bucket)
where = {"role": role, "sagemaker_session": session}
"""
TRAINER = """
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode
source = SourceCode(source_dir="source", entry_script="train.py", requirements="requirements.txt")
compute = Compute(instance_type="ml.m5.large", instance_count=1)
trainer = ModelTrainer(
    training_image=image, source_code=source, compute=compute, hyperparameters={"factor": 2.5}, **where
)
rows = InputData(channel_name="train", data_source=f"s3://{bucket}/rows/")
trainer.train(input_data_config=[rows], wait=True)
print(trainer._latest_training_job.model_artifacts.s3_model_artifacts)
"""
PROCESSOR = """
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.shapes import (
    ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
)
given = ProcessingS3Input(
    s3_uri=f"s3://{bucket}/rows/", local_path="/opt/ml/processing/input/data", s3_data_type="S3Prefix",
    s3_input_mode="File",
)
made = ProcessingS3Output(
    s3_uri=f"s3://{bucket}/made/", local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob"
)
processor = FrameworkProcessor(
    image_uri=image, command=["python3"], instance_type="ml.m5.large", instance_count=1, **where
)
processor.run(
    code="process.py", source_dir="source", arguments=["--factor", "3"],
    inputs=[ProcessingInput(input_name="data", s3_input=given)],
    outputs=[ProcessingOutput(output_name="made", s3_output=made)],
)
"""


@pytest.fixture(scope="module")
def project(emulator: RunningEmulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source folder in it, and rows in S3."""
    folder: Path = tmp_path_factory.mktemp("project")
    (folder / "source").mkdir()
    for name, text in (
        ("train.py", TRAIN),
        ("process.py", PROCESS),
        ("helper.py", "def times(value, factor):\n    return value * factor\n"),
        ("requirements.txt", "numpy>=1\n"),
    ):
        (folder / "source" / name).write_text(text)
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="rows/rows.csv", Body=b"1\n2\n3\n")
    return folder


def sdk(emulator: RunningEmulator, project: Path, program: str) -> str:
    """Run a program that uses the SDK and return the last line that it printed."""
    image = f"141502667606.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    done = subprocess.run(
        [sys.executable, "-c", COMMON + program, ROLE, image, "data"],
        cwd=project,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(project),
            "AWS_ENDPOINT_URL": emulator.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def test_a_model_trainer_trains_by_its_source_folder(emulator: RunningEmulator, project: Path) -> None:
    """Drivers, shell script and requirements that the SDK uploads run as they are."""
    artifact = sdk(emulator, project, TRAINER)

    assert artifact.endswith("/output/model.tar.gz")
    assert emulator.context.s3.exists(artifact)


def test_a_framework_processor_runs_its_source_folder(emulator: RunningEmulator, project: Path) -> None:
    """sourcedir.tar.gz and runproc.sh, with a module beside the script."""
    sdk(emulator, project, PROCESSOR)

    assert emulator.context.s3.read_bytes("s3://data/made/out.csv") == b"3.0,6.0,9.0"
