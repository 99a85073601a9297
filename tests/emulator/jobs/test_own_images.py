"""Processing jobs of images of one's own, for which a command is registered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.emulator.api.processing_jobs import create_processing_job, describe_processing_job
from sagemaker_monitor.emulator.jobs.images import Registry
from tests.emulator.jobs.conftest import processing_request, s3_input

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/watch/lengths:3"
PROGRAM = """
import os, pathlib, sys
pathlib.Path("processing/output/words").write_text(" ".join(sys.argv[1:]))
pathlib.Path(os.environ["OUTPUT_MESSAGE_PATH"]).write_text("done")
"""


def job(context: Context, **specification: Any) -> dict[str, Any]:
    """Run a job of the image to its end and return its description."""
    request = processing_request()
    request["AppSpecification"] = {"ImageUri": IMAGE, **specification}
    create_processing_job(context, request)
    context.jobs.wait(context, "processing-job", "job")
    return describe_processing_job(context, {"ProcessingJobName": "job"})


@pytest.fixture
def registered(context: Context) -> Context:
    """An emulator that runs a program for the image, with one argument of its own."""
    commands = Registry({"lengths": ("python", "-c", PROGRAM, "own")})
    return replace(context, config=replace(context.config, images=commands))


def test_the_command_is_the_images_entry_point(registered: Context) -> None:
    """The job's arguments follow the command's words; outputs and exit text are kept."""
    done = job(registered, ContainerArguments=["clarify", "/opt/ml/processing/input"])

    assert done["ProcessingJobStatus"] == "Completed", done
    assert done["ExitMessage"] == "done"
    words = registered.s3.read_bytes("s3://data/out/words").decode().split()
    assert words[:2] == ["own", "clarify"]
    assert words[2].endswith("/processing/input")


def test_an_entry_point_of_the_job_takes_the_place_of_the_command(registered: Context) -> None:
    """As Docker has it."""
    done = job(registered, ContainerEntrypoint=["python3", "-c", PROGRAM], ContainerArguments=["x"])

    assert done["ProcessingJobStatus"] == "Completed", done
    assert registered.s3.read_bytes("s3://data/out/words") == b"x"


def test_an_image_without_a_command_is_refused(context: Context, registered: Context) -> None:
    """The refusal says what runs, and how an image is registered."""
    with pytest.raises(ApiError, match=r"watch/lengths:3' does not run here; .* local up --image REPOSITORY"):
        job(context)
    several = processing_request(AppSpecification={"ImageUri": IMAGE})
    several["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 2
    with pytest.raises(ApiError, match="jobs of own images run on one instance here"):
        create_processing_job(registered, several)


def test_the_analysis_runs_as_an_own_image(context: Context) -> None:
    """The project's container, registered for a repository, gives the files that AWS's image would give."""
    commands = Registry({"monitor": ("python", "-m", "sagemaker_monitor.analysis.container")})
    context = replace(context, config=replace(context.config, images=commands))
    context.s3.put_bytes("s3://data/in/data.csv", b"x,y\n" + b"1,2\n" * 50)
    image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/monitor:1"
    request = processing_request(
        AppSpecification={"ImageUri": image, "ContainerArguments": ["analyzer"]},
        ProcessingInputs=[s3_input("s3://data/in/", "/opt/ml/processing/input/data")],
        Environment={
            "dataset_format": '{"csv": {"header": true}}',
            "dataset_source": "/opt/ml/processing/input/data",
            "output_path": "/opt/ml/processing/output",
        },
    )

    create_processing_job(context, request)
    record = context.jobs.wait(context, "processing-job", "job")

    assert record["ExitMessage"] == "Completed: Job completed successfully with no violations."
    assert context.s3.exists("s3://data/out/statistics.json")
    assert context.s3.exists("s3://data/out/constraints.json")
