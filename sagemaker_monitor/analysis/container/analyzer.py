"""The Model Monitor analyzer: data and a previous baseline in; statistics, constraints and violations out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container import model_quality
from sagemaker_monitor.analysis.container.analyzer_settings import MODEL_QUALITY, AnalyzerSettings
from sagemaker_monitor.analysis.container.outcome import CONSTRAINTS, STATISTICS, outcome, read_baseline
from sagemaker_monitor.analysis.documents.constraints import Constraints
from sagemaker_monitor.analysis.documents.statistics import Statistics
from sagemaker_monitor.analysis.documents.violations import QualityViolations
from sagemaker_monitor.analysis.quality import checks
from sagemaker_monitor.analysis.quality.profile import profile
from sagemaker_monitor.analysis.quality.suggestion import suggest
from sagemaker_monitor.analysis.records import open_dataset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sagemaker_monitor.analysis.container.paths import Paths


def run(paths: Paths, environment: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return the files to write, content by name, and the exit text. Raises AnalysisError for bad input."""
    settings = AnalyzerSettings.of(environment, paths)
    if settings.analysis_type == MODEL_QUALITY:
        return model_quality.run(paths, settings, environment)
    required = read_baseline(settings.constraints, Constraints.from_json)
    baseline = read_baseline(settings.statistics, Statistics.from_json)
    dataset = open_dataset(settings.format, settings.source)
    names = dataset.names
    print(f"dataset: {len(names)} columns", flush=True)
    if dataset.doubt is not None:
        print(f"warning: {dataset.doubt}", flush=True)

    if required is not None:
        # The hosted analyzer ends here too, and leaves nothing but this document.
        if mismatch := checks.column_count(len(names), required):
            return outcome({}, QualityViolations(mismatch))
        if len(names) == len(required.features):
            # Columns are the baseline's by their position, whatever they are called.
            names = tuple(each.name for each in required.features)
    domains = {
        place for place, each in enumerate(required.features if required else ()) if each.domains is not None
    }
    found = profile(names, dataset.blocks, count_texts_of=domains)
    print(f"dataset: {found.rows} rows", flush=True)
    files = {STATISTICS: found.statistics.to_json(), CONSTRAINTS: suggest(found.statistics).to_json()}
    if required is None or not required.config.evaluate_constraints:
        return outcome(files)
    violations = checks.violations(found.columns, required, baseline, drift_method=settings.drift_method)
    return outcome(files, QualityViolations(violations))
