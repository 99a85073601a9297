"""Train as the built-in XGBoost algorithm does, below a directory that stands for /opt/ml.

`python -m sagemaker_monitor.emulator.models.train_xgboost`, with the directory in SAGEMAKER_MONITOR_ROOT.
Formats and hyperparameters: https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html. CSV has the label
first and no header; libsvm has `label index:value …`.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sagemaker_monitor.emulator.models.xgboost_parameters import ParameterError, checked, for_library

MODEL = "xgboost-model"
CSV = ("text/csv", "csv")
LIBSVM = ("text/libsvm", "text/x-libsvm", "libsvm")


Matrix = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]


class TrainingError(Exception):
    """The training cannot be done; the message is the job's FailureReason."""


def train(root: Path) -> None:
    """Train on the channels below *root* and leave the model; raises TrainingError."""
    channels = json.loads((root / "input/config/inputdataconfig.json").read_text())
    try:
        given = checked(json.loads((root / "input/config/hyperparameters.json").read_text()))
    except ParameterError as error:
        raise TrainingError(str(error)) from error
    if "train" not in channels:
        raise TrainingError(
            f"Missing required channel: train; the job has: {', '.join(channels) or 'no channel'}"
        )
    weighted = given.get("csv_weights") == 1
    read = {
        name: _matrix(root / "input/data" / name, channels[name].get("ContentType", ""), weighted)
        for name in ("train", "validation")
        if name in channels
    }
    if given.get("early_stopping_rounds") and "validation" not in read:
        raise TrainingError("early_stopping_rounds needs a channel validation")
    _boost(root, given, read)


def _boost(root: Path, given: dict[str, Any], read: dict[str, Matrix]) -> None:
    """Train on the matrices, from the last checkpoint on where there is one, and leave the model."""
    import xgboost  # which takes seconds: not before there is something to train on

    from sagemaker_monitor.emulator.models.xgboost_rounds import Checkpoints, Latest, resumed

    width = max(matrix[0].shape[1] for matrix in read.values())
    matrices = {name: _dmatrix(xgboost, *_widened(matrix, width)) for name, matrix in read.items()}
    callbacks: list[Any] = []
    before, done = None, 0
    if "SAGEMAKER_MONITOR_CHECKPOINTS" in os.environ:
        folder = Path(os.environ["SAGEMAKER_MONITOR_CHECKPOINTS"])
        before, done = resumed(folder)
        callbacks.append(Checkpoints(folder, done))
    if given.get("save_model_on_termination") == "true":
        callbacks.append(Latest(root / "model" / MODEL))
    for name, matrix in matrices.items():
        print(
            f"{name.capitalize()} matrix has {matrix.num_row()} rows and {matrix.num_col()} columns",
            flush=True,
        )
    try:
        booster = xgboost.train(
            {"nthread": os.cpu_count() or 1, **for_library(given)},
            matrices["train"],
            max(given["num_round"] - done, 0),
            evals=[(matrix, name) for name, matrix in matrices.items()],
            early_stopping_rounds=given.get("early_stopping_rounds"),
            verbose_eval=True,
            xgb_model=before,
            callbacks=callbacks,
        )
    except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
        raise TrainingError(f"XGBoost: {_words(error)}") from error
    # Scripts of the time unpickle what those containers saved; later ones saved a model.
    pickled = "SAGEMAKER_MONITOR_PICKLED" in os.environ
    model = pickle.dumps(booster) if pickled else _readable(bytes(booster.save_raw("json")))
    (root / "model" / MODEL).write_bytes(model)


def _words(error: Exception) -> str:
    """Return an error of the library's without the time, the place in its source and its stack."""
    first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return re.sub(r"^\[[\d:]+\] \S+?:\d+: ", "", first)[:500]


def _matrix(folder: Path, content_type: str, weighted: bool) -> Matrix:
    """Return features, labels and weights of a channel."""
    kind, *options = (part.strip().lower() for part in content_type.split(";"))
    if any(each.startswith("label_size=") and each != "label_size=1" for each in options):
        raise TrainingError(
            f"content type {content_type!r} of channel {folder.name!r}: "
            "label_size is 1, the first value of a row"
        )
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] not in "._")
    if kind in CSV:
        rows = np.vstack([_csv(file) for file in files])
        weights = rows[:, 1] if weighted else None
        features = rows[:, 1 if weights is None else 2 :]
        if not features.shape[1]:
            raise TrainingError(
                f"channel {folder.name!r} has a label and no feature; CSV has the label first"
            )
        return features, rows[:, 0], weights
    if kind in (*LIBSVM, ""):
        return _libsvm([line for file in files for line in _lines(file)], folder.name)
    raise TrainingError(
        f"content type {content_type!r} of channel {folder.name!r} is not trained on here; "
        f"ContentType is one of: {', '.join((*CSV, *LIBSVM))}"
    )


def _csv(file: Path) -> NDArray[np.float64]:
    import polars as pl

    lines = _lines(file)
    if not lines:
        raise TrainingError(f"{file.name!r} is empty")
    try:
        texts = pl.read_csv("\n".join(lines).encode(), has_header=False, infer_schema=False, quote_char=None)
    except pl.exceptions.PolarsError as error:
        raise TrainingError(f"{file.name!r} has rows of different widths: {error!s:.200}") from error
    given = texts.with_columns(pl.all().str.strip_chars().replace("", None))
    cells = given.with_columns(pl.all().cast(pl.Float64, strict=False))
    for place, column in enumerate(given):
        wrong = column.is_not_null() & cells.to_series(place).is_null()
        missing = cells.to_series(place).is_null() if place == 0 else wrong
        if missing.any():
            row = int(missing.arg_max() or 0) + 1
            what = "the label, which is the first value," if place == 0 else f"value {place + 1}"
            raise TrainingError(f"{file.name!r}, row {row}: {what} is no number; CSV has no header")
    rows: NDArray[np.float64] = cells.fill_null(float("nan")).to_numpy()
    return rows


def _libsvm(lines: Iterable[str], channel: str) -> Matrix:
    labels, weights, cells = [], [], []
    for number, line in enumerate(lines, start=1):
        first, *pairs = line.split()
        try:
            label, _, weight = first.partition(":")
            labels.append(float(label))
            weights.append(float(weight or 1))
            cells.append({int(index): float(value) for index, _, value in (p.partition(":") for p in pairs)})
        except ValueError as error:
            raise TrainingError(
                f"channel {channel!r}, line {number} is not libsvm, `label index:value …`; name the "
                "ContentType text/csv if it is CSV"
            ) from error
    if not labels:
        raise TrainingError(f"channel {channel!r} is empty")
    width = max((max(row, default=0) for row in cells), default=0) + 1
    features = np.full((len(cells), width), np.nan)
    for place, row in enumerate(cells):
        features[place, list(row)] = list(row.values())
    return features, np.array(labels), np.array(weights)


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TrainingError(f"{file.name!r} is not UTF-8 text") from error
    return [line for line in text.splitlines() if line.strip()]


def _widened(matrix: Matrix, width: int) -> Matrix:
    features, labels, weights = matrix
    missing = width - features.shape[1]
    return np.pad(features, ((0, 0), (0, missing)), constant_values=np.nan), labels, weights


def _dmatrix(xgboost: Any, features: Any, labels: Any, weights: Any) -> Any:
    return xgboost.DMatrix(features, label=labels, weight=weights)


def _readable(model: bytes) -> bytes:
    """Return the booster as JSON that XGBoost 1.7 reads too, for which base_score is a number."""
    document = json.loads(model)
    parameters = document["learner"]["learner_model_param"]
    parameters["base_score"] = parameters["base_score"].strip("[]")
    return json.dumps(document, separators=(",", ":")).encode()


def main() -> int:
    """Train; return the process's exit code, and leave the reason of a failure."""
    root = Path(os.environ["SAGEMAKER_MONITOR_ROOT"])
    try:
        train(root)
    except TrainingError as error:
        reason = f"ClientError: {error}"
    except Exception as error:  # the process's border: whatever it is becomes the job's failure reason
        traceback.print_exc()
        reason = f"AlgorithmError: the training failed unexpectedly: {type(error).__name__}: {error}"
    else:
        return 0
    print(reason, file=sys.stderr)
    (root / "output" / "failure").write_text(reason, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main())
