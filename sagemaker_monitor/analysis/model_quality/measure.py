"""From the columns of a dataset to the statistics of its problem type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.model_statistics import (
    BINARY,
    MULTICLASS,
    ModelStatistics,
)
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.model_quality import binary, multiclass, regression
from sagemaker_monitor.analysis.model_quality.columns import Classes, Texts, listed
from sagemaker_monitor.analysis.model_quality.curves import Ranking
from sagemaker_monitor.analysis.model_quality.deviations import with_deviations

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sagemaker_monitor.analysis.documents.model_statistics import Metric

    Rows = NDArray[np.bool_] | None

NO_DATA = "Job inputs had no data"


@dataclass(frozen=True, eq=False)
class Sample:
    """Columns of equal length: the truth, and what a model answered: labels, probabilities, or both."""

    truth: Texts
    inference: Texts | None = None
    probability: Texts | None = None

    @property
    def rows(self) -> int:
        """Return how many rows there are."""
        return len(self.truth.cells)


def measure(problem_type: str, sample: Sample, threshold: float) -> ModelStatistics:
    """Return the statistics of *sample*; a probability above *threshold* is the positive class.

    Raises AnalysisError for data that cannot be measured without guessing.
    """
    if not sample.rows:
        raise AnalysisError(NO_DATA)
    for texts in (sample.truth, sample.inference, sample.probability):
        if texts is not None:
            texts.complete()
    if problem_type == BINARY:
        return _binary(sample, threshold)
    if problem_type == MULTICLASS:
        return _multiclass(sample)
    return _regression(problem_type, sample)


def _binary(sample: Sample, threshold: float) -> ModelStatistics:
    import polars as pl

    truth = sample.truth.cells
    scores = None if sample.probability is None else sample.probability.probabilities()
    names = Classes.of([truth]).names
    _require_both(names, sample)
    if sample.inference is not None:
        predicted = sample.inference.cells
    else:
        assert scores is not None
        labels = pl.Series(names)
        predicted = labels.gather((scores > threshold).astype("uint32"))
    classes = Classes.of([truth, predicted])
    if unknown := [each for each in classes.names if each not in names]:
        assert sample.inference is not None
        raise AnalysisError(
            f"{sample.inference.name} has {listed(unknown)}; the ground truth has only the classes "
            f"{listed(names)}. Give predictions of these, or the problem type MulticlassClassification"
        )
    ranking = None if scores is None else Ranking.of(scores, classes.codes[0] == 1)

    def metrics(rows: Rows) -> dict[str, float]:
        found = binary.metrics(classes.matrix(rows))
        return found if ranking is None else found | {"auc": ranking.counts(rows).area()}

    curves = None if ranking is None else ranking.counts().curves()
    return ModelStatistics(
        BINARY, sample.rows, with_deviations(sample.rows, metrics), _counts(classes), curves
    )


def _require_both(names: tuple[str, ...], sample: Sample) -> None:
    if len(names) > 2:
        raise AnalysisError(
            f"{sample.truth.name} has {len(names)} classes: {listed(names)}; BinaryClassification has two. "
            "Set problem_type to MulticlassClassification, or the right attribute"
        )
    if len(names) < 2:
        raise AnalysisError(
            f"{sample.truth.name}: all {sample.rows} rows have the class {listed(names)}; recall, auc and "
            "the curves need rows of both classes. Give more data, or a longer window"
        )


def _multiclass(sample: Sample) -> ModelStatistics:
    if sample.inference is not None:
        predicted = sample.inference.cells
    else:
        assert sample.probability is not None
        predicted = sample.probability.most_probable()
    classes = Classes.of([sample.truth.cells, predicted])

    def metrics(rows: Rows) -> dict[str, float]:
        return multiclass.metrics(classes.matrix(rows))

    return ModelStatistics(MULTICLASS, sample.rows, with_deviations(sample.rows, metrics), _counts(classes))


def _regression(problem_type: str, sample: Sample) -> ModelStatistics:
    assert sample.inference is not None
    truth, prediction = sample.truth.numbers(), sample.inference.numbers()

    def metrics(rows: Rows) -> dict[str, float]:
        if rows is None:
            return regression.metrics(truth, prediction)
        return regression.metrics(truth[rows], prediction[rows])

    found: dict[str, Metric] = with_deviations(sample.rows, metrics)
    return ModelStatistics(problem_type, sample.rows, found)


def _counts(classes: Classes) -> dict[str, dict[str, int]]:
    rows = classes.matrix().tolist()
    return {
        actual: dict(zip(classes.names, counts, strict=True))
        for actual, counts in zip(classes.names, rows, strict=True)
    }
