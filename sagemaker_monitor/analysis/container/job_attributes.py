"""What a monitoring job tells its container by environment variables: the records' format and attributes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container import predictions
from sagemaker_monitor.analysis.container.answers import table_of_scores
from sagemaker_monitor.analysis.container.payloads import CSV
from sagemaker_monitor.analysis.datasets.captured import Attributes, Captured
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records.formats import DatasetFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sagemaker_monitor.analysis.container.config import AnalysisConfig
    from sagemaker_monitor.analysis.datasets.dataset import Dataset

FORMAT, SOURCE = "dataset_format", "dataset_source"
_THRESHOLD = "probability_threshold_attribute"


@dataclass(frozen=True)
class JobAttributes:
    """The attributes of a job definition; *captured* when it reads records of a capture or a merge."""

    captured: bool
    attributes: Attributes
    threshold: float | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> JobAttributes:
        """Return what *environment* says, in the variables of the Model Monitor analyzer.

        Raises AnalysisError for a format or a threshold that is none.
        """
        given = environment.get(FORMAT)
        names = ("features", "inference", "probability", "ground_truth")
        return cls(
            captured=given is not None and DatasetFormat.of(given).is_capture,
            attributes=Attributes(**{name: environment.get(f"{name}_attribute") or None for name in names}),
            threshold=_threshold(environment.get(_THRESHOLD)),
        )

    def applied(self, config: AnalysisConfig) -> AnalysisConfig:
        """Return *config* with the job definition's threshold, and where it finds features and answers.

        A monitor's configuration does not say where in the model's answers the score is; attributes do,
        those of captured answers too, and those of batches whose output is not looked at.
        """
        if self.threshold is not None:
            config = replace(config, probability_threshold=self.threshold)
        if self.captured and config.data.features is None:
            config = replace(config, data=replace(config.data, features=self.attributes.features))
        predictor = config.predictor
        if predictor is not None and predictor.label is None is predictor.probability:
            label = _place(self.attributes.inference, predictor.accept_type)
            probability = _place(self.attributes.probability, predictor.accept_type)
            config = replace(config, predictor=replace(predictor, label=label, probability=probability))
        return config

    def with_predictions(self, captured: Captured, threshold: float) -> Dataset:
        """Return the records with the labels that the model predicted when they were captured.

        An inference attribute is a label, or a score where labels are of another type; a probability
        attribute is a score, which is cut at *threshold*, exclusively.
        """
        dataset, places = captured.dataset, self.attributes
        observed = None if dataset.label is None else dataset.column(dataset.label)
        score = places.inference is None
        place = places.probability if score else places.inference
        values = captured.answered(place, "probability_attribute" if score else "inference_attribute")
        if score:
            of_scores = predictions.whole if place is None else predictions.cut
            labels = of_scores(table_of_scores(values), observed, threshold=threshold)
        else:
            labels = predictions.taken(values, observed, texts=captured.answers.is_csv, threshold=threshold)
        return captured.with_labels(labels.series())


def _place(attribute: str | None, accept_type: str) -> int | str | None:
    """Return where an attribute says that a model's answer has its score; a CSV answer has no names."""
    if attribute is None or accept_type != CSV:
        return attribute
    return int(attribute) if attribute.isdecimal() else None


def _threshold(text: str | None) -> float | None:
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise AnalysisError(f"{_THRESHOLD} is {text[:40]!r}; it must be a number")
    return found
