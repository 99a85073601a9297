"""Answer one request with a booster's predictions, as AWS's XGBoost container does in algorithm mode."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from xgboost import Booster, DMatrix
from xgboost.core import XGBoostError

from sagemaker_monitor.emulator.models import selection
from sagemaker_monitor.emulator.models.exchange import (
    CSV,
    JSON,
    Answer,
    RequestError,
    accepted,
    media_type,
    text_of,
)

LIBSVM = ("text/libsvm", "text/x-libsvm")


class Scorer:
    """A booster that answers CSV and libsvm with CSV, or with JSON where that is asked for."""

    def __init__(self, booster: Booster, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        """Serve *booster* as the container's *environment* says."""
        self._booster = booster
        self._keys = selection.keys_of(environment.get("SAGEMAKER_INFERENCE_OUTPUT", ""))
        self._batch = bool(environment.get("SAGEMAKER_BATCH"))
        self._default = environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "")
        self._features = booster.num_features()
        best = booster.attr("best_iteration")
        # The containers predict with the best iteration when training stopped early.
        self._iterations = (0, int(best) + 1) if best is not None else (0, 0)

    def answer(self, content_type: str, accept: str, body: bytes) -> Answer:
        """Return the prediction for each line of *body*: a number, or a list where the model has several.

        A number is the model's float32 widened to float64, as Python prints it. CSV has a prediction a line;
        a list stands there in brackets, `[0.25, 0.75]`. Answers of one request are lines in batch transform,
        and on endpoints one line with commas between them. Raises RequestError. Source: algorithm mode of the
        published SageMaker XGBoost container.
        """
        kind = media_type(content_type, CSV)
        if kind != CSV and kind not in LIBSVM:
            known = ", ".join((CSV, *LIBSVM))
            raise RequestError(415, f"content type {kind[:100]!r} is not supported; supported: {known}")
        offered = selection.OFFERED if self._keys else (CSV, JSON)
        wanted = accepted(self._default if media_type(accept, "*/*") == "*/*" else accept, offered)
        read = self._row if kind == CSV else self._sparse_row
        text = text_of(body).rstrip("\r\n")
        rows = [read(number, line) for number, line in enumerate(text.split("\n"), start=1)]
        found = self._predict(rows)
        if self._keys:
            contents = selection.select(found, self._keys, *self._objective())
            text = selection.written(contents, self._keys, wanted)
            if wanted == CSV and not self._batch:
                text = text.removesuffix("\n")
            return Answer(wanted, text.encode())
        predictions = found.tolist()
        if wanted == JSON:
            return Answer(
                JSON, json.dumps({"predictions": [{"score": each} for each in predictions]}).encode()
            )
        texts = map(str, predictions)
        text = "".join(f"{each}\n" for each in texts) if self._batch else ",".join(texts)
        return Answer("text/csv; charset=utf-8", text.encode())

    def _objective(self) -> tuple[str, int]:
        """Return the objective that the booster was trained for, and its number of classes."""
        learner = json.loads(self._booster.save_config())["learner"]
        return learner["objective"]["name"], int(learner["learner_model_param"].get("num_class", 0))

    def _row(self, number: int, line: str) -> list[float]:
        cells = line.split(",")
        if len(cells) != self._features:
            what = "is blank" if not line.strip() else f"has {len(cells)} values"
            raise RequestError(
                400,
                f"unable to evaluate the payload: line {number} {what}, "
                f"the model was trained on {self._features} features",
            )
        try:
            return [float(cell) if cell else np.nan for cell in cells]
        except ValueError:
            raise RequestError(415, _not_a_number(number, cells)) from None

    def _sparse_row(self, number: int, line: str) -> list[float]:
        """Return a row of libsvm: `0:1.5 3:2`, features counted from 0, a label before them ignored."""
        row = [np.nan] * self._features
        pairs = [cell.partition(":") for cell in line.split() if ":" in cell]
        if not pairs:
            raise RequestError(415, f"line {number} has no feature; libsvm lines are like 0:1.5 3:2")
        for index, _, value in pairs:
            if not index.isdecimal() or not _is_number(value):
                raise RequestError(415, f"line {number} has a pair that is not feature:number")
            if int(index) >= self._features:
                raise RequestError(
                    400,
                    f"unable to evaluate the payload: line {number} has feature {int(index)}, "
                    f"the model was trained on {self._features} features, counted from 0",
                )
            row[int(index)] = float(value)
        return row

    def _predict(self, rows: list[list[float]]) -> NDArray[np.float32]:
        try:
            predictions: NDArray[np.float32] = self._booster.predict(
                DMatrix(np.array(rows, dtype=np.float64)),
                validate_features=False,
                iteration_range=self._iterations,
            )
        except XGBoostError as error:
            reason = next(iter(str(error).strip().splitlines()), "")[:300]
            raise RequestError(400, f"unable to evaluate the payload: {reason}") from error
        return predictions


def _not_a_number(number: int, cells: list[str]) -> str:
    column = next(position for position, cell in enumerate(cells, start=1) if not _is_number(cell))
    return (
        f"value {column} of line {number} is not a number; the model reads numbers only, and no header line"
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True
