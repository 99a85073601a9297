"""Which label an answer stands for: the one it names, a score cut at the threshold, the best of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sagemaker_monitor.analysis.columns import Column, Kind, column_of_values
from sagemaker_monitor.analysis.container.answers import table_of_scores
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NAME = "predicted_label"


def taken(
    values: Sequence[Any],
    observed: Column | None,
    *,
    texts: bool,
    threshold: float,
    headers: Sequence[object] = (),
) -> Column:
    """Return the labels that *values* are, cells with *texts*, else as JSON types them.

    Fractions where the labels *observed* are something else are scores, and are cut.
    """
    values = [each[0] if isinstance(each, list) and len(each) == 1 else each for each in values]
    labels = column_of_values(NAME, values, texts=texts)
    if labels.kind is Kind.FLOAT and observed is not None and observed.kind is not Kind.FLOAT:
        return cut(table_of_scores(values), observed, threshold=threshold, headers=headers)
    return labels


def whole(
    scores: NDArray[np.float64],
    observed: Column | None,
    *,
    threshold: float,
    headers: Sequence[object] = (),
) -> Column:
    """Return the labels where nothing says what in the answers they are: numbers for numbers, else cut.

    The model of labels *observed* that are fractions, a regression, answers one number for each row.
    """
    if observed is not None and observed.kind is Kind.FLOAT and scores.shape[1] == 1:
        values = scores.ravel()
        return Column(NAME, Kind.FLOAT, values, np.ones(len(values), dtype=bool))
    return cut(scores, observed, threshold=threshold, headers=headers)


def cut(
    scores: NDArray[np.float64],
    observed: Column | None,
    *,
    threshold: float,
    headers: Sequence[object] = (),
) -> Column:
    """Return 1 where the one score is above *threshold*, else 0; of several scores the best one's header.

    One header that is a label *observed* replaces 1. Raises AnalysisError without a header for each score.
    """
    if scores.shape[1] > 1:
        if len(headers) != scores.shape[1]:
            raise AnalysisError(
                f"the model answers {scores.shape[1]} scores for each row and predictor.label_headers "
                f"has {len(headers)}: give as many, or predictor.label or predictor.probability"
            )
        return _spelled([headers[best] for best in scores.argmax(axis=1)])
    above = scores.ravel() > threshold
    if len(headers) == 1 and observed is not None and observed.has_any(headers):
        # Anything else than the header stands for the other label.
        return _spelled([headers[0] if each else "" for each in above.tolist()])
    return Column(NAME, Kind.INTEGER, above.astype(np.int64), np.ones(len(above), dtype=bool))


def best(names: Sequence[Any], scores: NDArray[np.float64]) -> Column:
    """Return, of the labels that each row lists, the one whose score is best; raises AnalysisError."""
    if any(not isinstance(each, list) or len(each) != scores.shape[1] for each in names):
        raise AnalysisError(
            "predictor.label and predictor.probability find different numbers of labels and scores "
            f"({scores.shape[1]} scores) in the model's answers"
        )
    return _spelled([each[at] for each, at in zip(names, scores.argmax(axis=1), strict=True)])


def _spelled(labels: Sequence[object]) -> Column:
    """Return the column of *labels* as if a file had them, so that a header "1" is the label 1."""
    return column_of_values(NAME, [str(label) for label in labels], texts=True)
