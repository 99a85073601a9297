"""Which files are read as a Linear Learner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.linear_learner_artifact import load
from sagemaker_monitor.emulator.models.mxnet_params import ParametersError, read
from tests.emulator.models.linear_learners import model_file, parameters, unpacked


def test_weights_and_attributes_are_read(tmp_path: Path) -> None:
    """Arrays keep their shapes and values, the threshold is the artifact's."""
    model = load(unpacked(tmp_path, model_file([[1.5], [-2.0]], [0.25], threshold=0.3)))

    assert model.weights.tolist() == [[1.5], [-2.0]]
    assert model.bias.tolist() == [0.25]
    assert (model.predictor, model.link, model.threshold) == ("binary_classifier", "logistic", 0.3)


def test_an_artifact_without_the_file_is_refused(tmp_path: Path) -> None:
    """What is there instead is named."""
    (tmp_path / "xgboost-model").write_bytes(b"{}")

    with pytest.raises(ArtifactError, match="expected a file named 'model_algo-1'; found xgboost-model"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no zip file"),
        (b"PK\x03\x04rubbish", "no zip file"),
        (
            model_file([[1.0]], [0.0], predictor_type="oracle"),
            "predictor_type is 'oracle'; there are binary_",
        ),
        (model_file([[1.0]], [0.0], loss_type="mine"), "loss_type is 'mine'; there are logistic, "),
        (model_file([[1.0]], [0.0], threshold=None), "the threshold is None, not a number"),
        (model_file([[1.0, 2.0]], [0.0, 1.0]), "'binary_classifier', and there are 2 outputs"),
        (model_file([[1.0]], [0.0, 1.0]), r"fc0_weight has shape \(1, 1\) and fc0_bias \(1, 2\)"),
        (model_file([[1.0]], [0.0], content=b"\x12"), "mx-mod-0000.params cannot be read: it ends too early"),
        (model_file([[1.0]], [0.0], content=bytes(64)), "does not begin as a list of MXNet arrays"),
        (
            model_file([[1.0]], [0.0], content=parameters({"arg:a": [1.0]})),
            r"arrays are \['arg:a'\], not arg",
        ),
    ],
)
def test_a_damaged_artifact_says_what_is_wrong(tmp_path: Path, content: bytes, reason: str) -> None:
    """The member and the reason are named."""
    with pytest.raises(ArtifactError, match=f"'model_algo-1' is no Linear Learner model.*{reason}"):
        load(unpacked(tmp_path, content))


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_bytes_make_the_reader_fail_otherwise(content: bytes, at: int) -> None:
    """Damaged parameter files, cut and changed anywhere, are errors of the one kind, or still readable."""
    whole = parameters({"arg:fc0_weight": np.ones((3, 1)), "arg:fc0_bias": [[1.0]]})
    for damaged in (content, whole[:at], whole[:at] + content, whole[:at] + content + whole[at:]):
        try:
            read(damaged)
        except ParametersError:
            continue
