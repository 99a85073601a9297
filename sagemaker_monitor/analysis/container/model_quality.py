"""The analyzer's model quality: predictions and ground truth in; metrics, constraints and violations out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container.job import monitor_of
from sagemaker_monitor.analysis.container.outcome import CONSTRAINTS, STATISTICS, outcome, read_baseline
from sagemaker_monitor.analysis.documents.model_constraints import ModelConstraints
from sagemaker_monitor.analysis.documents.model_statistics import (
    MULTICLASS,
    PROBLEM_TYPES,
    REGRESSION,
    ModelStatistics,
)
from sagemaker_monitor.analysis.documents.violations import ModelViolations
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.model_quality import checks
from sagemaker_monitor.analysis.model_quality.columns import Texts, listed
from sagemaker_monitor.analysis.model_quality.measure import Sample, measure
from sagemaker_monitor.analysis.records import attributes
from sagemaker_monitor.analysis.records.formats import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sagemaker_monitor.analysis.container.analyzer_settings import AnalyzerSettings
    from sagemaker_monitor.analysis.container.paths import Paths

DEFAULT_THRESHOLD = 0.5
TRUTH, INFERENCE, PROBABILITY = "ground_truth", "inference", "probability"


@dataclass(frozen=True)
class Question:
    """What is asked of the data: the problem type, where truth and answers stand, and what is positive."""

    problem_type: str
    wanted: Mapping[str, str]
    threshold: float

    @classmethod
    def of(cls, environment: Mapping[str, str], kind: Kind) -> Question:
        """Return what the variables ask of records of *kind*; raises AnalysisError."""
        problem_type = environment.get("problem_type") or ""
        if problem_type not in PROBLEM_TYPES:
            said = f"is {problem_type[:40]!r}" if problem_type else "is not set"
            raise AnalysisError(f"problem_type {said}; it must be one of {', '.join(PROBLEM_TYPES)}")
        roles = (TRUTH, INFERENCE, PROBABILITY)
        wanted = {role: given for role in roles if (given := environment.get(f"{role}_attribute"))}
        if kind is Kind.MERGE:
            # Merged records have the truth in a part of its own.
            wanted.setdefault(TRUTH, "groundTruthData")
        _require(problem_type, wanted)
        if problem_type == REGRESSION:
            wanted.pop(PROBABILITY, None)
        return cls(problem_type, wanted, _threshold(environment))


def run(
    paths: Paths, settings: AnalyzerSettings, environment: Mapping[str, str]
) -> tuple[dict[str, str], str]:
    """Return the files to write, content by name, and the exit text. Raises AnalysisError for bad input."""
    question = Question.of(environment, settings.format.kind)
    required = read_baseline(settings.constraints, ModelConstraints.from_json)
    baseline = read_baseline(settings.statistics, ModelStatistics.from_json)
    monitor = monitor_of(environment)
    found = attributes(settings.format, settings.source, question.wanted)
    texts = {role: Texts(role, question.wanted[role], cells) for role, cells in found.items()}
    sample = Sample(texts[TRUTH], texts.get(INFERENCE), texts.get(PROBABILITY))
    print(f"dataset: {sample.rows} rows", flush=True)
    statistics = measure(question.problem_type, sample, question.threshold)
    if baseline is not None:
        _compare_classes(statistics, baseline)
    violations = checks.violations(statistics, required) if required is not None else ()
    if monitor is not None:
        from sagemaker_monitor.analysis.container import metrics

        metrics.leave(paths, metrics.of_model_quality(monitor, statistics))
    files = {STATISTICS: statistics.to_json(), CONSTRAINTS: checks.suggest(statistics).to_json()}
    return outcome(files, ModelViolations(violations))


def _require(problem_type: str, wanted: Mapping[str, str]) -> None:
    """Refuse an analysis that lacks an attribute."""
    if TRUTH not in wanted:
        raise AnalysisError("ground_truth_attribute is not set; name the column or path of the true label")
    if problem_type == REGRESSION and INFERENCE not in wanted:
        raise AnalysisError(
            "inference_attribute is not set; Regression needs the column or path of the predicted number"
        )
    if INFERENCE not in wanted and PROBABILITY not in wanted:
        raise AnalysisError(
            f"neither inference_attribute nor probability_attribute is set; {problem_type} needs the "
            "predicted label or its probability"
        )


def _threshold(environment: Mapping[str, str]) -> float:
    text = environment.get("probability_threshold_attribute")
    if not text:
        return DEFAULT_THRESHOLD
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise AnalysisError(
            f"probability_threshold_attribute is {text[:40]!r}; it must be a number from 0 to 1"
        )
    return value


def _compare_classes(statistics: ModelStatistics, baseline: ModelStatistics) -> None:
    """Refuse two classes that are not the baseline's; tell of new ones among many."""
    if statistics.confusion_matrix is None or baseline.confusion_matrix is None:
        return
    known = tuple(baseline.confusion_matrix)
    new = [name for name in statistics.confusion_matrix if name not in known]
    if not new:
        return
    message = f"the data has the classes {listed(new)}, which the baseline has not: its are {listed(known)}"
    if statistics.problem_type == MULTICLASS:
        print(f"warning: {message}", flush=True)
    else:
        raise AnalysisError(f"{message}; write labels as in the baseline's data")
