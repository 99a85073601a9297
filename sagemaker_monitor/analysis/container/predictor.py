"""Asking the model: rows to the shadow endpoint in batches, scores or predicted labels back."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from sagemaker_monitor.analysis.container import predictions
from sagemaker_monitor.analysis.container.answers import read_answer
from sagemaker_monitor.analysis.container.job import ENDPOINT_VARIABLE
from sagemaker_monitor.analysis.container.payloads import CSV, batches
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from types import TracebackType

    import polars as pl
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.columns import Column
    from sagemaker_monitor.analysis.container.answers import CsvAnswer, JsonAnswer
    from sagemaker_monitor.analysis.container.config import PredictorConfig

TIMEOUT = 60.0
_BROKEN = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


class Model:
    """The model at a shadow endpoint, asked over one connection that is kept; close it, or use `with`.

    Frames have one column for each feature, in the model's order: text cells are sent as they are, numbers
    in their shortest form that reads back. Every method raises AnalysisError when the endpoint cannot be
    reached, refuses, or answers something else than one prediction for each row.
    """

    def __init__(self, endpoint: str, predictor: PredictorConfig, threshold: float = 0.5) -> None:
        url = urlsplit(endpoint)
        if url.scheme != "http" or not url.hostname:
            raise AnalysisError(
                f"{ENDPOINT_VARIABLE} is {endpoint!r}: it must be http://<host>:<port>/invocations"
            )
        self._endpoint = endpoint
        self._path = (url.path or "/invocations") + (f"?{url.query}" if url.query else "")
        self._connection = http.client.HTTPConnection(url.hostname, url.port, timeout=TIMEOUT)
        self._predictor, self._threshold = predictor, threshold
        self._headers = {"Content-Type": predictor.content_type, "Accept": predictor.accept_type}
        if predictor.custom_attributes:
            self._headers["X-Amzn-SageMaker-Custom-Attributes"] = predictor.custom_attributes

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()

    def scores(self, frame: pl.DataFrame) -> NDArray[np.float64]:
        """Return the model's scores, shape (rows of *frame*, outputs of the model).

        They are read at predictor.probability, or else at predictor.label, or else are the whole answer.
        """
        place, key = self._predictor.probability, "probability"
        if place is None:
            place, key = self._predictor.label, "label"
        parts = [answer.scores(place, key) for answer in self._answers(frame)]
        if len({part.shape[1] for part in parts}) > 1:
            raise AnalysisError("the model answers more scores for some rows than for others")
        return np.concatenate(parts) if parts else np.empty((0, 0))

    def labels(self, frame: pl.DataFrame, observed: Column | None = None) -> Column:
        """Return the label that the model predicts for each row.

        What stands at predictor.label is the label; where it is a score, because labels *observed* are of
        another type, and where only scores are answered, one score is cut at the threshold, exclusively, and
        of several the best one's header is the label. A single number is the label itself where those
        *observed* are fractions and neither predictor.label nor predictor.probability is given.
        """
        predictor = self._predictor
        rules: Any = {"threshold": self._threshold, "headers": predictor.label_headers}
        if predictor.label is None:
            labels = predictions.whole if predictor.probability is None else predictions.cut
            return labels(self.scores(frame), observed, **rules)
        answers = self._answers(frame)
        values = [each for answer in answers for each in answer.values(predictor.label, "label")]
        if not any(isinstance(each, list) and len(each) > 1 for each in values):
            return predictions.taken(values, observed, texts=predictor.accept_type == CSV, **rules)
        place = predictor.probability
        if place is None:
            raise AnalysisError(
                "the model answers several labels for each row; "
                "give predictor.probability, where their scores are"
            )
        scores = [answer.scores(place, "probability") for answer in answers]
        return predictions.best(values, np.concatenate(scores))

    def _answers(self, frame: pl.DataFrame) -> list[CsvAnswer | JsonAnswer]:
        return [
            read_answer(self._ask(body, rows), self._predictor.accept_type, rows)
            for rows, body in batches(frame, self._predictor)
        ]

    def _ask(self, body: bytes, rows: int) -> bytes:
        try:
            try:
                status, answer = self._exchange(body)
            except _BROKEN:
                # The server closed a connection that was idle; predictions can be asked for twice.
                self._connection.close()
                status, answer = self._exchange(body)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise AnalysisError(
                f"the model did not answer at {self._endpoint}: {error!r}; "
                "check that the model starts and serves /invocations"
            ) from error
        if status != http.client.OK:
            reason = answer[:300].decode("utf-8", "replace").strip()
            raise AnalysisError(f"the model refused {rows} rows with HTTP status {status}: {reason}")
        return answer

    def _exchange(self, body: bytes) -> tuple[int, bytes]:
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        return response.status, response.read()
