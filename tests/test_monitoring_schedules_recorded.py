"""AWS's recorded batch bias schedule, from a model's file: its seven violations."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from sagemaker_monitor.analysis.documents.ground_truth import GroundTruthRecord
from sagemaker_monitor.aws.storage import put, read
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.firing import wait_for
from tests.emulator.jobs.conftest import XGBOOST, pack
from tests.parity.plugin import Parity
from tests.test_loop import Loop, prepared

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

CASE = "churn_bias_batch_csv"


@pytest.fixture(scope="module")
def churn(tmp_path_factory: pytest.TempPathFactory, recorded_data: Path) -> Iterator[tuple[Loop, Server]]:
    """The churn model in a file of its own, and AWS's baseline where the file says."""
    folder = tmp_path_factory.mktemp("churn")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        loop = prepared(folder, server.url)
        with (recorded_data / "churn" / "validation-dataset-with-header.csv").open(newline="") as file:
            label, *features = next(csv.reader(file))
        (loop.conf / "models" / "churn.yaml").write_text(yaml.safe_dump(model(label, features)))
        local = loop.conf / "environments" / "local.yaml"
        local.write_text(f"{local.read_text()}schedules: enabled\n")
        baseline = recorded_data / "recorded" / CASE / "baseline_analysis.json"
        put(loop.aws, f"{loop.aws.environment.storage.root}/recorded/analysis.json", baseline.read_bytes())
        yield loop, server


def model(label: str, features: list[str]) -> dict[str, Any]:
    """Return the model's file."""
    return {
        "schema_version": 1,
        "model": "churn",
        "artifact": {"framework": "xgboost", "version": "1.7-1", "model_data": "models/churn.tar.gz"},
        "schema": {
            "label": label,
            "record_key": "customer",
            "features": features,
            "prediction": {"threshold": 0.8},
        },
        "data": {"baseline": "data/churn.csv", "ground_truth": {"uri": "labels/churn/"}},
        "monitors": {"bias": {"facets": [{"name": "Account Length", "threshold": 100.0}]}},
        "monitoring_schedules": {
            "bias": {
                "monitor": "bias",
                "of": "batches",
                "expression": "cron(0 * ? * * *)",
                "window": {"start": "-PT6H", "end": "PT0H"},
                "baseline": {"constraints": "recorded/analysis.json"},
            }
        },
    }


def score(loop: Loop, recorded_data: Path) -> list[list[str]]:
    """Score the recorded traffic as monitor-batch does, each row with a key; return the output's rows."""
    aws = loop.aws
    root = aws.environment.storage.root
    put(aws, f"{root}/models/churn.tar.gz", pack((recorded_data / "churn" / "xgb-churn.json").read_bytes()))
    rows = (recorded_data / "churn" / "test-dataset-input-cols.csv").read_text().splitlines()
    batch = "".join(f"customer-{number},{row}\n" for number, row in enumerate(rows))
    put(aws, f"{root}/batches/churn/rows.csv", batch.encode())
    role = aws.environment.roles.execution
    container = {"Image": XGBOOST, "ModelDataUrl": f"{root}/models/churn.tar.gz"}
    aws.call(
        "sagemaker", "create_model", ModelName="churn", PrimaryContainer=container, ExecutionRoleArn=role
    )
    source = {"S3DataType": "S3Prefix", "S3Uri": f"{root}/batches/churn/"}
    aws.call(
        "sagemaker",
        "create_transform_job",
        TransformJobName="churn",
        ModelName="churn",
        TransformInput={
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"{root}/scored", "AssembleWith": "Line", "Accept": "text/csv"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        DataProcessing={"JoinSource": "Input", "InputFilter": "$[1:70]"},
        DataCaptureConfig={"DestinationS3Uri": f"{root}/churn/capture", "GenerateInferenceId": True},
    )
    while (
        status := aws.call("sagemaker", "describe_transform_job", TransformJobName="churn")[
            "TransformJobStatus"
        ]
    ) == "InProgress":
        time.sleep(0.1)
    assert status == "Completed"
    return list(csv.reader(read(aws, f"{root}/scored/rows.csv.out").decode().splitlines()))


def test_the_recorded_schedule_from_a_file_finds_the_recorded_violations(
    churn: tuple[Loop, Server], recorded_data: Path, parity: Parity
) -> None:
    """Rows have a record key here, which is no feature; labels come by inference id."""
    from sagemaker_monitor.emulator.lifecycle import fire

    loop, server = churn
    root, recorded = loop.aws.environment.storage.root, recorded_data / "recorded" / CASE
    rows = score(loop, recorded_data)
    labels = json.loads((recorded / "reconstructed_ground_truth.json").read_text())["labels"]
    captured = datetime.fromisoformat(rows[0][-1])
    truth = "".join(
        GroundTruthRecord(row[-2], str(label)).to_json() + "\n"
        for row, label in zip(rows, labels, strict=True)
    )
    put(loop.aws, f"{root}/labels/churn/{captured:%Y/%m/%d/%H}/labels.jsonl", truth.encode())
    assert loop("upsert", "--model", "churn") == 0
    due = fire(
        server.url,
        loop.aws.environment.region,
        "churn-bias-local",
        (captured + timedelta(hours=2)).isoformat(),
    ).scheduled
    ended = wait_for(loop.aws, "churn-bias-local", due, timeout=200)

    assert ended.status == "CompletedWithViolations", ended.lines
    actual = json.loads(read(loop.aws, f"{ended.reports}/constraint_violations.json"))
    parity.close(
        CASE,
        "constraint_violations.json of an hourly schedule from a model's file",
        json.loads((recorded / "constraint_violations.json").read_text()),
        actual,
        tolerance=1e-15,
        in_texts=True,
    )
    assert len(actual["violations"]) == 7
