"""Which files are read as an XGBoost model."""

from __future__ import annotations

import os
import pickle
import shlex
import struct
import tarfile
from pathlib import Path

import pytest
import xgboost

from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.booster import load


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


def test_the_old_binary_format_names_its_version(tmp_path: Path) -> None:
    """A model of XGBoost 1.3 in the binary format says which container wrote it and how to convert it."""
    header = struct.pack("<fIiiiII", 0.5, 69, 0, 0, 0, 1, 3)
    (tmp_path / "xgboost-model").write_bytes(b"binf" + header + bytes(200))

    with pytest.raises(
        ArtifactError, match=r"'xgboost-model' is .*XGBoost container 1\.3, .*pip install xgboost==1\.7\.6"
    ):
        load(tmp_path)


def test_a_recorded_pickle_of_2019_names_its_version(tmp_path: Path) -> None:
    """The public churn artifact, pickled by XGBoost 0.90, is refused with the way to convert it."""
    if "RECORDED_DATA" not in os.environ:
        pytest.skip("RECORDED_DATA is not set: the churn artifact is not here")
    with tarfile.open(Path(os.environ["RECORDED_DATA"], "churn/xgb-churn-prediction-model.tar.gz")) as tar:
        tar.extractall(tmp_path, filter="data")

    with pytest.raises(
        ArtifactError, match=r"'xgboost-model' is .*XGBoost container 0\.90 or older.*pip install xgboost=="
    ) as caught:
        load(tmp_path)
    # The command is one that a shell and Python read; it was tried on this very file.
    command = shlex.split(str(caught.value).partition("the file is: ")[2].partition("; tar czf")[0])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "command", "exec")
    assert len(str(caught.value)) < 900
