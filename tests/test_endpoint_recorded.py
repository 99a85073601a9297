"""Endpoints that AWS's records are of, watched by pipelines: churn's inputs, and the income model's bias."""

from __future__ import annotations

import csv
import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment
from tests.analysis.container.test_recorded_adult import FEATURES
from tests.analysis.quality.test_recorded_churn import captured
from tests.emulator.jobs.conftest import pack
from tests.emulator.jobs.test_recorded_adult_jobs import BASELINE, LINES
from tests.parity import comparing
from tests.parity.plugin import Parity
from tests.test_loop import JSON, ROOT, Loop

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

HOUR = ("--from", "2022-08-01T13:00:00Z", "--to", "2022-08-01T14:00:00Z")
REQUESTS = 1806
THRESHOLD = 0.46301859617233276
"""Of the income model's artifact."""


@dataclass(frozen=True)
class Watched:
    """One model of a record, registered and opened."""

    name: str
    loop: Loop
    server: Server

    @property
    def aws(self) -> Aws:
        """The emulator."""
        return self.loop.aws

    def put(self, key: str, content: bytes) -> None:
        """Write an object below the environment's storage."""
        storage = self.aws.environment.storage
        self.aws.call("s3", "put_object", Bucket=storage.bucket, Key=f"{storage.prefix}/{key}", Body=content)

    def run(self, pipeline: str, *options: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
        """Run a pipeline, and return its exit code and verdict."""
        capsys.readouterr()
        code = self.loop("run", pipeline, "--model", self.name, *options, *JSON)
        return code, json.loads(capsys.readouterr().out)["verdict"]

    def document(self, verdict: Any, step: str, part: str) -> Any:
        """Return a document that a check of the verdict names."""
        (uri,) = (check[part] for check in verdict["checks"] if check["step"] == step)
        return json.loads(read(self.aws, uri)) if uri else {}


def start(folder: Path, name: str, changes: dict[str, Any], files: dict[str, bytes]) -> Iterator[Watched]:
    """Yield the model *name*, after its first version was registered with *files* and opened."""
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        conf = folder / "conf"
        shutil.copytree(ROOT / "conf", conf)
        local = conf / "environments" / "local.yaml"
        local.write_text(local.read_text().replace("http://127.0.0.1:4780", server.url))
        example = conf / "models" / "mortgage.yaml"
        common = {"schema_version": 1, "model": name, "data": {"baseline": f"data/{name}.csv"}}
        (conf / "models" / f"{name}.yaml").write_text(yaml.safe_dump({**common, **changes}, sort_keys=False))
        example.unlink()
        for file, content in files.items():
            (folder / file).write_bytes(content)
        aws = connect(load_environment("local", conf))
        bucket, region = aws.environment.storage.bucket, aws.environment.region
        aws.call(
            "s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
        )
        loop = Loop(conf, folder, aws)
        assert loop("upsert") == 0
        given = ("--artifact", loop.file("model.tar.gz"), "--baseline-data", loop.file("baseline.csv"))
        assert loop("run", "register", "--model", name, "--mode", "bootstrap", *given) == 0
        assert loop("gate", name, "--version", "1", "--apply") == 0
        yield Watched(name, loop, server)


def rows(records: Iterator[list[Any]]) -> bytes:
    """Return records as a CSV file without a header, each with a key in front."""
    return "".join(
        f"R{number},{','.join(map(str, record))}\n" for number, record in enumerate(records)
    ).encode()


@pytest.fixture(scope="module")
def churn(recorded_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The churn model and its recorded training data, whose inputs alone are watched."""
    folder = recorded_data / "churn"
    with (folder / "training-dataset-with-header.csv").open(newline="") as lines:
        header, *training = csv.reader(lines)
    changes = {
        "artifact": {"framework": "xgboost", "version": "1.7-1", "model_data": "models/churn/model.tar.gz"},
        "schema": {"label": header[0], "record_key": "id", "features": header[1:]},
        "endpoint": {"name": "churn-endpoint", "capture": "captures/"},
        "monitors": {"data_quality": {}},
    }
    files = {
        "model.tar.gz": pack((folder / "xgb-churn.json").read_bytes()),
        "baseline.csv": rows([*cells, label] for label, *cells in training),
    }
    yield from start(tmp_path_factory.mktemp("churn"), "churn", changes, files)


def test_the_recorded_traffic_has_the_recorded_violations_of_its_inputs(
    churn: Watched, recorded_data: Path, parity: Parity, capsys: pytest.CaptureFixture[str]
) -> None:
    """59 of the recorded 60: the sixtieth is of the answer, which AWS's baseline had in the label's place.

    The endpoint is gone: the version that answered is the run's word, and the verdict says so.
    """
    lines = (recorded_data / "churn" / "test-dataset-input-cols.csv").read_text().splitlines()
    requests = [(lines[number % 300], f"0.0{number + 1}") for number in range(1977)]
    for name, content in captured(requests).items():
        churn.put(f"captures/{name}", str(content).encode())

    code, verdict = churn.run("monitor-endpoint", *HOUR, "--version", "1", capsys=capsys)

    assert (code, verdict["decision"], verdict["batch"]["rows"]) == (10, "refused", 1977)
    violations = churn.document(verdict, "DataQuality", "violations_uri")["violations"]
    assert Counter(each["description"] for each in violations) == {
        "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
        "Observed: Only 99.64592817400101% of data is Integral.": 59
    }
    told = {each["subject"]: each["why"] for each in verdict["not_checked"]}
    assert "answered 1977 of 1977 requests is the run's word" in told["version"]
    parity.add(
        "churn_dq_baseline",
        "59 violations of the inputs of 1,977 captured requests, by monitor-endpoint",
        values="59 violations",
        agreement="equal",
        tolerance="none",
        note="the recorded sixtieth is of the answer: features alone are checked, against features",
    )


@pytest.fixture(scope="module")
def income(recorded_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The income model, scored by an endpoint in JSON Lines, that has answered the recorded traffic."""
    folder = recorded_data / "adult"
    records = [json.loads(line) for line in (folder / "validation-dataset.jsonl").read_text().splitlines()]
    changes = {
        "artifact": {
            "framework": "linear-learner",
            "version": "1",
            "model_data": "models/income/model.tar.gz",
        },
        "schema": {
            "label": "Target",
            "record_key": "id",
            "features": list(FEATURES),
            "prediction": {"probability": 1, "values": 2, "threshold": THRESHOLD},
        },
        "data": {"baseline": "data/income.csv", "ground_truth": {"uri": "labels/income/"}},
        "endpoint": {
            "requests": {"content_type": LINES, "features": "features"},
            "answers": {"prediction": "score"},
        },
        "monitors": {
            "bias": {"facets": [{"name": "Sex", "values": [0]}], "group_variable": "Age"},
            "explainability": {"baseline": [BASELINE], "num_samples": 100, "seed": 1},
        },
        "gate": {
            "rules": [{"match": "bias/*", "action": "fail"}, {"match": "explainability/*", "action": "warn"}]
        },
    }
    files = {
        "model.tar.gz": (folder / "ll-adult-prediction-model.tar.gz").read_bytes(),
        "baseline.csv": rows([*each["features"], each["label"]] for each in records),
    }
    for watched in start(tmp_path_factory.mktemp("income"), "income", changes, files):
        deploy(watched)
        ask(watched, folder / "test-dataset.jsonl")
        yield watched


def deploy(watched: Watched) -> None:
    """Let the endpoint serve version 1; its capture does not know JSON Lines, so bodies are BASE64."""
    aws = watched.aws
    arn = watched.loop.aws.call("sagemaker", "list_model_packages", ModelPackageGroupName="income")[
        "ModelPackageSummaryList"
    ][0]["ModelPackageArn"]
    aws.call(
        "sagemaker",
        "create_model",
        ModelName="income",
        ExecutionRoleArn=aws.environment.roles.execution,
        PrimaryContainer={"ModelPackageName": arn},
    )
    variant = {"VariantName": "AllTraffic", "ModelName": "income", "InstanceType": "ml.m5.large"}
    aws.call(
        "sagemaker",
        "create_endpoint_config",
        EndpointConfigName="income",
        ProductionVariants=[{**variant, "InitialInstanceCount": 1}],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"{aws.environment.storage.root}/captures",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        },
    )
    aws.call("sagemaker", "create_endpoint", EndpointName="income-local", EndpointConfigName="income")
    while (found := aws.call("sagemaker", "describe_endpoint", EndpointName="income-local"))[
        "EndpointStatus"
    ] != "InService":
        assert found["EndpointStatus"] == "Creating", found
        time.sleep(0.2)


def ask(watched: Watched, file: Path) -> None:
    """Send the recorded traffic: the test records round and round, named by their places."""
    records = [json.loads(line) for line in file.read_text().splitlines()]

    def invoke(number: int) -> None:
        index = number % len(records)
        watched.aws.call(
            "sagemaker-runtime",
            "invoke_endpoint",
            EndpointName="income-local",
            ContentType=LINES,
            Accept=LINES,
            InferenceId=str(index),
            Body=json.dumps({"features": records[index]["features"]}),
        )["Body"].read()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(invoke, range(REQUESTS)))
    watched.server.context.hosting.flush()
    labels = "".join(f"{i},{int(random.Random(i).random() < 0.7)}\n" for i in range(len(records)))
    (watched.loop.data / "labels.csv").write_text(f"inference,Target\n{labels}")


def test_before_its_labels_only_attributions_are_judged(
    income: Watched, recorded_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """1,806 requests in BASE64 are read; the baseline's expected value is the recorded one."""
    recorded = json.loads(
        (recorded_data / "recorded" / "adult_shap_endpoint_jsonl" / "baseline_analysis.json").read_text()
    )

    code, verdict = income.run("monitor-endpoint", capsys=capsys)

    assert (code, verdict["decision"], verdict["batch"]["rows"]) == (10, "labels-missing", REQUESTS)
    explained = income.document(verdict, "ModelExplainability", "report_uri")["explanations"]["kernel_shap"]
    expected = recorded["explanations"]["kernel_shap"]["label0"]["expected_value"]
    assert explained["label0"]["expected_value"] == pytest.approx(expected, abs=1e-7)


def test_with_its_labels_the_recorded_violations_of_bias_are_found(
    income: Watched, recorded_data: Path, parity: Parity, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nine violations of the model's bias, by monitor-endpoint and monitor-ground-truth: AWS's values."""
    put = ("ground-truth", "put", income.loop.file("labels.csv"), "--model", "income", "--key", "inference")
    assert income.loop(*put, "--key-is", "inference-id") == 0
    assert income.loop(*put, "--key-is", "inference-id") == 0
    recorded = json.loads(
        (recorded_data / "recorded" / "adult_bias_endpoint_jsonl" / "constraint_violations.json").read_text()
    )

    for pipeline in ("monitor-endpoint", "monitor-ground-truth"):
        code, verdict = income.run(pipeline, capsys=capsys)
        found = [
            violation
            for step in ("DataBias", "ModelBias")
            for violation in income.document(verdict, step, "violations_uri").get("violations", ())
        ]

        assert (code, verdict["decision"], verdict["batch"]["labelled"]) == (10, "refused", REQUESTS)
        assert len(found) == 9
        comparing.close(
            recorded["violations"], found, tolerance=1e-15, ordered=False, in_texts=True
        ).require()
    parity.add(
        "adult_bias_endpoint_jsonl",
        "the nine live violations, by monitor-endpoint and monitor-ground-truth over captured requests",
        values="9 violations",
        agreement="equal",
        tolerance="1e-15",
        note="those of the model: ModelBias asks it again, in CSV",
    )
