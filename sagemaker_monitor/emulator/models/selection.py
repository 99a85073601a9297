"""Selectable inference content: what of a prediction the built-in XGBoost container is asked to answer.

`SAGEMAKER_INFERENCE_OUTPUT` names the contents, such as `predicted_label,probabilities`. Which there are for
an objective, and how each is written: XGBoost response formats in SageMaker's developer guide, and algorithm
mode of the published SageMaker XGBoost container.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sagemaker_monitor.emulator.models.exchange import CSV, JSON, JSON_LINES, RequestError

OFFERED = (JSON, JSON_LINES, CSV)
"""The types in which selected contents are answered; the first is the container's own choice."""
_TWO = ("binary:logistic", "binary:logitraw", "binary:hinge", "multi:softmax")
_PROBABLE = ("binary:logistic", "multi:softprob")
_CLASSES = (*_TWO, "multi:softprob")
_NUMBERS = ("reg:squarederror", "reg:logistic", "reg:gamma", "reg:tweedie")

Prediction = Any


def select(
    predictions: NDArray[np.float32], keys: Sequence[str], objective: str, classes: int
) -> list[dict[str, Any]]:
    """Return the contents *keys* of each prediction; one that an objective has not is not a number.

    Raises RequestError 500 for an objective that has no contents to select.
    """
    if objective not in (*_CLASSES, *_NUMBERS):
        raise RequestError(500, f"objective {objective!r} has no contents to select; leave out {_VARIABLE}")
    known = [key for key, (objectives, _) in _CONTENTS.items() if key in keys and objective in objectives]
    others = {key: math.nan for key in keys if key not in known}
    return [
        {**{key: _CONTENTS[key][1](each, objective, classes) for key in known}, **others}
        for each in predictions
    ]


def written(contents: list[dict[str, Any]], keys: Sequence[str], kind: str) -> str:
    """Return selected contents as the type *kind*; a list is one quoted cell of CSV."""
    if kind == JSON:
        return json.dumps({"predictions": contents})
    if kind == JSON_LINES:
        return "".join(f"{json.dumps(each)}\n" for each in contents)
    rows = [
        [f'"{each[key]}"' if isinstance(each[key], list) else str(each[key]) for key in keys]
        for each in contents
    ]
    return "".join(f"{','.join(row)}\n" for row in rows)


def keys_of(variable: str) -> tuple[str, ...]:
    """Return the contents that the variable names."""
    return tuple(filter(None, variable.replace(" ", "").lower().split(",")))


_VARIABLE = "SAGEMAKER_INFERENCE_OUTPUT"


def _label(prediction: Prediction, objective: str, classes: int) -> float | int:
    if objective == "multi:softprob":
        return int(np.argmax(prediction))
    if objective in ("binary:logistic", "binary:logitraw"):
        return int(prediction > (0.5 if objective == "binary:logistic" else 0))
    value: float = prediction.item()
    return value


def _labels(prediction: Prediction, objective: str, classes: int) -> list[int]:
    return list(range(classes if objective.startswith("multi:") else 2))


def _score(prediction: Prediction, objective: str, classes: int) -> float:
    value: float = prediction.max().item()
    return value


def _scores(prediction: Prediction, objective: str, classes: int) -> list[float]:
    if objective == "multi:softprob":
        values: list[float] = prediction.tolist()
        return values
    one = prediction.item()
    return [1.0 - one, one]


_Content = Callable[[Prediction, str, int], Any]
# In the order in which JSON has them.
_CONTENTS: dict[str, tuple[tuple[str, ...], _Content]] = {
    "predicted_label": (_CLASSES, _label),
    "labels": (_CLASSES, _labels),
    "probability": (_PROBABLE, _score),
    "probabilities": (_PROBABLE, _scores),
    "raw_score": (_CLASSES, _score),
    "raw_scores": (_CLASSES, _scores),
    "predicted_score": (_NUMBERS, _score),
}
