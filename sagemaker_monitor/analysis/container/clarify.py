"""The Clarify container: config, dataset and model in; analysis, violations and report out."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.bias import drift, report, samples
from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING, PRE_TRAINING
from sagemaker_monitor.analysis.container import metrics
from sagemaker_monitor.analysis.container.config import AnalysisConfig
from sagemaker_monitor.analysis.container.page import page
from sagemaker_monitor.analysis.container.payloads import CSV
from sagemaker_monitor.analysis.container.predictor import ENDPOINT_VARIABLE, Model
from sagemaker_monitor.analysis.datasets import read_csv
from sagemaker_monitor.analysis.documents.analysis import Analysis, DocumentError
from sagemaker_monitor.analysis.documents.violations import BiasViolations
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sagemaker_monitor.analysis.columns import Column
    from sagemaker_monitor.analysis.container.config import Reference
    from sagemaker_monitor.analysis.container.paths import Paths
    from sagemaker_monitor.analysis.datasets import Dataset

COMPLETED = "Completed: SageMaker XAI Analyzer ran successfully"


def run(paths: Paths, environment: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return the files to write, content by name, and the exit text. Raises AnalysisError for bad input."""
    config_file = paths.config / "analysis_config.json"
    config = AnalysisConfig.read(config_file)
    monitor = metrics.Monitor.of(environment)
    baseline_file = environment.get("baseline_constraints")
    baseline = _baseline(paths.resolve(baseline_file)) if baseline_file else None
    dataset = read_csv(sorted(each for each in paths.data.rglob("*") if each.is_file()), config.headers)
    print(f"dataset: {len(dataset)} rows, {len(dataset.names)} columns", flush=True)
    analysis = analyse(config, dataset, environment.get(ENDPOINT_VARIABLE))

    if monitor is not None:
        metrics.leave(paths, metrics.of_bias(monitor, analysis))
    files = {"analysis.json": analysis.to_json(), config_file.name: config_file.read_text(encoding="utf-8")}
    if config.report:
        files[f"{config.report}.html"] = page(config.report_title, analysis)
    violations = drift.violations(baseline, analysis) if baseline else ()
    if violations:
        # Without violations Clarify writes no document at all.
        files["constraint_violations.json"] = BiasViolations(violations).to_json()
        return (
            files,
            f"CompletedWithViolations: Job completed successfully with {len(violations)} violations.",
        )
    return files, COMPLETED


def analyse(config: AnalysisConfig, dataset: Dataset, endpoint: str | None) -> Analysis:
    """Return the analysis that *config* asks for, with the labels of the model at *endpoint* if needed."""
    label = _index(dataset, config.label, "Headers must contain label.", "label")
    aside = {
        label,
        *_optional(dataset, config.predicted_label, "predicted_label"),
        *_optional(dataset, config.join_source, "joinsource_name_or_index"),
    }
    excluded = {
        _index(dataset, each, "Feature names not found.", "excluded_columns")
        for each in config.excluded_columns
    }
    columns = [index for index in range(len(dataset.names)) if index not in aside]
    features = [index for index in columns if index not in excluded]
    facets = _facets(config, dataset, columns)
    by_group = _optional(dataset, config.group_variable, "group_variable")
    observed = dataset.column(label)

    sections = {}
    for stage, methods in config.methods.items():
        predicted = (
            _predicted(config, dataset, features, observed, endpoint) if stage == POST_TRAINING else None
        )
        sections[stage] = report.section(
            stage,
            methods,
            label=dataset.names[label],
            labels=samples.labels(observed, predicted, config.favourable),
            facets=facets,
            group_variable=dataset.column(by_group[0]) if by_group else None,
        )
    return Analysis(pre_training=sections.get(PRE_TRAINING), post_training=sections.get(POST_TRAINING))


def _facets(config: AnalysisConfig, dataset: Dataset, columns: Sequence[int]) -> list[report.Facet]:
    """Return the facets; the flip test compares rows by all *columns* but the facet's own."""
    flips = "FT" in config.methods.get(POST_TRAINING, ())
    facets = []
    for each in config.facets:
        index = _index(dataset, each.column, "Unable to locate the facet.", "facet")
        compared = [dataset.column(other) for other in columns if flips and other != index]
        groups = samples.groups(dataset.column(index), each.values)
        facets.append(report.Facet(dataset.names[index], groups, compared))
    return facets


def _predicted(
    config: AnalysisConfig,
    dataset: Dataset,
    features: Sequence[int],
    observed: Column,
    endpoint: str | None,
) -> Column:
    """Return the predicted labels: the dataset's own, or the model's."""
    if config.predicted_label is not None:
        return dataset.column(_index(dataset, config.predicted_label, "", "predicted_label"))
    if config.predictor is None:
        raise AnalysisError(
            "predicted_label_column has to be provided for Post training metrics. "
            "give predictor or predicted_label in the analysis configuration"
        )
    if not endpoint:
        raise AnalysisError(f"the model's shadow endpoint is not known; set {ENDPOINT_VARIABLE}")
    if not features:
        raise AnalysisError(
            "Data must contain features. every column is the label, an identifier or excluded"
        )
    print(f"predicting {len(dataset)} rows with {len(features)} features", flush=True)
    with Model(endpoint, config.predictor, config.probability_threshold) as model:
        return model.labels(dataset.features(features, typed=config.predictor.content_type != CSV), observed)


def _baseline(file: Path) -> Analysis:
    try:
        return Analysis.from_json(file.read_text(encoding="utf-8"))
    except (OSError, DocumentError, UnicodeDecodeError) as error:
        raise AnalysisError(f"the baseline cannot be read: {error}") from error


def _optional(dataset: Dataset, column: Reference | None, key: str) -> tuple[int, ...]:
    return () if column is None else (_index(dataset, column, "Feature names not found.", key),)


def _index(dataset: Dataset, column: Reference, text: str, key: str) -> int:
    """Return the position of *column*; raises AnalysisError that starts with Clarify's *text*."""
    if isinstance(column, str) and column in dataset.names:
        return dataset.names.index(column)
    if isinstance(column, int) or column.isdecimal():
        index = int(column)
        if 0 <= index < len(dataset.names):
            return index
        raise AnalysisError(
            f"{text} {key} {index} is no column: the dataset has {len(dataset.names)}, from 0"
        )
    close = difflib.get_close_matches(column, dataset.names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"the columns are {', '.join(dataset.names[:20])}"
    raise AnalysisError(f"{text} {key} {column!r} is no column of the dataset; {hint}")
