"""The register pipeline on the mortgage example, with models that other containers serve."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from sagemaker_monitor.aws import connect
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment
from tests.emulator.models.linear_learners import model_file
from tests.emulator.models.servers import archive
from tests.test_loop import ROOT, Loop

pytestmark = pytest.mark.long

FEATURES = slice(1, 13)
ARTIFACTS: dict[str, dict[str, Any]] = {
    "scikit": {"framework": "scikit-learn", "version": "1.2-1", "entry_point": "inference.py"},
    "linear": {"framework": "linear-learner", "version": "1"},
}
PREDICTIONS = {
    "scikit": {"threshold": 0.5},
    "linear": {"threshold": 0.5, "probability": 1, "values": 2},
}
SCRIPT = """
import csv, io, os

import joblib
import numpy as np

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

def input_fn(data, content_type):
    return np.array([[float(cell) for cell in row] for row in csv.reader(io.StringIO(data))])

def predict_fn(data, model):
    return model.predict_proba(data)[:, 1]
"""


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """An emulator with a scikit-learn model and a Linear Learner deployed, of the same weights."""
    folder = tmp_path_factory.mktemp("frameworks")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        conf, data = folder / "conf", folder / "data"
        shutil.copytree(ROOT / "conf", conf)
        local = conf / "environments" / "local.yaml"
        local.write_text(local.read_text().replace("http://127.0.0.1:4780", server.url))
        prepare = ROOT / "examples" / "mortgage" / "prepare.py"
        subprocess.run([sys.executable, str(prepare), "--output", str(data)], check=True, capture_output=True)
        describe(conf / "models")
        train(data)
        aws = connect(load_environment("local", conf))
        bucket, region = aws.environment.storage.bucket, aws.environment.region
        aws.call(
            "s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
        )
        found = Loop(conf, data, aws)
        assert found("upsert") == 0
        yield found


def describe(models: Path) -> None:
    """Turn the example's model file into one for each framework."""
    example = models / "mortgage.yaml"
    document = yaml.safe_load(example.read_text())
    example.unlink()
    for name, artifact in ARTIFACTS.items():
        schema = {**document["schema"], "prediction": PREDICTIONS[name]}
        changed = {**document, "model": name, "schema": schema}
        changed["artifact"] = {**artifact, "model_data": f"models/{name}/model.tar.gz"}
        (models / f"{name}.yaml").write_text(yaml.safe_dump(changed, sort_keys=False))


def train(data: Path) -> None:
    """Write an artifact for each framework: one logistic regression, as a pipeline and as plain weights."""
    import io

    import joblib
    from sklearn.pipeline import make_pipeline

    rows = table(data)
    scaler = StandardScaler().fit(rows[:, FEATURES])
    regression = LogisticRegression().fit(scaler.transform(rows[:, FEATURES]), rows[:, -1])
    content = io.BytesIO()
    joblib.dump(make_pipeline(scaler, regression), content)
    weights = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - weights @ scaler.mean_
    artifacts = {
        "scikit": {"model.joblib": content.getvalue(), "code/inference.py": SCRIPT},
        "linear": {"model_algo-1": model_file(weights.reshape(-1, 1), [bias])},
    }
    for name, members in artifacts.items():
        (data / f"{name}.tar.gz").write_bytes(archive(members))


def table(data: Path) -> NDArray[np.float64]:
    """Return the labelled rows: key, features, facet columns, label."""
    lines = (data / "validation.csv").read_text().splitlines()
    return np.array([[0.0, *map(float, line.split(",")[1:])] for line in lines])


@pytest.mark.parametrize("name", list(ARTIFACTS))
def test_the_first_version_is_registered_with_every_baseline(loop: Loop, name: str) -> None:
    """Scores, checks and the shadow endpoint's explanations come from the framework's own server."""
    files = ("--artifact", loop.file(f"{name}.tar.gz"), "--baseline-data", loop.file("validation.csv"))

    assert loop("run", "register", "--model", name, "--mode", "bootstrap", *files) == 0
    (version,) = loop.aws.call("sagemaker", "list_model_packages", ModelPackageGroupName=name)[
        "ModelPackageSummaryList"
    ]
    package = loop.aws.call(
        "sagemaker", "describe_model_package", ModelPackageName=version["ModelPackageArn"]
    )
    container = package["InferenceSpecification"]["Containers"][0]
    quality = statistics(loop, package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"])
    assert container.get("Environment", {}).get("SAGEMAKER_PROGRAM") == ARTIFACTS[name].get("entry_point")
    assert set(package["DriftCheckBaselines"]) == {
        "ModelDataQuality",
        "ModelQuality",
        "Bias",
        "Explainability",
    }
    assert quality["dataset"]["item_count"] == len(table(loop.data))
    assert quality["binary_classification_metrics"]["auc"]["value"] > 0.7


def statistics(loop: Loop, uri: str) -> Any:
    """Return a document of the emulator's S3."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return json.loads(loop.aws.call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read())
