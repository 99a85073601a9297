"""Asking the model: rows to the shadow endpoint in batches, scores or predicted labels back."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from sagemaker_monitor.analysis.columns import Column, Kind, column_of_values
from sagemaker_monitor.analysis.container.answers import read_answer, table_of_scores
from sagemaker_monitor.analysis.container.payloads import CSV, batches
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from types import TracebackType

    import polars as pl
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.container.answers import CsvAnswer, JsonAnswer
    from sagemaker_monitor.analysis.container.config import PredictorConfig

ENDPOINT_VARIABLE = "SAGEMAKER_MONITOR_SHADOW_ENDPOINT"
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
        self._endpoint, self._path = endpoint, url.path or "/invocations"
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
        of several the best one's header is the label.
        """
        predictor = self._predictor
        if predictor.label is None:
            return self._cut(self.scores(frame), observed)
        answers = self._answers(frame)
        values = [each for answer in answers for each in answer.values(predictor.label, "label")]
        if any(isinstance(each, list) and len(each) > 1 for each in values):
            return self._best(values, answers)
        values = [each[0] if isinstance(each, list) and each else each for each in values]
        labels = column_of_values("predicted_label", values, texts=predictor.accept_type == CSV)
        if labels.kind is Kind.FLOAT and observed is not None and observed.kind is not Kind.FLOAT:
            return self._cut(table_of_scores(values), observed)
        return labels

    def _cut(self, scores: NDArray[np.float64], observed: Column | None) -> Column:
        headers = self._predictor.label_headers
        if scores.shape[1] > 1:
            if len(headers) != scores.shape[1]:
                raise AnalysisError(
                    f"the model answers {scores.shape[1]} scores for each row and predictor.label_headers "
                    f"has {len(headers)}: give as many, or predictor.label or predictor.probability"
                )
            return _named([headers[best] for best in scores.argmax(axis=1)])
        above = scores.ravel() > self._threshold
        if len(headers) == 1 and observed is not None and observed.has_any(headers):
            # Anything else than the header stands for the other label.
            return _named([headers[0] if each else "" for each in above.tolist()])
        return Column(
            "predicted_label", Kind.INTEGER, above.astype(np.int64), np.ones(len(above), dtype=bool)
        )

    def _best(self, names: list[Any], answers: list[CsvAnswer | JsonAnswer]) -> Column:
        """Return, of the labels that each row lists, the one whose score is best."""
        place = self._predictor.probability
        if place is None:
            raise AnalysisError(
                "the model answers several labels for each row; "
                "give predictor.probability, where their scores are"
            )
        scores = np.concatenate([each.scores(place, "probability") for each in answers])
        if any(not isinstance(each, list) or len(each) != scores.shape[1] for each in names):
            raise AnalysisError(
                f"predictor.label and predictor.probability find different numbers of labels and scores "
                f"({scores.shape[1]} scores) in the model's answers"
            )
        best = scores.argmax(axis=1)
        return _named([each[at] for each, at in zip(names, best, strict=True)])

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


def _named(labels: list[Any]) -> Column:
    """Return the column of *labels* as if a file had them, so that a header "1" is the label 1."""
    return column_of_values("predicted_label", [str(label) for label in labels], texts=True)
