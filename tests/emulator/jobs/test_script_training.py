"""Training by scripts, and what every training job may ask for: checkpoints, metrics, stopping, and more."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
import pytest
from botocore.exceptions import ClientError

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.emulator.conftest import RunningEmulator
from tests.emulator.jobs.conftest import ROLE, XGBOOST
from tests.emulator.jobs.test_served_models import archive
from tests.emulator.jobs.test_training_jobs import booster, channel, members, put, request, rows, trained

pytestmark = pytest.mark.long

SCIKIT_LEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
TRAIN = """
import argparse, json, os, pathlib, signal, sys, time
import joblib, numpy
from sklearn.linear_model import LogisticRegression
from helper import GREETING

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--strength", type=float)
    parser.add_argument("--wait", type=float, default=0)
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    given = parser.parse_args()
    if given.strength < 0:
        raise ValueError("strength must not be negative")
    table = numpy.loadtxt("/opt/ml/input/data/train/rows.csv", delimiter=",")
    assert os.path.samefile(given.train, "/opt/ml/input/data/train")
    model = LogisticRegression(C=given.strength).fit(table[:, 1:], table[:, 0])
    joblib.dump(model, os.path.join(given.model_dir, "model.joblib"))
    seen = {name: value for name, value in os.environ.items() if name.startswith(("SM_", "TRAINING_"))}
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "seen.json").write_text(json.dumps(seen))
    board = pathlib.Path("/opt/ml/output/tensorboard")
    board.mkdir()
    (board / "events").write_text("1")
    print(GREETING, "validation-accuracy=0.25;", flush=True)
    print("validation-accuracy=0.875;", flush=True)
    def stop(*_):
        print("in order", flush=True)
        sys.exit(0)
    signal.signal(signal.SIGTERM, stop)
    print("ready", flush=True)
    time.sleep(given.wait)
"""


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator with rows to train on and a script that does."""
    running = RunningEmulator(Server(EmulatorConfig(tmp_path_factory.mktemp("state"), port=0)).start())
    running.client("s3").create_bucket(Bucket="data")
    features, labels = rows()
    table = np.column_stack([labels, features]).tolist()
    put(running, "csv/rows.csv", "\n".join(",".join(map(repr, row)) for row in table))
    source = {"train.py": TRAIN, "helper.py": "GREETING = 'hello'", "requirements.txt": "scikit-learn>=1\n"}
    running.client("s3").put_object(Bucket="data", Key="source.tar.gz", Body=archive(source))
    yield running
    running.close()


def scripted(name: str, image: str = SCIKIT_LEARN, **parameters: str) -> dict[str, Any]:
    """Return the request of a script's training, as the SDK's estimators make it."""
    asked = request(name, channel("train", "csv/"), image=image)
    asked["HyperParameters"] = {
        "strength": "0.5",
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": '"s3://data/source.tar.gz"',
        "sagemaker_job_name": json.dumps(name),
        **parameters,
    }
    return asked


def done(emulator: RunningEmulator, asked: dict[str, Any]) -> dict[str, Any]:
    """Run a training job to its end and return its description."""
    emulator.client("sagemaker").create_training_job(**asked)
    return ended(emulator, asked["TrainingJobName"])


def ended(emulator: RunningEmulator, name: str) -> dict[str, Any]:
    """Wait for the end of a training job and return its description."""
    sagemaker = emulator.client("sagemaker")
    while (job := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] in (
        *("InProgress", "Stopping"),
    ):
        time.sleep(0.05)
    return dict(job)


def await_log(emulator: RunningEmulator, name: str, text: str) -> None:
    """Wait until the job's log has *text*."""
    log = emulator.context.job_dir(name) / "log.txt"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (log.exists() and text in log.read_text()):
        time.sleep(0.02)
    assert text in log.read_text()


@pytest.mark.parametrize("image", [SCIKIT_LEARN, XGBOOST])
def test_a_script_trains_as_in_its_container(trainer: RunningEmulator, image: str) -> None:
    """Arguments, SM_ variables, files, metrics, and the model that is then hosted by the same script."""
    name = f"script-{image.rpartition('sagemaker-')[2].partition(':')[0]}"
    asked = scripted(name, image)
    asked["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "accuracy", "Regex": "validation-accuracy=(.*?);"}
    ]
    asked["TensorBoardOutputConfig"] = {"S3OutputPath": "s3://data/boards"}

    job = done(trainer, asked)

    assert job["TrainingJobStatus"] == "Completed", job
    (metric,) = job["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("accuracy", 0.875)
    seen = json.loads(members(trainer, f"s3://data/models/{name}/output/output.tar.gz")["seen.json"])
    assert seen["SM_HP_STRENGTH"] == "0.5"
    assert json.loads(seen["SM_HPS"]) == {"strength": 0.5}
    assert json.loads(seen["SM_CHANNELS"]) == ["train"]
    assert (seen["SM_USER_ENTRY_POINT"], seen["SM_MODULE_NAME"]) == ("train.py", "train")
    assert json.loads(seen["SM_RESOURCE_CONFIG"])["current_instance_type"] == "ml.m5.large"
    assert json.loads(seen["SM_USER_ARGS"]) == ["--strength", "0.5"]
    assert seen["TRAINING_JOB_NAME"] == name
    assert json.loads(seen["SM_TRAINING_ENV"])["hyperparameters"] == {"strength": 0.5}
    assert trainer.context.s3.exists(f"s3://data/boards/{name}/tensorboard-output/events")
    model = members(trainer, job["ModelArtifacts"]["S3ModelArtifacts"])["model.joblib"]
    assert joblib.load(io.BytesIO(model)).C == 0.5
    statuses = [each["Status"] for each in job["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all(each["EndTime"] >= each["StartTime"] for each in job["SecondaryStatusTransitions"])


def test_the_trained_model_is_served_by_its_script(trainer: RunningEmulator) -> None:
    """With the archive that trained it as SAGEMAKER_SUBMIT_DIRECTORY."""
    job = done(trainer, scripted("served"))
    sagemaker = trainer.client("sagemaker")
    environment = {
        "SAGEMAKER_PROGRAM": "train.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "s3://data/source.tar.gz",
    }
    container = {
        "Image": SCIKIT_LEARN,
        "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
        "Environment": environment,
    }
    sagemaker.create_model(ModelName="served", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {"VariantName": "v", "ModelName": "served", "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="served", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    sagemaker.create_endpoint(EndpointName="served", EndpointConfigName="served")
    features, labels = rows()
    body = json.dumps(features[:50].tolist())

    answer = trainer.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="served", ContentType="application/json", Body=body
    )

    assert (np.array(json.loads(answer["Body"].read())) == labels[:50]).mean() > 0.9


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (
            {"strength": "-1"},
            'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "Traceback',
        ),
        ({"strength": "-1"}, 'ValueError: strength must not be negative"\nCommand "'),
        ({"sagemaker_program": "other.py"}, "ClientError: there is no script 'other.py', which the hyperp"),
        (
            {"sagemaker_submit_directory": "s3://data/none.tar.gz"},
            "ClientError: cannot read sagemaker_submit_directory s3://data/none.tar.gz",
        ),
        (
            {"sagemaker_submit_directory": "s3://data/csv/rows.csv"},
            "ClientError: sagemaker_submit_directory cannot be unpacked",
        ),
    ],
)
def test_a_script_that_fails_says_why(
    trainer: RunningEmulator, parameters: dict[str, str], said: str
) -> None:
    """In the words of AWS's toolkit: exit code, the end of what it said, the command."""
    name = f"failing-{abs(hash(said)) % 10**9}"

    job = done(trainer, scripted(name, **parameters))

    assert job["TrainingJobStatus"] == "Failed"
    assert said in job["FailureReason"]


def test_a_missing_requirement_fails_the_job(trainer: RunningEmulator) -> None:
    """By name, before the script runs."""
    source = {"train.py": "print('ran')", "requirements.txt": "no-such-thing\n"}
    trainer.client("s3").put_object(Bucket="data", Key="needs.tar.gz", Body=archive(source))

    job = done(trainer, scripted("needs", sagemaker_submit_directory="s3://data/needs.tar.gz"))

    assert "InstallRequirementsError" in job["FailureReason"]
    assert "not installed: no-such-thing" in job["FailureReason"]
    assert "ran" not in (trainer.context.job_dir("needs") / "log.txt").read_text()


def test_what_a_stopped_job_has_written_is_stored(trainer: RunningEmulator) -> None:
    """StopTrainingJob sends SIGTERM, and the model so far is an artifact."""
    trainer.client("sagemaker").create_training_job(**scripted("stopped", wait="60"))
    await_log(trainer, "stopped", "ready")
    trainer.client("sagemaker").stop_training_job(TrainingJobName="stopped")

    job = ended(trainer, "stopped")

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "in order" in (trainer.context.job_dir("stopped") / "log.txt").read_text()
    assert "model.joblib" in members(trainer, "s3://data/models/stopped/output/model.tar.gz")


def test_a_job_that_runs_too_long_is_stopped(trainer: RunningEmulator) -> None:
    """MaxRuntimeInSeconds has a secondary status of its own; what was written is stored."""
    asked = request("late", channel("train", "csv/"), image="1.dkr.ecr.us-east-1.amazonaws.com/any:1")
    code = "import time; open('/opt/ml/model/half', 'w').write('1'); time.sleep(60)"
    asked["AlgorithmSpecification"]["ContainerEntrypoint"] = ["python3", "-c", code]
    asked["StoppingCondition"] = {"MaxRuntimeInSeconds": 3}

    job = done(trainer, asked)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    listed = trainer.client("sagemaker").list_training_jobs(NameContains="late")["TrainingJobSummaries"]
    assert [each["SecondaryStatus"] for each in listed] == ["MaxRuntimeExceeded"]
    assert members(trainer, "s3://data/models/late/output/model.tar.gz") == {"half": b"1"}


def test_a_command_of_the_job_s_own_trains(trainer: RunningEmulator) -> None:
    """ContainerEntrypoint and arguments, over a channel of code, as the SDK's ModelTrainer has it."""
    put(trainer, "code/go.sh", "set -e\npython /opt/ml/input/data/code/go.py $1 > /opt/ml/model/said.txt\n")
    put(trainer, "code/go.py", "import sys; print(sys.argv[1])\n")
    asked = request("commanded", channel("code", "code/"), image="1.dkr.ecr.us-east-1.amazonaws.com/any:1")
    asked["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["/bin/bash"],
        "ContainerArguments": [
            "-c",
            "chmod +x /opt/ml/input/data/code/go.sh && /opt/ml/input/data/code/go.sh hi",
        ],
    }
    asked["OutputDataConfig"]["CompressionType"] = "NONE"

    job = done(trainer, asked)

    assert job["TrainingJobStatus"] == "Completed", job
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://data/models/commanded/output/model/"
    assert trainer.context.s3.read_bytes("s3://data/models/commanded/output/model/said.txt") == b"hi\n"


def test_training_goes_on_from_a_checkpoint(trainer: RunningEmulator) -> None:
    """Five rounds and seven more give the model of twelve; the last five of a job's own checkpoints stay."""
    checkpoints = {"S3Uri": "s3://data/checkpoints/one"}
    first = request("first", channel("train", "csv/"), num_round="7") | {"CheckpointConfig": checkpoints}
    then = request("then", channel("train", "csv/")) | {"CheckpointConfig": checkpoints}

    assert done(trainer, first)["TrainingJobStatus"] == "Completed"
    kept = [stored.key.rpartition(".")[2] for stored in trainer.context.s3.list("s3://data/checkpoints/one/")]
    done(trainer, then)
    whole = trained(trainer, "whole", channel("train", "csv/"))

    assert set(map(str, range(2, 7))) <= set(kept)
    assert "Resuming from iteration 7" in (trainer.context.job_dir("then") / "log.txt").read_text()
    one, other = (
        booster(members(trainer, f"s3://data/models/{name}/output/model.tar.gz")["xgboost-model"])
        for name in ("then", "whole")
    )
    assert one.num_boosted_rounds() == other.num_boosted_rounds() == 12
    import xgboost

    matrix = xgboost.DMatrix(rows()[0])
    np.testing.assert_allclose(one.predict(matrix), other.predict(matrix), rtol=0, atol=1e-6)
    assert whole["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize("saves", ["true", "false"])
def test_the_built_in_algorithm_saves_what_it_has_when_told_so(trainer: RunningEmulator, saves: str) -> None:
    """save_model_on_termination leaves the model of the rounds that were done; else there is none."""
    name = f"terminated-{saves}"
    asked = request(
        name, channel("train", "csv/"), num_round="200000", save_model_on_termination=saves, max_depth="6"
    )
    trainer.client("sagemaker").create_training_job(**asked)
    await_log(trainer, name, "[3]")
    trainer.client("sagemaker").stop_training_job(TrainingJobName=name)

    assert ended(trainer, name)["TrainingJobStatus"] == "Stopped"

    stored = trainer.context.s3.exists(f"s3://data/models/{name}/output/model.tar.gz")
    assert stored == (saves == "true")
    if stored:
        model = members(trainer, f"s3://data/models/{name}/output/model.tar.gz")["xgboost-model"]
        assert booster(model).num_boosted_rounds() >= 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"HyperParameters": {}},
            "HyperParameters.sagemaker_program: a sagemaker-scikit-learn job needs one",
        ),
        (
            {"HyperParameters": {"sagemaker_program": "a.py", "sagemaker_submit_directory": "/etc"}},
            "sagemaker_submit_directory: '/etc' must be the S3 URI of an archive",
        ),
        (
            {"CheckpointConfig": {"S3Uri": "s3://data/c", "LocalPath": "/opt/ml/../x"}},
            "CheckpointConfig.LocalPath: '/opt/ml/../x' must be an absolute path below /opt/ml",
        ),
        (
            {"AlgorithmSpecification": {"MetricDefinitions": [{"Name": "a", "Regex": "("}]}},
            "MetricDefinitions[0].Regex: '(' is no regular expression",
        ),
        ({"ResourceConfig": {"InstanceCount": 2}}, "ResourceConfig.InstanceCount: 2 is not supported"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(
    trainer: RunningEmulator, change: dict[str, Any], said: str
) -> None:
    """By name, when the job is made."""
    asked = scripted("refused")
    for member, value in change.items():
        asked[member] = {**asked.get(member, {}), **value} if value else value

    with pytest.raises(ClientError) as caught:
        trainer.client("sagemaker").create_training_job(**asked)

    assert said in caught.value.response["Error"]["Message"]


def test_an_archive_of_a_channel_is_a_script_s_source(trainer: RunningEmulator) -> None:
    """A job without network gets its source as the channel `code`."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as packed:
        for name, text in (("train.py", TRAIN), ("helper.py", "GREETING = 'channel'")):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            packed.addfile(info, io.BytesIO(text.encode()))
    trainer.client("s3").put_object(Bucket="data", Key="src/sourcedir.tar.gz", Body=body.getvalue())
    asked = scripted("channelled", sagemaker_submit_directory="/opt/ml/input/data/code/sourcedir.tar.gz")
    asked["InputDataConfig"].append(channel("code", "src/"))

    assert done(trainer, asked)["TrainingJobStatus"] == "Completed"
    assert "channel validation-accuracy" in (trainer.context.job_dir("channelled") / "log.txt").read_text()
