"""Read the artifact of SageMaker's Linear Learner: `model_algo-1`, a zip with MXNet's parameters."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from sagemaker_monitor.emulator.models import mxnet_params
from sagemaker_monitor.emulator.models.archive import ArtifactError

MODEL_FILE = "model_algo-1"
_ATTRIBUTES = "additional-params.json"
_PARAMETERS = "mx-mod-0000.params"
_MOST_BYTES = 1 << 30

Link = Literal["identity", "logistic", "softmax"]
# By the documented values of the hyperparameter `loss`.
_LINKS: dict[str, Link] = {
    "logistic": "logistic",
    "softmax_loss": "softmax",
    "hinge_loss": "identity",
    "squared_loss": "identity",
    "absolute_loss": "identity",
    "eps_insensitive_squared_loss": "identity",
    "eps_insensitive_absolute_loss": "identity",
    "quantile_loss": "identity",
    "huber_loss": "identity",
}
_PREDICTORS = ("binary_classifier", "regressor", "multiclass_classifier")


@dataclass(frozen=True)
class LinearModel:
    """A linear model: *weights* of shape (features, outputs), *bias* of shape (outputs,), float32.

    The label that a binary classifier predicts is 1 where its score is above *threshold*.
    """

    predictor: str
    link: Link
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    threshold: float


def load(directory: Path) -> LinearModel:
    """Return the model of the artifact unpacked in *directory*; raise ArtifactError where there is none."""
    path = directory / MODEL_FILE
    if not path.is_file():
        found = ", ".join(sorted(each.name for each in directory.iterdir())[:10])[:300] or "nothing"
        raise ArtifactError(
            f"the artifact holds no Linear Learner model: expected a file named {MODEL_FILE!r}; found {found}"
        )
    attributes, parameters = _members(path)
    try:
        arrays = mxnet_params.read(parameters)
    except mxnet_params.ParametersError as error:
        raise _damaged(f"{_PARAMETERS} cannot be read: {error}") from error
    return _model(attributes, arrays)


def _members(path: Path) -> tuple[dict[str, Any], bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            for name in (_ATTRIBUTES, _PARAMETERS):
                if archive.getinfo(name).file_size > _MOST_BYTES:
                    raise _damaged(f"{name} has more than {_MOST_BYTES} bytes")
            attributes = json.loads(archive.read(_ATTRIBUTES))
            parameters = archive.read(_PARAMETERS)
    except KeyError as error:
        raise _damaged(str(error.args[0])) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged(f"it is no zip file that can be read ({error})") from error
    except ValueError as error:
        raise _damaged(f"{_ATTRIBUTES} is not JSON ({error})") from error
    if not isinstance(attributes, dict):
        raise _damaged(f"{_ATTRIBUTES} is no object")
    return attributes, parameters


def _model(attributes: dict[str, Any], arrays: dict[str, NDArray[np.generic]]) -> LinearModel:
    predictor, loss = attributes.get("predictor_type"), attributes.get("loss_type")
    if predictor not in _PREDICTORS:
        raise _damaged(f"predictor_type is {predictor!r}; there are {', '.join(_PREDICTORS)}")
    if loss not in _LINKS:
        raise _damaged(f"loss_type is {loss!r}; there are {', '.join(_LINKS)}")
    weights, bias = arrays.get("arg:fc0_weight"), arrays.get("arg:fc0_bias")
    if weights is None or bias is None or len(arrays) != 2:
        raise _damaged(f"its arrays are {sorted(arrays)[:10]}, not arg:fc0_weight and arg:fc0_bias")
    if weights.ndim != 2 or bias.size != weights.shape[1] or not weights.size:
        raise _damaged(f"fc0_weight has shape {weights.shape} and fc0_bias {bias.shape}")
    classes = weights.shape[1]
    if (predictor == "multiclass_classifier") != (classes > 1):
        raise _damaged(f"predictor_type is {predictor!r}, and there are {classes} outputs")
    threshold = attributes.get("threshold")
    if predictor == "binary_classifier" and not _is_number(threshold):
        raise _damaged(f"the threshold is {threshold!r}, not a number")
    return LinearModel(
        predictor,
        _LINKS[loss],
        weights.astype(np.float32),
        bias.reshape(-1).astype(np.float32),
        float(threshold if _is_number(threshold) else 0.5),
    )


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _damaged(what: str) -> ArtifactError:
    return ArtifactError(f"{MODEL_FILE!r} is no Linear Learner model that can be read: {what}")
