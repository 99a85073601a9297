"""Script processing jobs, end to end without HTTP in front."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.emulator.api.processing_jobs import (
    create_processing_job,
    describe_processing_job,
    recover,
    stop_processing_job,
)
from sagemaker_monitor.emulator.jobs import publishing
from sagemaker_monitor.emulator.jobs.runner import create_job_runner
from sagemaker_monitor.emulator.jobs.staging import Upload
from sagemaker_monitor.emulator.s3.directory import S3Directory, StoredObject
from tests.emulator.jobs.conftest import ROLE, processing_request, s3_input


def run(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Run a processing job to its end and return its description."""
    create_processing_job(context, request)
    context.jobs.wait(context, "processing-job", request["ProcessingJobName"])
    return describe_processing_job(context, {"ProcessingJobName": request["ProcessingJobName"]})


def await_text(path: Path, text: str) -> None:
    """Wait until the file at *path* has *text*."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if path.exists() and text in path.read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"{path} never had {text!r}")


def test_a_script_gets_its_inputs_and_its_outputs_are_stored(context: Context) -> None:
    """Prefixes and objects are staged, /opt/ml is the job's directory, outputs and message are kept."""
    context.s3.put_bytes("s3://data/in/x/1.csv", b"one")
    context.s3.put_bytes("s3://data/in/y/2.csv", b"two")
    context.s3.put_bytes("s3://data/code/go.py", SCRIPT)
    request = processing_request(
        ProcessingInputs=[
            s3_input("s3://data/in/", "/opt/ml/processing/input/data", "data"),
            s3_input("s3://data/code/go.py", "/opt/ml/processing/input/code", "code"),
        ],
        Environment={"WHERE": "/opt/ml/processing/output/made"},
    )
    request["AppSpecification"] |= {
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/go.py"],
        "ContainerArguments": ["--data", "/opt/ml/processing/input/data"],
    }

    job = run(context, request)

    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["ExitMessage"] == "all good"
    assert context.s3.read_bytes("s3://data/out/made/sum.txt") == b"onetwo"
    assert {key: job[key] for key in request} == request


SCRIPT = b"""
import os, pathlib, sys
files = sorted(pathlib.Path(sys.argv[2]).rglob("*.csv"))
target = pathlib.Path(os.environ["WHERE"])
target.mkdir()
(target / "sum.txt").write_text("".join(path.read_text() for path in files))
pathlib.Path(os.environ["OUTPUT_MESSAGE_PATH"]).write_text("all good")
"""


def test_the_environment_is_clean(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job sees the emulator as AWS and nothing of the environment that the emulator runs in."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("SECRET_TOKEN", "real")
    code = "import json, os; json.dump(dict(os.environ), open('processing/output/env.json', 'w'))"

    run(context, processing_request(code=code, Environment={"MINE": "1"}))

    found = json.loads(context.s3.read_bytes("s3://data/out/env.json"))
    assert found["AWS_ENDPOINT_URL"] == context.config.url
    assert (found["AWS_REGION"], found["MINE"]) == ("us-east-1", "1")
    assert "real" not in found.values()


def test_the_container_can_read_its_own_job(context: Context) -> None:
    """processingjobconfig.json and resourceconfig.json are where containers look for them."""
    code = (
        "import shutil; shutil.copy('config/processingjobconfig.json', 'processing/output'); "
        "shutil.copy('config/resourceconfig.json', 'processing/output')"
    )

    job = run(context, processing_request(code=code))

    config = json.loads(context.s3.read_bytes("s3://data/out/processingjobconfig.json"))
    assert config["ProcessingJobArn"] == job["ProcessingJobArn"]
    assert json.loads(context.s3.read_bytes("s3://data/out/resourceconfig.json"))["hosts"] == ["algo-1"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            "import os; open(os.environ['OUTPUT_MESSAGE_PATH'], 'w').write('no label matches'); exit(1)",
            "AlgorithmError: no label matches, exit code: 1",
        ),
        ("import sys; sys.exit('last words')", "AlgorithmError: last words, exit code: 1"),
        ("import os; os._exit(7)", "the container wrote neither a message nor a log, exit code: 7"),
        ("import os; os.kill(os.getpid(), 9)", "exit code: 137"),
        ("raise ValueError('x' * 5000)", "exit code: 1"),
    ],
)
def test_a_failed_script_says_why_and_stores_nothing(context: Context, code: str, reason: str) -> None:
    """The reason is the container's message, or the end of its log, with the exit code, and bounded."""
    job = run(context, processing_request(code=f"open('processing/output/half', 'w').close()\n{code}"))

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].endswith(reason)
    assert len(job["FailureReason"]) <= 1024
    assert context.s3.list("s3://data/out") == []


def test_a_command_that_is_not_there_fails_the_job(context: Context) -> None:
    """An entrypoint that this machine has not is named."""
    request = processing_request()
    request["AppSpecification"]["ContainerEntrypoint"] = ["no-such-program"]

    assert "cannot start 'no-such-program': No such file" in run(context, request)["FailureReason"]


def test_missing_input_fails_with_aws_text(context: Context) -> None:
    """A prefix without objects fails the job before anything runs."""
    job = run(
        context, processing_request(ProcessingInputs=[s3_input("s3://data/no/", "/opt/ml/processing/input")])
    )

    assert job["FailureReason"] == (
        'No S3 objects found under S3 URL "s3://data/no/" given in input data source. '
        "Please ensure that the bucket exists in the selected region (us-east-1), "
        f'that objects exist under that S3 prefix, and that the role "{ROLE}" '
        'has "s3:ListBucket" permissions on bucket "data".'
    )


def test_an_output_bucket_that_is_not_there_fails_the_job(context: Context) -> None:
    """Outputs that cannot be stored are a failure with a reason, and none of them stays."""
    request = processing_request(
        code="open('processing/output/a', 'w').close(); open('processing/two', 'w').close()"
    )
    lost = {"S3Uri": "s3://nowhere/x", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    request["ProcessingOutputConfig"]["Outputs"].append({"OutputName": "lost", "S3Output": lost})

    job = run(context, request)

    assert job["ProcessingJobStatus"] == "Failed"
    assert (
        "the outputs could not be stored in S3: The specified bucket does not exist" in job["FailureReason"]
    )
    assert context.s3.list("s3://data/out") == []


class FullDisk(S3Directory):
    """An object store on a disk that has room for one output and no more."""

    stored = 0

    def put_file(self, uri: str, path: Path, content_type: str | None = None) -> StoredObject:
        """Store the first file only."""
        self.stored += 1
        if self.stored > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().put_file(uri, path, content_type)


def test_no_space_for_the_outputs_fails_the_job(context: Context) -> None:
    """A disk that fills up while outputs are stored is a failure with that reason, and none of them stays."""
    full = FullDisk(context.s3.root, context.store, context.region)
    code = "[open(f'processing/output/{name}', 'w').close() for name in 'ab']"

    job = run(replace(context, s3=full), processing_request(code=code))

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].endswith("the outputs could not be stored in S3: No space left on device")
    assert context.s3.list("s3://data/out") == []


def test_a_directory_that_cannot_be_made_fails_the_job(context: Context) -> None:
    """A job whose directory cannot be made fails with the system's reason, and does not run for ever."""
    context.s3.put_bytes("s3://data/in/a.csv", b"1")
    (context.config.state_dir / "jobs").write_text("in the way")

    job = run(
        context, processing_request(ProcessingInputs=[s3_input("s3://data/in/", "/opt/ml/processing/input")])
    )

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError: Not a directory: ")


def test_the_time_limit_is_kept(context: Context) -> None:
    """A job longer than MaxRuntimeInSeconds is killed, ends Stopped, and stores nothing."""
    code = "import time; open('processing/output/half', 'w').close(); time.sleep(60)"
    started = time.monotonic()

    job = run(context, processing_request(code=code, StoppingCondition={"MaxRuntimeInSeconds": 1}))

    assert job["ProcessingJobStatus"] == "Stopped"
    assert "longer than its MaxRuntimeInSeconds of 1" in job["FailureReason"]
    assert time.monotonic() - started < 20
    assert context.s3.list("s3://data/out") == []


FAMILY = (
    "import subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "print(f'started {child.pid}', flush=True); time.sleep(60)"
)


def test_stop_kills_everything_the_job_started(context: Context) -> None:
    """StopProcessingJob ends the job's processes, grandchildren too; stopping it again is refused."""
    create_processing_job(context, processing_request(code=FAMILY))
    log = context.job_dir("job") / "log.txt"
    await_text(log, "started")

    stop_processing_job(context, {"ProcessingJobName": "job"})

    assert context.jobs.wait(context, "processing-job", "job")["ProcessingJobStatus"] == "Stopped"
    await_end(int(log.read_text().split()[1]))
    with pytest.raises(ApiError, match="the processing job is in status Stopped"):
        stop_processing_job(context, {"ProcessingJobName": "job"})


def test_a_stopped_job_may_put_its_things_in_order(context: Context) -> None:
    """SIGTERM comes first; what a script then says is in the log, and nothing of an EndOfJob output in S3."""
    code = (
        "import signal, sys, time; "
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('in order', flush=True))); "
        "open('processing/output/half', 'w').close(); print('started', flush=True); time.sleep(60)"
    )
    create_processing_job(context, processing_request(code=code))
    log = context.job_dir("job") / "log.txt"
    await_text(log, "started")

    stop_processing_job(context, {"ProcessingJobName": "job"})

    assert context.jobs.wait(context, "processing-job", "job")["ProcessingJobStatus"] == "Stopped"
    assert "in order" in log.read_text()
    assert context.s3.list("s3://data/out") == []


@pytest.mark.parametrize("ending", ["", pytest.param("exit(3)", marks=pytest.mark.long)])
def test_a_continuous_output_is_stored_while_the_job_runs(context: Context, ending: str) -> None:
    """S3UploadMode Continuous stores each file once it is written, and what is there when the job fails."""
    code = (
        "import time; open('processing/output/first', 'w').write('1'); time.sleep(1.2); "
        f"open('processing/output/last', 'w').write('2'); {ending}"
    )
    request = processing_request(code=code)
    request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3UploadMode"] = "Continuous"
    create_processing_job(context, request)
    deadline = time.monotonic() + 20
    while not context.s3.exists("s3://data/out/first") and time.monotonic() < deadline:
        time.sleep(0.05)
    early = describe_processing_job(context, {"ProcessingJobName": "job"})["ProcessingJobStatus"]

    done = context.jobs.wait(context, "processing-job", "job")

    assert early == "InProgress"
    assert done["ProcessingJobStatus"] == ("Failed" if ending else "Completed")
    assert context.s3.read_bytes("s3://data/out/last") == b"2"


def test_a_waiting_job_can_be_stopped(context: Context) -> None:
    """A job that never got its turn ends Stopped without running."""
    for number in range(3):
        create_processing_job(
            context, processing_request(f"job-{number}", code="import time; time.sleep(60)")
        )

    for number in (2, 1, 0):
        stop_processing_job(context, {"ProcessingJobName": f"job-{number}"})
        record = context.jobs.wait(context, "processing-job", f"job-{number}") if number < 2 else None
    assert record is not None

    assert context.jobs.wait(context, "processing-job", "job-2")["ProcessingJobStatus"] == "Stopped"
    assert not (context.job_dir("job-2") / "log.txt").exists()


def test_shutdown_ends_running_jobs(context: Context) -> None:
    """A runner that shuts down leaves no process and no job in progress."""
    runner = create_job_runner(at_once=1)
    other = replace(context, jobs=runner)
    create_processing_job(other, processing_request(code=FAMILY))
    log = context.job_dir("job") / "log.txt"
    await_text(log, "started")

    runner.shutdown()

    job = describe_processing_job(context, {"ProcessingJobName": "job"})
    assert (job["ProcessingJobStatus"], job["FailureReason"]) == ("Stopped", "the emulator was shut down")
    await_end(int(log.read_text().split()[1]))


def test_jobs_die_with_a_killed_emulator(tmp_path: Path) -> None:
    """When the emulator's process is killed outright, the job's processes end too."""
    guard = Path(sys.modules[create_job_runner.__module__].__file__ or "").with_name("guard.py")
    parent = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-I', '-S', {str(guard)!r}, sys.executable, '-c', {FAMILY!r}],"
        " stdin=subprocess.PIPE)\n"
        "time.sleep(60)\n"
    )
    log = tmp_path / "log.txt"
    with log.open("wb") as output:
        emulator = subprocess.Popen([sys.executable, "-c", parent], stdout=output)
    await_text(log, "started")

    emulator.kill()
    emulator.wait()

    await_end(int(log.read_text().split()[1]))


def await_end(pid: int) -> None:
    """Wait until the process has ended."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} lives on")


def test_jobs_of_a_killed_emulator_are_failed_at_boot(context: Context, tmp_path: Path) -> None:
    """What ran when the emulator died is Failed; what it published goes, what it replaced returns."""
    context.s3.put_bytes("s3://data/out/replaced", b"before", "text/csv")
    before = context.s3.get("s3://data/out/replaced")
    uploads = [Upload(tmp_path / "new", f"s3://data/out/{name}") for name in ("half", "never", "replaced")]
    uploads[0].path.write_bytes(b"after")
    kept = publishing.kept_in(context.job_dir("job"))
    kept.parent.mkdir(parents=True)
    found = publishing.appearances(context.s3, uploads, kept)
    for upload in (uploads[0], uploads[2]):
        context.s3.put_file(upload.uri, upload.path)
    record = processing_request() | {
        "ProcessingJobArn": context.arn("processing-job", "job"),
        "ProcessingJobStatus": "InProgress",
        "CreationTime": 1.0,
        "_LastModified": 1.0,
        publishing.NOTE: found,
    }
    context.store.create("processing-job", "job", record)

    recover(context)

    job = describe_processing_job(context, {"ProcessingJobName": "job"})
    assert job["ProcessingJobStatus"] == "Failed"
    assert "the emulator was stopped while the job ran" in job["FailureReason"]
    assert context.s3.list("s3://data/out") == [before]
    assert context.s3.read_bytes("s3://data/out/replaced") == b"before"
    assert not kept.exists()


def refused(**changes: Any) -> dict[str, Any]:
    """Return a request with one member of the application replaced."""
    request = processing_request()
    for path, value in changes.items():
        request["AppSpecification"][path] = value
    return request


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            refused(ImageUri="1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-debugger-rules:latest"),
            "sagemaker-model-monitor-analyzer, sagemaker-model-monitor-groundtruth-merger, sagemaker-scikit",
        ),
        (refused(ContainerEntrypoint=[]), "ContainerEntrypoint: a sagemaker-scikit-learn job needs one"),
        (
            processing_request(ProcessingInputs=[s3_input("s3://data/a", "/opt/ml/processing/../../../etc")]),
            "must be an absolute path below /opt/ml/processing, without '..'",
        ),
        (
            processing_request(ProcessingInputs=[s3_input("s3://data/a", "/opt/ml/processing/a")] * 2),
            "names must be unique; repeated: in",
        ),
    ],
)
def test_what_does_not_run_is_refused_at_once(context: Context, request_: dict[str, Any], text: str) -> None:
    """A request that cannot run makes no job."""
    with pytest.raises(ApiError, match=text):
        create_processing_job(context, request_)

    assert context.store.list("processing-job") == []


@pytest.mark.parametrize(
    ("manifest", "outcome"),
    [
        (b'[{"prefix": "s3://data/in/"}, "a.csv", "c.csv"]', "a.csv,c.csv"),
        (b'[{"prefix": "s3://data/in/a.csv"}, ""]', "a.csv"),
        (b'{"prefix": "s3://data/in/"}', "s3://data/m.json is no manifest"),
        (b'[{"prefix": "s3://data/in/"}, "d.csv"]', 'No S3 objects found under S3 URL "s3://data/in/d.csv"'),
        (b'[{"prefix": "s3://data/in/"}, "a"]', 'No S3 objects found under S3 URL "s3://data/in/a"'),
    ],
)
def test_a_manifest_names_the_objects(context: Context, manifest: bytes, outcome: str) -> None:
    """S3DataType ManifestFile stages what the manifest lists, in the form of a capture manifest too."""
    for name in ("a", "b", "c"):
        context.s3.put_bytes(f"s3://data/in/{name}.csv", b"1\n")
    context.s3.put_bytes("s3://data/m.json", manifest)
    given = s3_input("s3://data/m.json", "/opt/ml/processing/a")
    given["S3Input"]["S3DataType"] = "ManifestFile"
    code = (
        "import os; open('processing/output/names', 'w').write(','.join(sorted(os.listdir('processing/a'))))"
    )
    specification = {
        **processing_request()["AppSpecification"],
        "ContainerEntrypoint": ["python3", "-c", code],
    }

    job = run(context, processing_request(ProcessingInputs=[given], AppSpecification=specification))

    if job["ProcessingJobStatus"] == "Completed":
        assert context.s3.read_bytes("s3://data/out/names").decode() == outcome
    else:
        assert outcome in job["FailureReason"]


def test_a_name_is_used_once(context: Context) -> None:
    """A second job of the same name is refused with AWS's code."""
    run(context, processing_request())

    with pytest.raises(ApiError, match="a job with this name already exists") as caught:
        create_processing_job(context, processing_request())
    assert caught.value.code == "ResourceInUse"
