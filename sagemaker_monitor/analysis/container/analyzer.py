"""The Model Monitor analyzer: data and a previous baseline in; statistics, constraints and violations out."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container import scripts
from sagemaker_monitor.analysis.container.analyzer_settings import MODEL_QUALITY, AnalyzerSettings
from sagemaker_monitor.analysis.container.excluding import Columns
from sagemaker_monitor.analysis.container.job import monitor_of
from sagemaker_monitor.analysis.container.outcome import CONSTRAINTS, STATISTICS, outcome, read_baseline
from sagemaker_monitor.analysis.documents.constraints import Constraints
from sagemaker_monitor.analysis.documents.statistics import Statistics
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.quality.profile import profile
from sagemaker_monitor.analysis.quality.suggestion import suggest
from sagemaker_monitor.analysis.records import blocks, open_dataset
from sagemaker_monitor.analysis.records.dataset import ahead

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import polars as pl

    from sagemaker_monitor.analysis.container.metrics import Monitor
    from sagemaker_monitor.analysis.container.paths import Paths
    from sagemaker_monitor.analysis.documents.cloudwatch import MetricRecord
    from sagemaker_monitor.analysis.documents.violations import QualityViolations
    from sagemaker_monitor.analysis.quality.profile import Profile


def run(paths: Paths, environment: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return the files to write, content by name, and the exit text. Raises AnalysisError for bad input."""
    given = AnalyzerSettings.of(environment, paths)
    scripts.require(scripts.POSTPROCESSOR, given.postprocessor)
    with _preprocessed(given) as settings:
        if settings.analysis_type == MODEL_QUALITY:
            from sagemaker_monitor.analysis.container import model_quality

            return model_quality.run(paths, settings, environment)
        return _data_quality(paths, settings, monitor_of(environment))


def _preprocessed(given: AnalyzerSettings) -> AbstractContextManager[AnalyzerSettings]:
    if given.preprocessor is None:
        return nullcontext(given)
    # What reads records for a script takes longer to load than a small job without one to do.
    from sagemaker_monitor.analysis.container.preprocessing import preprocessed

    return preprocessed(given, given.preprocessor)


def finish(paths: Paths, environment: Mapping[str, str]) -> None:
    """Run the script that follows the analysis, once its files are written; raises AnalysisError."""
    script = AnalyzerSettings.of(environment, paths).postprocessor
    if script is not None:
        scripts.postprocess(script)


def _data_quality(
    paths: Paths, settings: AnalyzerSettings, monitor: Monitor | None
) -> tuple[dict[str, str], str]:
    baseline = read_baseline(settings.statistics, Statistics.from_json)
    required = read_baseline(settings.constraints, Constraints.from_json)
    _check_baseline(required, baseline)
    dataset = open_dataset(settings.format, settings.source)
    columns = Columns.of(dataset.names, required, settings.excluded)
    required = columns.required
    print(f"dataset: {len(columns.names)} columns", flush=True)
    if dataset.doubt is not None:
        print(f"warning: {dataset.doubt}", flush=True)

    # The hosted analyzer ends here too, and leaves nothing but this document.
    if required is not None and (mismatch := _of_count(len(columns.names), required)).violations:
        return outcome({}, mismatch)
    domains = {
        place for place, each in enumerate(required.features if required else ()) if each.domains is not None
    }

    def rows(numbers: Collection[int]) -> Iterator[pl.DataFrame]:
        places = [columns.places[each] for each in numbers]
        return columns.of_blocks(ahead(blocks(settings.format, dataset, places)))

    found = profile(columns.names, rows, count_texts_of=domains)
    print(f"dataset: {found.rows} rows", flush=True)
    if monitor is not None:
        from sagemaker_monitor.analysis.container import metrics

        metrics.leave(paths, _published(monitor, found, required, baseline, settings.drift_method))
    files = {STATISTICS: found.statistics.to_json(), CONSTRAINTS: suggest(found.statistics).to_json()}
    if required is None or not required.config.evaluate_constraints:
        return outcome(files)
    return outcome(files, _violations(found, required, baseline, settings.drift_method))


def _of_count(columns: int, required: Constraints) -> QualityViolations:
    # What checks takes longer to load than a small baseline to make.
    from sagemaker_monitor.analysis.documents.violations import QualityViolations
    from sagemaker_monitor.analysis.quality import checks

    return QualityViolations(checks.column_count(columns, required))


def _violations(
    found: Profile, required: Constraints, baseline: Statistics | None, drift_method: str | None
) -> QualityViolations:
    from sagemaker_monitor.analysis.documents.violations import QualityViolations
    from sagemaker_monitor.analysis.quality import checks

    return QualityViolations(checks.violations(found.columns, required, baseline, drift_method=drift_method))


def _check_baseline(required: Constraints | None, baseline: Statistics | None) -> None:
    """Refuse statistics of no feature that has constraints; tell of features for which there are none.

    Drift is looked for in features that both documents have, so that these would pass unseen.
    """
    if required is None or baseline is None or not required.features:
        return
    known = {each.name for each in baseline.features}
    without = [each.name for each in required.features if each.name not in known]
    if len(without) == len(required.features):
        raise AnalysisError(
            f"the baseline's statistics and constraints have no feature in common: constraints are for "
            f"{_some(without)}, statistics of {_some([each.name for each in baseline.features])}; "
            "give both documents of one baseline"
        )
    if without:
        print(f"warning: no drift is looked for in {_some(without)}: not in the baseline's statistics")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" and others" if len(names) > 5 else "") if names else "none"


def _published(
    monitor: Monitor,
    found: Profile,
    required: Constraints | None,
    baseline: Statistics | None,
    drift_method: str | None,
) -> Iterator[MetricRecord]:
    """Yield the metrics of the features for which emit_metrics is not disabled."""
    from sagemaker_monitor.analysis.container import metrics
    from sagemaker_monitor.analysis.quality import checks

    columns, drift = found.columns, {}
    if required is not None:
        if not required.config.emit_metrics:
            return
        # Without the check of their number, columns may be others than the baseline's.
        if len(columns) == len(required.features):
            drift = checks.drift(columns, required, baseline, drift_method=drift_method)
            pairs = zip(required.features, columns, strict=True)
            columns = tuple(column for each, column in pairs if each.config.emit_metrics)
    yield from metrics.of_data_quality(monitor, columns, drift)
