"""The whole loop for a model that answers numbers and one that answers classes, on data of known truth."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment

pytestmark = pytest.mark.long

xgboost = pytest.importorskip("xgboost", reason="the models are XGBoost's")

ROOT = Path(__file__).parents[1]
FEATURES = ("size", "age", "rooms")
PRICE, KIND = "price", "kind"
TYPES = {PRICE: "Regression", KIND: "MulticlassClassification"}
OBJECTIVES: dict[str, dict[str, Any]] = {
    PRICE: {"objective": "reg:squarederror"},
    KIND: {"objective": "multi:softmax", "num_class": 3},
}
METRICS = {
    PRICE: {"mae", "mse", "rmse", "r2"},
    KIND: {
        *("accuracy", "weighted_recall", "weighted_precision"),
        *("weighted_f0_5", "weighted_f1", "weighted_f2"),
    },
}
JSON = ("--format", "json")


@dataclass(frozen=True)
class Houses:
    """Rows of features, and what was observed of them."""

    features: np.ndarray[Any, np.dtype[np.float64]]
    price: np.ndarray[Any, np.dtype[np.float64]]
    kind: np.ndarray[Any, np.dtype[np.int64]]

    def labels(self, model: str) -> list[str]:
        """Return the labels of *model* as cells."""
        return (
            [repr(round(p, 3)) for p in self.price.tolist()] if model == PRICE else list(map(str, self.kind))
        )


def houses(seed: int, rows: int, *, inflation: float = 0.0, confusion: float = 0.1) -> Houses:
    """Return houses whose price and kind follow from their features; *inflation* is the share added later."""
    random = np.random.default_rng(seed)
    size, age = random.gamma(9.0, 12.0, rows), random.uniform(0, 80, rows)
    rooms = np.maximum(1, np.round(size / 25 + random.normal(0, 0.7, rows)))
    price = (2.5 * size - 0.8 * age + 12 * rooms + random.normal(0, 12, rows)) * (1 + inflation)
    kind = np.digitize(size + 4 * rooms, [90, 140])
    kind = np.where(random.random(rows) < confusion, random.integers(0, 3, rows), kind)
    return Houses(np.round(np.stack([size, age, rooms + 0.5], axis=1), 3), price, kind)


def archive(model: str, seed: int) -> bytes:
    """Return model.tar.gz of a model of *seed*'s houses."""
    from examples.mortgage.prepare import pack

    train = houses(seed, 1_500)
    label = train.price if model == PRICE else train.kind
    parameters = {**OBJECTIVES[model], "max_depth": 3, "eta": 0.3, "base_score": 0.5, "nthread": 1, "seed": 1}
    booster = xgboost.train(parameters, xgboost.DMatrix(train.features, label, nthread=1), 25)
    document = json.loads(bytes(booster.save_raw("json")))
    # XGBoost 3.1 and later write a list, which the container's 1.7 reads as another number.
    document["learner"]["learner_model_param"]["base_score"] = "5E-1"
    return pack(json.dumps(document, separators=(",", ":")).encode())


def settings(model: str) -> dict[str, Any]:
    """Return the model's file."""
    monitors: dict[str, Any] = {"data_quality": {}, "model_quality": {}}
    if model == PRICE:
        monitors["explainability"] = {"baseline": [[108.0, 40.0, 4.5]], "num_samples": 12, "seed": 5}
    return {
        "schema_version": 1,
        "model": model,
        "artifact": {
            "framework": "xgboost",
            "version": "1.7-1",
            "model_data": f"models/{model}/model.tar.gz",
        },
        "schema": {
            "problem_type": TYPES[model],
            "label": model,
            "record_key": "house_id",
            "features": list(FEATURES),
        },
        "data": {
            "baseline": f"data/{model}/validation.csv",
            "batches": f"data/{model}/batches/",
            "ground_truth": {"uri": f"labels/{model}/"},
        },
        "monitors": monitors,
    }


@dataclass(frozen=True)
class Loop:
    """An emulator with the pipelines of both models deployed."""

    folder: Path
    aws: Aws

    def __call__(self, *arguments: str) -> int:
        """Run a command in `local` and return its exit code."""
        return main([*arguments, "--conf-dir", str(self.folder / "conf"), "--quiet"])

    def file(self, name: str, lines: list[list[str]]) -> str:
        """Write a CSV file and return its path."""
        path = self.folder / name
        path.write_text("".join(f"{','.join(line)}\n" for line in lines))
        return str(path)

    def batch(self, model: str, name: str, made: Houses) -> tuple[str, ...]:
        """Return the options of a batch of houses, and of their labels."""
        keys = [f"{name}{number}" for number in range(len(made.price))]
        rows = [[key, *map(repr, row)] for key, row in zip(keys, made.features.tolist(), strict=True)]
        labels = [list(pair) for pair in zip(keys, made.labels(model), strict=True)]
        return (
            *("--input", self.file(f"{model}-{name}.csv", rows)),
            *("--labels", self.file(f"{model}-{name}-labels.csv", labels)),
        )

    def bootstrap(self, model: str) -> tuple[int, int]:
        """Register the model's first version and open the gate; return both exit codes."""
        artifact = self.folder / f"{model}.tar.gz"
        artifact.write_bytes(archive(model, 1))
        made = houses(12, 400)
        cells = zip(made.features.tolist(), made.labels(model), strict=True)
        rows = [[f"v{number}", *map(repr, row), label] for number, (row, label) in enumerate(cells)]
        files = ("--artifact", str(artifact), "--baseline-data", self.file(f"{model}-validation.csv", rows))
        registered = self("run", "register", "--model", model, "--mode", "bootstrap", *files)
        return registered, self("gate", model, "--version", "1", "--apply")


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """One emulator for both models, whose first versions are registered and approved."""
    folder = tmp_path_factory.mktemp("problem-types")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        conf = folder / "conf"
        shutil.copytree(ROOT / "conf" / "environments", conf / "environments")
        local = conf / "environments" / "local.yaml"
        local.write_text(local.read_text().replace("http://127.0.0.1:4780", server.url))
        (conf / "models").mkdir()
        for model in TYPES:
            (conf / "models" / f"{model}.yaml").write_text(yaml.safe_dump(settings(model)))
        aws = connect(load_environment("local", conf))
        bucket, region = aws.environment.storage.bucket, aws.environment.region
        aws.call(
            "s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
        )
        found = Loop(folder, aws)
        assert found("upsert") == 0
        for model in TYPES:
            assert found.bootstrap(model) == (0, 0)
        yield found


@pytest.mark.parametrize("model", TYPES)
def test_an_honest_batch_passes(loop: Loop, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every check is compared, each metric of the problem type has a limit of chance, and none is crossed."""
    code = loop("run", "monitor-batch", "--model", model, *loop.batch(model, "h", houses(10, 300)), *JSON)
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    of_model = [each for each in verdict["findings"] if each["monitor"] == "model_quality"]

    assert (code, verdict["decision"]) == (0, "pass"), verdict["summary"]
    assert {check["status"] for check in verdict["checks"]} == {"compared"}
    assert {each["monitor"] for each in verdict["findings"]} == set(settings(model)["monitors"])
    assert {each["metric"] for each in of_model} == METRICS[model]
    assert {each["limit"]["kind"] for each in of_model} == {"calibrated"}


@pytest.mark.parametrize(
    ("model", "changed", "said"),
    [
        (PRICE, {"inflation": 0.12}, "predictions are farther from the labels on average"),
        (KIND, {"confusion": 0.4}, "fewer predictions are right"),
    ],
)
def test_a_batch_on_which_the_model_is_worse_is_refused(
    loop: Loop, model: str, changed: dict[str, float], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Inputs as ever, outcomes that the model no longer meets: exit code 10, with metric and reason."""
    batch = loop.batch(model, "w", houses(10, 300, **changed))
    code = loop("run", "monitor-batch", "--model", model, *batch, *JSON)
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    crossed = {
        each["monitor"] for each in verdict["findings"] if each["crossed"] and each["action"] == "fail"
    }

    assert (code, verdict["decision"]) == (10, "refused")
    assert crossed == {"model_quality"}
    assert said in verdict["summary"]


def test_labels_that_are_no_numbers_break_a_regressions_run_with_a_reason(
    loop: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line is named, and what regression needs; the run exits 3."""
    options = list(loop.batch(PRICE, "t", houses(5, 300)))
    labels = Path(options[-1])
    labels.write_text(labels.read_text().replace("t7,", "t7,about ", 1))
    code = loop("run", "monitor-batch", "--model", PRICE, *options)
    told = capsys.readouterr()

    assert code == 3
    assert "line 8: the label is no number, but regression needs numbers" in told.err + told.out
