"""What attributions are compared with: Shapley's formula, functions, and the model of a recorded run."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable
from itertools import combinations
from math import factorial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
"""From rows of features, (rows, features), to outputs, (rows, outputs)."""


def frame(values: Array) -> pl.DataFrame:
    """Return *values* as the columns f0, f1 and so on."""
    return pl.DataFrame({f"f{place}": column for place, column in enumerate(np.asarray(values, float).T)})


def on_frames(function: Function) -> Callable[[pl.DataFrame], Array]:
    """Return *function* as a model that is asked with frames."""
    return lambda rows: function(rows.to_numpy())


def shapley(function: Function, row: Array, baseline: Array) -> Array:
    """Return the Shapley values of *row* by Shapley's formula, subset by subset, (outputs, features)."""
    features = range(len(row))

    def worth(members: tuple[int, ...]) -> Array:
        mixed = baseline.copy()
        mixed[:, list(members)] = row[list(members)]
        mean: Array = function(mixed).mean(axis=0)
        return mean

    values = []
    for feature in features:
        others = [each for each in features if each != feature]
        total = np.zeros(function(baseline).shape[1])
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(others) - size) / factorial(len(row))
            for members in combinations(others, size):
                total += weight * (worth((*members, feature)) - worth(members))
        values.append(total)
    return np.array(values).T


def logistic(weights: Array, bias: float = 0.0) -> Function:
    """Return the probability of a logistic model."""
    return lambda rows: (1 / (1 + np.exp(-(rows @ weights + bias))))[:, None]


def adult_model(recorded_data: Path) -> Function:
    """Return the classifier that SageMaker's Linear Learner trained, from its artifact's parameters."""
    with tarfile.open(recorded_data / "adult" / "ll-adult-prediction-model.tar.gz") as archive:
        member = archive.extractfile("model_algo-1")
        assert member is not None
        parameters = zipfile.ZipFile(io.BytesIO(member.read())).read("mx-mod-0000.params")
    weights = np.array(struct.unpack_from("<14f", parameters, 0x40))
    (bias,) = struct.unpack_from("<f", parameters, 0xA0)
    return logistic(weights, bias)


def adult_rows(recorded_data: Path) -> Array:
    """Return the 666 records of the adult validation data."""
    lines = (recorded_data / "adult" / "validation-dataset.jsonl").read_text().splitlines()
    return np.array([json.loads(line)["features"] for line in lines], dtype=float)
