"""Training jobs over HTTP: the built-in XGBoost algorithm, images of one's own, and what goes wrong."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from botocore.exceptions import ClientError

from tests.emulator.conftest import RunningEmulator, with_image
from tests.emulator.jobs.conftest import ROLE, XGBOOST

pytestmark = pytest.mark.long

OWN = """
import json, os, pathlib, sys

root = pathlib.Path(os.environ["SAGEMAKER_MONITOR_ROOT"])
config = json.loads((root / "input/config/hyperparameters.json").read_text())
rows = (root / "input/data/train/rows.csv").read_text().split()
if config.get("fail"):
    (root / "output/failure").write_text("the rows are not to my taste")
    sys.exit(3)
assert sys.argv[1:] == ["train"]
(root / "model/weight.txt").write_text(str(len(rows) * float(config["scale"])))
(root / "output/data/notes.txt").write_text("trained")
"""
IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/scales:1"
RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """An emulator with rows to train on, and a training image of the test's own."""
    folder: Path = tmp_path_factory.mktemp("training")
    running = with_image(folder, "team/scales", OWN)
    running.client("s3").create_bucket(Bucket="data")
    features, labels = rows()
    pairs = list(zip(labels.tolist(), features.tolist(), strict=True))
    lines = [",".join(map(repr, [label, *row])) for label, row in pairs]
    put(running, "csv/rows.csv", "\n".join(lines))
    svm = [
        f"{label} " + " ".join(f"{index}:{value!r}" for index, value in enumerate(row))
        for label, row in pairs
    ]
    put(running, "svm/rows.txt", "\n".join(svm))
    yield running
    running.close()


def rows() -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.float64]]]:
    """Return features and labels that follow from them."""
    random = np.random.default_rng(5)
    features = np.round(random.normal(size=(300, 3)), 4)
    return features, (features[:, 0] + 0.3 * features[:, 1] > 0).astype(np.float64)


def put(emulator: RunningEmulator, key: str, text: str) -> None:
    """Store an object."""
    emulator.client("s3").put_object(Bucket="data", Key=key, Body=text.encode())


def channel(name: str, prefix: str, content_type: str = "text/csv") -> dict[str, Any]:
    """Return an input channel."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/{prefix}"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "ContentType": content_type}


def algorithm(image: str, mode: str) -> dict[str, Any]:
    """Return the part of a request that names the image."""
    return {"AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": mode}}


def request(name: str, *channels: dict[str, Any], image: str = XGBOOST, **parameters: str) -> dict[str, Any]:
    """Return the request for a training job."""
    given = {"num_round": "12", "objective": "binary:logistic", "max_depth": "3", "eta": "0.3", **parameters}
    return {
        "TrainingJobName": name,
        "HyperParameters": given,
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "InputDataConfig": [*channels],
        "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
        "ResourceConfig": RESOURCES,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def trained(emulator: RunningEmulator, name: str, *channels: dict[str, Any], **more: str) -> dict[str, Any]:
    """Run a training job to its end and return its description."""
    sagemaker = emulator.client("sagemaker")
    sagemaker.create_training_job(**request(name, *channels, **more))
    while (job := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] == "InProgress":
        time.sleep(0.05)
    return dict(job)


def members(emulator: RunningEmulator, uri: str) -> dict[str, bytes]:
    """Return the files of an archive in S3."""
    key = uri.removeprefix("s3://data/")
    body = emulator.client("s3").get_object(Bucket="data", Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return {
            member.name: file.read()
            for member in archive.getmembers()
            if (file := archive.extractfile(member))
        }


def booster(content: bytes) -> xgboost.Booster:
    """Return the model of an archive's member."""
    model = xgboost.Booster()
    model.load_model(bytearray(content))
    return model


def test_xgboost_trains_what_the_library_trains(trainer: RunningEmulator) -> None:
    """The predictions of the library's own call, metrics of both channels, and the artifact's place."""
    job = trained(trainer, "csv", channel("train", "csv/"), channel("validation", "csv/"), eval_metric="auc")

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed"), job
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == "s3://data/models/csv/output/model.tar.gz"
    features, labels = rows()
    parameters = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.3}
    expected = xgboost.train(parameters, xgboost.DMatrix(features, labels), 12)
    matrix = xgboost.DMatrix(features)
    found = booster(members(trainer, uri)["xgboost-model"])
    np.testing.assert_allclose(found.predict(matrix), expected.predict(matrix), rtol=0, atol=1e-6)
    metrics = {each["MetricName"]: each["Value"] for each in job["FinalMetricDataList"]}
    assert set(metrics) == {"train:auc", "validation:auc"}
    assert metrics["train:auc"] > 0.95


def test_libsvm_gives_the_same_model(trainer: RunningEmulator) -> None:
    """Its indices are columns from 0 on."""
    job = trained(trainer, "svm", channel("train", "svm/", "libsvm"))

    matrix = xgboost.DMatrix(rows()[0])
    one, other = (
        booster(members(trainer, f"s3://data/models/{name}/output/model.tar.gz")["xgboost-model"]).predict(
            matrix
        )
        for name in ("csv", "svm")
    )
    assert job["TrainingJobStatus"] == "Completed", job
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("tag", "pickled"), [("1.0-1-cpu-py3", True), ("1.2-2", True), ("1.5-1", False)])
def test_containers_before_1_3_save_a_pickled_booster(
    trainer: RunningEmulator, tag: str, pickled: bool
) -> None:
    """As documented: scripts of the time unpickle the artifact, those of later containers load a model."""
    image = f"{XGBOOST.partition(':')[0]}:{tag}"
    job = trained(
        trainer, f"tag-{tag}".replace(".", "-"), channel("train", "csv/"), image=image, num_round="2"
    )

    content = members(trainer, job["ModelArtifacts"]["S3ModelArtifacts"])["xgboost-model"]
    saved = pickle.loads(content) if pickled else booster(content)
    assert saved.num_boosted_rounds() == 2


def test_a_trained_model_is_hosted(trainer: RunningEmulator) -> None:
    """From the artifact on, without a step in between."""
    sagemaker = trainer.client("sagemaker")
    container = {"Image": XGBOOST, "ModelDataUrl": "s3://data/models/csv/output/model.tar.gz"}
    sagemaker.create_model(ModelName="trained", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {
        "VariantName": "v",
        "ModelName": "trained",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="trained", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="trained", EndpointConfigName="trained")
    while sagemaker.describe_endpoint(EndpointName="trained")["EndpointStatus"] == "Creating":
        time.sleep(0.05)
    features, labels = rows()
    body = "\n".join(",".join(map(repr, row)) for row in features[:50].tolist())

    answer = (
        trainer.client("sagemaker-runtime")
        .invoke_endpoint(EndpointName="trained", ContentType="text/csv", Body=body)["Body"]
        .read()
    )

    scores = [float(line) for line in answer.decode().replace("\n", ",").strip(",").split(",")]
    assert ((np.array(scores) > 0.5) == (labels[:50] == 1)).mean() > 0.9


def test_an_image_of_one_s_own_trains_by_its_command(trainer: RunningEmulator) -> None:
    """It finds hyperparameters and channels below /opt/ml, and what it writes is packed."""
    job = trained(trainer, "own", channel("train", "csv/"), image=IMAGE, scale="2")

    assert job["TrainingJobStatus"] == "Completed", job
    assert members(trainer, "s3://data/models/own/output/model.tar.gz") == {"weight.txt": b"600.0"}
    assert members(trainer, "s3://data/models/own/output/output.tar.gz") == {"notes.txt": b"trained"}


@pytest.mark.parametrize(
    ("prefix", "content_type", "parameters", "said"),
    [
        ("nowhere/", "text/csv", {}, "ClientError: Data download failed:No S3 objects found"),
        ("csv/", "text/csv", {"num_round": "none"}, "Hyperparameter num_round: could not parse value 'none'"),
        (
            "csv/",
            "text/csv",
            {"objective": "best"},
            "ClientError: Hyperparameter objective: best is not in [",
        ),
        ("csv/", "text/csv", {"eval_metric": "best"}, "ClientError: XGBoost: Unknown metric function best"),
        (
            "csv/",
            "text/csv",
            {"early_stopping_rounds": "2"},
            "early_stopping_rounds needs a channel validation",
        ),
        ("csv/", "text/csv; label_size=0", {}, "label_size is 1, the first value of a row"),
        ("csv/", "image/png", {}, "content type 'image/png' of channel 'train' is not trained on here"),
        ("csv/", "libsvm", {}, "line 1 is not libsvm"),
        (
            "bad/header",
            "text/csv",
            {},
            "row 1: the label, which is the first value, is no number",
        ),
        ("bad/text", "text/csv", {}, "'text.csv', row 2: value 3 is no number"),
        ("bad/ragged", "text/csv", {}, "has rows of different widths"),
        ("bad/empty", "text/csv", {}, "'empty.csv' is empty"),
        ("bad/label", "text/csv", {}, "no feature; CSV has the label first"),
    ],
)
def test_what_cannot_be_trained_on_fails_the_job_with_the_reason(
    trainer: RunningEmulator, prefix: str, content_type: str, parameters: dict[str, str], said: str
) -> None:
    """And leaves no model."""
    for name, text in (
        ("header", "label,a\n1,2\n"),
        ("text", "1,2,3\n0,1,x\n"),
        ("ragged", "1,2,3\n0,1,2,3\n"),
        ("empty", "\n"),
        ("label", "1\n0\n"),
    ):
        put(trainer, f"bad/{name}.csv", text)
    name = f"failing-{abs(hash((prefix, content_type, said))) % 10**8}"

    job = trained(trainer, name, channel("train", prefix, content_type), **parameters)

    assert job["TrainingJobStatus"] == "Failed"
    assert said in job["FailureReason"]
    listed = trainer.client("s3").list_objects_v2(Bucket="data", Prefix=f"models/{name}/")
    assert listed["KeyCount"] == 0


def test_a_container_s_own_reason_is_the_job_s(trainer: RunningEmulator) -> None:
    """What it writes to /opt/ml/output/failure, with its exit code."""
    job = trained(trainer, "own-failing", channel("train", "csv/"), image=IMAGE, fail="1")

    assert job["FailureReason"] == "AlgorithmError: the rows are not to my taste, exit code: 3"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"AlgorithmSpecification": {"TrainingImage": "1/kmeans:1", "TrainingInputMode": "File"}},
            "does not train here",
        ),
        (
            {"AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "Pipe"}},
            "TrainingInputMode: 'Pipe' is not supported; supported: File, FastFile; programs here read files",
        ),
        ({"InputDataConfig": [channel("train", "a"), channel("train", "b")]}, "repeated: train"),
        (
            {"InputDataConfig": [{**channel("train", "a"), "CompressionType": "Gzip"}]},
            "InputDataConfig[0].CompressionType: 'Gzip' is not supported; supported: None",
        ),
    ],
)
def test_what_does_not_run_is_refused_at_once(
    trainer: RunningEmulator, change: dict[str, Any], said: str
) -> None:
    """By name, when the job is made."""
    with pytest.raises(ClientError) as caught:
        trainer.client("sagemaker").create_training_job(
            **{**request("refused", channel("train", "csv/")), **change}
        )

    assert said in caught.value.response["Error"]["Message"]


def test_a_training_step_gives_its_artifact_to_later_steps(trainer: RunningEmulator) -> None:
    """A pipeline trains and makes a model of what came out."""
    arguments = request("unused", channel("train", "csv/"))
    del arguments["TrainingJobName"]
    container = {
        "Image": XGBOOST,
        "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
    }
    definition = {
        "Version": "2020-12-01",
        "Parameters": [],
        "Steps": [
            {"Name": "Train", "Type": "Training", "Arguments": arguments},
            {
                "Name": "CreateModel",
                "Type": "Model",
                "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": ROLE},
            },
        ],
    }
    sagemaker = trainer.client("sagemaker")
    sagemaker.create_pipeline(
        PipelineName="train",
        PipelineDefinition=json.dumps(definition),
        ClientRequestToken="t" * 32,
        RoleArn=ROLE,
    )
    arn = sagemaker.start_pipeline_execution(PipelineName="train")["PipelineExecutionArn"]
    while (run := sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn))[
        "PipelineExecutionStatus"
    ] == "Executing":
        time.sleep(0.05)

    assert run["PipelineExecutionStatus"] == "Succeeded", run
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    about = {step["StepName"]: step["Metadata"] for step in steps}
    job = about["Train"]["TrainingJob"]["Arn"].rpartition("/")[2]
    model = about["CreateModel"]["Model"]["Arn"].rpartition("/")[2]
    served = sagemaker.describe_model(ModelName=model)["PrimaryContainer"]["ModelDataUrl"]
    assert served == f"s3://data/models/{job}/output/model.tar.gz"
