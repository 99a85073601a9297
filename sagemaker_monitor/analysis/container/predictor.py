"""Asking the model: rows to the shadow endpoint in batches, predicted labels back."""

from __future__ import annotations

import csv
import http.client
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

from sagemaker_monitor.analysis.columns import Column, Kind
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sagemaker_monitor.analysis.container.config import PredictorConfig
    from sagemaker_monitor.analysis.datasets import Dataset

ENDPOINT_VARIABLE = "SAGEMAKER_MONITOR_SHADOW_ENDPOINT"
PAYLOAD = 4_000_000
"""Bytes of one request, at most about: hosting accepts 6 MB."""
TIMEOUT = 60.0


def predicted_labels(
    endpoint: str, dataset: Dataset, features: Sequence[int], predictor: PredictorConfig, threshold: float
) -> Column:
    """Return the label that the model at *endpoint* predicts for each row of *dataset*.

    Raises AnalysisError when the endpoint cannot be reached, refuses, or answers another number of rows.
    """
    url = urlsplit(endpoint)
    if url.scheme != "http" or not url.hostname:
        raise AnalysisError(
            f"{ENDPOINT_VARIABLE} is {endpoint!r}: it must be http://<host>:<port>/invocations"
        )
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=TIMEOUT)
    answers: list[list[str]] = []
    try:
        for rows, body in dataset.csv_batches(features, PAYLOAD):
            answers += _ask(connection, url.path or "/invocations", body, rows, predictor)
    except (OSError, http.client.HTTPException) as error:
        raise AnalysisError(
            f"the model did not answer at {endpoint}: {error!r}; "
            "check that the model starts and serves /invocations"
        ) from error
    finally:
        connection.close()
    return _labels(answers, predictor, threshold)


def _ask(
    connection: http.client.HTTPConnection, path: str, body: bytes, rows: int, predictor: PredictorConfig
) -> list[list[str]]:
    """Return the cells of the answer to one request, one list per row."""
    headers = {"Content-Type": "text/csv", "Accept": "text/csv"}
    if predictor.custom_attributes:
        headers["X-Amzn-SageMaker-Custom-Attributes"] = predictor.custom_attributes
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != http.client.OK:
        reason = answer[:300].decode("utf-8", "replace").strip()
        raise AnalysisError(f"the model refused {rows} rows with HTTP status {response.status}: {reason}")
    try:
        cells = [row for row in csv.reader(answer.decode("utf-8").splitlines()) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise AnalysisError(f"the model's answer is not text/csv: {error}") from error
    # Some models answer all rows in one line.
    if len(cells) == 1 < rows == len(cells[0]):
        cells = [[cell] for cell in cells[0]]
    if len(cells) != rows:
        raise AnalysisError(
            f"the model answered {len(cells)} predictions for {rows} rows; "
            "it must answer one line for each row"
        )
    return cells


def _labels(answers: list[list[str]], predictor: PredictorConfig, threshold: float) -> Column:
    if predictor.label is not None:
        return _typed(_cells(answers, predictor.label, "label"))
    scores = _scores(answers, predictor.probability)
    if scores.shape[1] == 1:
        labels = (scores[:, 0] > threshold).astype(np.int64)
        return Column("predicted_label", Kind.INTEGER, labels, np.ones(len(labels), dtype=bool))
    if len(predictor.label_headers) != scores.shape[1]:
        raise AnalysisError(
            f"the model answers {scores.shape[1]} scores for each row and predictor.label_headers has "
            f"{len(predictor.label_headers)}: give as many, or predictor.label or predictor.probability"
        )
    return _typed([str(predictor.label_headers[index]) for index in scores.argmax(axis=1)])


def _typed(cells: list[str]) -> Column:
    import polars as pl

    from sagemaker_monitor.analysis.columns import column_of

    return column_of("predicted_label", pl.Series(cells, dtype=pl.String))


def _cells(answers: list[list[str]], index: int, key: str) -> list[str]:
    narrow = next((row for row, cells in enumerate(answers) if len(cells) <= index), None)
    if narrow is not None:
        raise AnalysisError(
            f"predictor.{key} is {index}, but the model's answer {narrow + 1} "
            f"has {len(answers[narrow])} columns"
        )
    return [cells[index] for cells in answers]


def _scores(
    answers: list[list[str]], probability: int | None
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return the scores of each row, (rows, scores); a cell may hold a JSON list of them."""
    cells = (
        answers if probability is None else [[cell] for cell in _cells(answers, probability, "probability")]
    )
    try:
        rows = [
            json.loads(row[0]) if len(row) == 1 and row[0].lstrip().startswith("[") else row for row in cells
        ]
        scores = np.array(rows, dtype=np.float64)
    except ValueError as error:
        raise AnalysisError(
            "Could not convert string to float. the model's answers are no table of numbers; "
            "give predictor.label or predictor.probability when an answer has other columns than scores"
        ) from error
    if scores.ndim != 2 or not scores.shape[1] or not np.isfinite(scores).all():
        raise AnalysisError("the model's answers are no finite scores; each row needs at least one")
    return scores
