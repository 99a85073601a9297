"""What a user's own command finds: /opt/ml, Python and pip, with a mount of its own and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs import container
from sagemaker_monitor.emulator.jobs.container import mounts
from tests.emulator.jobs.conftest import processing_request, s3_input
from tests.emulator.jobs.test_processing_jobs import run

PROGRAM = b"""
import os, pathlib, shutil, sys

source, target = pathlib.Path("/opt/ml/processing/input/data"), "/opt/ml/processing/output"
assert sorted(os.listdir(source)) == ["rows.csv"] and (source / "rows.csv").exists()
with open(f"{target}/sum.txt", "w") as file:
    file.write(str(sum(map(float, (source / "rows.csv").read_text().split()))))
os.makedirs(f"{target}/deep/er")
shutil.copy(source / "rows.csv", f"{target}/deep/er/copy.csv")
pathlib.Path("/opt/ml/output/message").write_text(" ".join(sys.argv[1:]))
"""
SHELL = b"""#!/bin/bash
set -e
cd /opt/ml/processing/input/code/
pip uninstall --yes typing
echo numpy > requirements.txt
pip install -r requirements.txt
python3 -m pip install "numpy>=1"
python go.py "$@"
"""


@pytest.fixture(params=["mounted", "relocated"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have jobs run with a mount of their own, or as on a system that gives them none."""
    if request.param == "relocated":
        monkeypatch.setattr(container, "mounts", lambda: False)
    elif not mounts():
        pytest.skip("this system gives processes no mounts of their own")
    return str(request.param)


def job(context: Context, *entrypoint: str, **changes: Any) -> dict[str, Any]:
    """Run a job whose program and shell script were uploaded, over one file of rows."""
    context.s3.put_bytes("s3://data/in/rows.csv", b"1.5\n2\n")
    context.s3.put_bytes("s3://data/code/go.py", PROGRAM)
    context.s3.put_bytes("s3://data/code/runproc.sh", SHELL)
    request = processing_request(
        ProcessingInputs=[
            s3_input("s3://data/in/", "/opt/ml/processing/input/data", "data"),
            s3_input("s3://data/code/", "/opt/ml/processing/input/code", "code"),
        ],
        **changes,
    )
    words = {"ContainerEntrypoint": list(entrypoint), "ContainerArguments": ["--rate", "0.5"]}
    request["AppSpecification"] |= words
    return run(context, request)


@pytest.mark.parametrize(
    "entrypoint",
    [
        ("python3", "/opt/ml/processing/input/code/go.py"),
        ("/bin/bash", "/opt/ml/processing/input/code/runproc.sh"),
    ],
)
def test_programs_that_name_the_container_s_paths_run(
    context: Context, place: str, entrypoint: tuple[str, ...]
) -> None:
    """Also those that a shell script calls, by `python` and `pip`, as the SDK's FrameworkProcessor does."""
    done = job(context, *entrypoint)

    assert done["ProcessingJobStatus"] == "Completed", done
    assert done["ExitMessage"] == "--rate 0.5"
    assert context.s3.read_bytes("s3://data/out/sum.txt") == b"3.5"
    assert context.s3.read_bytes("s3://data/out/deep/er/copy.csv") == b"1.5\n2\n"


def test_jobs_do_not_see_each_other(context: Context, place: str) -> None:
    """Two that run at once have a /opt/ml each."""
    code = (
        "import pathlib, time; here = pathlib.Path('/opt/ml/processing/output'); "
        "(here / '{0}').touch(); time.sleep(0.3); assert [p.name for p in here.iterdir()] == ['{0}']"
    )
    for name in ("one", "two"):
        request = processing_request(name, code=code.format(name))
        request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = f"s3://data/{name}"
        context.store.put("processing-job", name, request | about(context, name))
        context.jobs.start_processing(context, name)

    for name in ("one", "two"):
        assert context.jobs.wait(context, "processing-job", name)["ProcessingJobStatus"] == "Completed"
        assert context.s3.exists(f"s3://data/{name}/{name}")


def about(context: Context, name: str) -> dict[str, Any]:
    """Return what the record of a job has beside its request."""
    arn = context.arn("processing-job", name)
    return {"ProcessingJobArn": arn, "ProcessingJobStatus": "InProgress", "CreationTime": 1.0}


def test_a_package_that_is_missing_is_named(context: Context) -> None:
    """`pip install` installs nothing; a job that needs what is not there fails with what to do."""
    context.s3.put_bytes("s3://data/code/requirements.txt", b"numpy==0.0.1  # old\n\nno-such-thing>=2\n")

    done = job(context, "pip", "install", "-r", "/opt/ml/processing/input/code/requirements.txt")

    assert done["ProcessingJobStatus"] == "Failed"
    assert "not installed: no-such-thing, 0.5. Jobs run in the emulator's own Python" in done["FailureReason"]
    assert f"install there what they need: {sys.executable} -m pip install" in done["FailureReason"]
    assert "note: numpy==0.0.1 is asked for, the job runs with numpy" in done["FailureReason"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["install", "numpy", "scipy[x]>=1; python_version > '3'"], 0, ""),
        (["install", "no-such-thing; python_version < '3'"], 0, ""),
        (["install", "-q", "--index-url", "https://x", "-rlist.txt"], 1, "not installed: other-thing"),
        (["install", "https://x/y.whl"], 1, "not installed: https://x/y.whl"),
        (["freeze"], 2, "pip freeze is not answered in the emulator; there is pip install"),
        (["--version"], 0, "pip of the emulator"),
    ],
)
def test_what_pip_is_asked(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    """Names, extras, versions, markers, files and options are read as pip reads them."""
    (tmp_path / "list.txt").write_text("--no-binary :all:\n-r more.txt\n")
    (tmp_path / "more.txt").write_text("other-thing\n")
    site = Path(container.__file__).with_name("site")

    done = subprocess.run(
        [sys.executable, "-m", "pip", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done
