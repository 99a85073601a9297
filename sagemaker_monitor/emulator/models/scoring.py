"""Answer one CSV request with a booster's predictions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from xgboost import Booster, DMatrix
from xgboost.core import XGBoostError

from sagemaker_monitor.emulator.models.exchange import CSV, Answer, RequestError, media_type, text_of


class Scorer:
    """A booster that answers CSV with CSV."""

    def __init__(self, booster: Booster) -> None:
        self._booster = booster
        self._features = booster.num_features()
        best = booster.attr("best_iteration")
        # The containers predict with the best iteration when training stopped early.
        self._iterations = (0, int(best) + 1) if best is not None else (0, 0)

    def answer(self, content_type: str, accept: str, body: bytes) -> Answer:
        """Return one line per line of *body*: the prediction, or its comma-separated values.

        AWS's container separates the answers of one request by newlines in batch transform and by commas on
        endpoints; newlines here, because they keep records and answers in step. A number is the model's
        float32 widened to float64, as Python prints it.
        """
        kind = media_type(content_type, CSV)
        if kind != CSV:
            raise RequestError(415, f"content type {kind[:100]!r} is not supported; supported: {CSV}")
        text = text_of(body).rstrip("\r\n")
        rows = [self._row(number, line) for number, line in enumerate(text.split("\n"), start=1)]
        lines = "".join(f"{_render(answer)}\n" for answer in self._predict(rows))
        return Answer("text/csv; charset=utf-8", lines.encode())

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


def _render(answer: NDArray[np.float32] | np.float32) -> str:
    values = answer.tolist()
    return ",".join(map(repr, values)) if isinstance(values, list) else repr(values)
