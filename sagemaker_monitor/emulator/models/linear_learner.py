"""Answer requests with a Linear Learner, in the forms that AWS's container has."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sagemaker_monitor.emulator.models import dense_rows
from sagemaker_monitor.emulator.models.exchange import CSV, JSON, JSON_LINES, Answer, accepted, media_type
from sagemaker_monitor.emulator.models.linear_learner_artifact import LinearModel

_DECIMALS = 15
# No double between 0 and 1 that came from a float32 rounds up to its 15th decimal at this many.
_EXACT = 30


class LinearLearner:
    """A linear model that answers CSV, JSON and JSON Lines with any of them, JSON unless asked otherwise."""

    def __init__(self, model: LinearModel) -> None:
        self._model = model

    def answer(self, content_type: str, accept: str, body: bytes) -> Answer:
        """Return score and predicted label of each row. Raises RequestError.

        Source of the forms: Linear learner response formats, SageMaker's developer guide; that JSON Lines cut
        scores to 15 decimals was seen in recorded answers. CSV is `predicted_label,score`.
        """
        rows = dense_rows.read(media_type(content_type, CSV), body, len(self._model.weights))
        kind = accepted(accept, (JSON, JSON_LINES, CSV))
        scores = scores_of(self._model, rows)
        return Answer(kind, _WRITERS[kind](scores, labels_of(self._model, scores)).encode())


def scores_of(model: LinearModel, rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the scores of *rows*, shape (rows, outputs).

    Sums are exact before they are rounded to the float32 that the model works in, so that neither the machine
    nor the size of a request changes a score.
    """
    inputs = rows.astype(np.float32).astype(np.float64)
    sums = (inputs @ model.weights.astype(np.float64)).astype(np.float32)
    margins: NDArray[np.float32] = sums + model.bias
    if model.link == "identity":
        return margins
    with np.errstate(over="ignore"):
        if model.link == "logistic":
            powers = np.exp(-margins.astype(np.float64)).astype(np.float32)
            return _probability(powers)
        odds = np.exp(margins.astype(np.float64) - margins.max(axis=1, keepdims=True))
    shares: NDArray[np.float32] = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _probability(powers: NDArray[np.float32]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = np.float32(1) / (np.float32(1) + powers)
    return result


def labels_of(model: LinearModel, scores: NDArray[np.float32]) -> list[int] | None:
    """Return the predicted labels, or None for a regressor, which predicts none."""
    if model.predictor == "regressor":
        return None
    if model.predictor == "multiclass_classifier":
        return [int(label) for label in scores.argmax(axis=1)]
    return [int(above) for above in scores[:, 0].astype(np.float64) > model.threshold]


def _json_lines(scores: NDArray[np.float32], labels: list[int] | None) -> str:
    if scores.shape[1] == 1:
        texts: Iterable[str] = map(_cut, scores[:, 0].tolist())
    else:
        texts = (f"[{','.join(map(_cut, row))}]" for row in scores.tolist())
    if labels is None:
        return "".join(f'{{"score":{text}}}\n' for text in texts)
    pairs = zip(labels, texts, strict=True)
    return "".join(f'{{"predicted_label":{label},"score":{text}}}\n' for label, text in pairs)


def _json(scores: NDArray[np.float32], labels: list[int] | None) -> str:
    texts = [_whole(row) for row in scores.tolist()]
    if labels is None:
        parts = [f'{{"score":{text}}}' for text in texts]
    else:
        pairs = zip(texts, labels, strict=True)
        parts = [f'{{"score":{text},"predicted_label":{label}}}' for text, label in pairs]
    return f'{{"predictions":[{",".join(parts)}]}}'


def _csv(scores: NDArray[np.float32], labels: list[int] | None) -> str:
    lines = [",".join(map(repr, row)) for row in scores.tolist()]
    if labels is not None:
        lines = [f"{label},{line}" for label, line in zip(labels, lines, strict=True)]
    return "".join(f"{line}\n" for line in lines)


def _cut(score: float) -> str:
    """Return *score* with at most 15 decimals, the rest cut off."""
    text = f"{score:.{_EXACT}f}"[: _DECIMALS - _EXACT].rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def _whole(row: list[float]) -> str:
    return repr(row[0]) if len(row) == 1 else f"[{','.join(map(repr, row))}]"


_WRITERS = {JSON: _json, JSON_LINES: _json_lines, CSV: _csv}
