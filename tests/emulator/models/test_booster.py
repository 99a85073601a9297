"""Which files are read as an XGBoost model."""

from __future__ import annotations

import base64
import json
import os
import pickle
import shlex
import struct
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.booster import load

OLD = json.loads(Path(__file__).with_name("data").joinpath("old_boosters.json").read_text())
"""Boosters as old versions saved them, with the predictions of those versions for twelve rows."""


@pytest.mark.parametrize("form", ["json", "ubj"])
def test_both_formats_are_read(tmp_path: Path, booster: xgboost.Booster, form: str) -> None:
    """JSON and UBJSON are told apart by content, not by name."""
    (tmp_path / "xgboost-model").write_bytes(booster.save_raw(form))

    assert load(tmp_path).num_features() == 3


def test_a_pickled_booster_of_today_is_read(tmp_path: Path, booster: xgboost.Booster) -> None:
    """What the container's algorithm mode writes is a pickled Booster."""
    (tmp_path / "xgboost-model").write_bytes(pickle.dumps(booster))

    assert load(tmp_path).num_boosted_rounds() == 5


def test_a_single_file_may_have_any_name(tmp_path: Path, booster: xgboost.Booster) -> None:
    """The container takes the only file there is."""
    (tmp_path / "candidate.json").write_bytes(booster.save_raw("json"))
    (tmp_path / ".DS_Store").write_bytes(b"")

    assert load(tmp_path).num_features() == 3


def test_several_files_without_the_name_are_refused(tmp_path: Path) -> None:
    """Which of two files is the model is not guessed."""
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"{}")

    with pytest.raises(
        ArtifactError, match="expected a file named 'xgboost-model', or a single file; found a, b"
    ):
        load(tmp_path)


def test_an_empty_artifact_is_refused(tmp_path: Path) -> None:
    """An archive of nothing is named as such."""
    with pytest.raises(ArtifactError, match="found nothing"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b'{"learner": 1}', b"{L\x00", b"\x80\x04rubbish"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """Text, foreign JSON and damaged pickles are errors that name the file."""
    (tmp_path / "xgboost-model").write_bytes(content)

    with pytest.raises(ArtifactError, match="'xgboost-model' is"):
        load(tmp_path)


def test_a_pickle_runs_no_code(tmp_path: Path) -> None:
    """A pickle that refers to anything but a Booster is refused before it does anything."""
    (tmp_path / "xgboost-model").write_bytes(b"\x80\x03cos\nsystem\nX\x05\x00\x00\x00touchq\x00\x85R.")

    with pytest.raises(ArtifactError, match=r"refers to os\.system"):
        load(tmp_path)


@pytest.mark.parametrize("case", OLD["models"], ids=lambda case: f"{case['xgboost']}-{case['objective']}")
def test_boosters_of_old_versions_predict_as_they_did(tmp_path: Path, case: dict[str, Any]) -> None:
    """Pickled or not, what 0.90, 1.2 and 1.7 saved as binaries answers as those versions answered."""
    (tmp_path / "xgboost-model").write_bytes(zlib.decompress(base64.b64decode(case["model"])))
    rows = np.array(OLD["rows"], dtype=np.float32)

    booster = load(tmp_path)

    predicted = booster.predict(xgboost.DMatrix(rows))
    assert predicted == pytest.approx(np.array(case["predictions"]), abs=1e-6)
    assert booster.attr("best_iteration") == "3"


@pytest.mark.parametrize("cut", [40, 170, 400, 1000, 2000])
def test_a_damaged_old_booster_is_refused(tmp_path: Path, cut: int) -> None:
    """One that ends too early says so, and how an old XGBoost would convert it, as a shell reads it."""
    binary = next(case for case in OLD["models"] if case["form"] == "binary")
    content = zlib.decompress(base64.b64decode(binary["model"]))
    (tmp_path / "xgboost-model").write_bytes(content[:cut])

    with pytest.raises(ArtifactError, match=r"ends too early; .*pip install xgboost==1\.7\.6") as caught:
        load(tmp_path)
    command = shlex.split(str(caught.value).partition("the file is: ")[2].partition("; tar czf")[0])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "command", "exec")


def test_an_old_booster_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    """A linear booster is not read, and the message says that it is one."""
    header = struct.pack("<fIiiiII108x", 0.5, 69, 0, 0, 0, 1, 3)
    names = struct.pack("<Q10sQ8s", 10, b"reg:linear", 8, b"gblinear")
    (tmp_path / "xgboost-model").write_bytes(b"binf" + header + names + bytes(200))

    with pytest.raises(ArtifactError, match=r"old binary format .*its booster is gblinear.*pip install"):
        load(tmp_path)


def test_the_recorded_pickle_of_2019_is_the_booster_that_it_was(tmp_path: Path) -> None:
    """The public churn artifact, pickled by XGBoost 0.90, predicts what 1.7 made of it, bit for bit."""
    if "RECORDED_DATA" not in os.environ:
        pytest.skip("RECORDED_DATA is not set: the churn artifact is not here")
    churn = Path(os.environ["RECORDED_DATA"], "churn")
    with tarfile.open(churn / "xgb-churn-prediction-model.tar.gz") as tar:
        tar.extractall(tmp_path, filter="data")
    converted = xgboost.Booster(model_file=churn / "xgb-churn.json")
    rows = xgboost.DMatrix(np.genfromtxt(churn / "test-dataset-input-cols.csv", delimiter=","))

    assert (load(tmp_path).predict(rows) == converted.predict(rows)).all()
