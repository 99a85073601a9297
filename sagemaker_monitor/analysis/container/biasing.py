"""The bias sections of an analysis: labels, facets and metrics as the configuration asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.bias import report, samples
from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING
from sagemaker_monitor.analysis.container.payloads import CSV
from sagemaker_monitor.analysis.container.predictor import ENDPOINT_VARIABLE, Model
from sagemaker_monitor.analysis.container.roles import index_of, optional_index_of
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    import polars as pl

    from sagemaker_monitor.analysis.columns import Column
    from sagemaker_monitor.analysis.container.config import AnalysisConfig
    from sagemaker_monitor.analysis.container.roles import Roles
    from sagemaker_monitor.analysis.datasets.dataset import Dataset
    from sagemaker_monitor.analysis.documents.analysis import BiasSection


def sections(
    config: AnalysisConfig, dataset: Dataset, roles: Roles, endpoint: str | None
) -> dict[str, BiasSection]:
    """Return the section of each stage that *config* asks for; the model is at *endpoint*."""
    if roles.label is None:
        raise AnalysisError(
            "Headers must contain label. the records have no ground truth: merge it with them"
        )
    facets = _facets(config, dataset, roles)
    group = optional_index_of(dataset, config.group_variable, "group_variable")
    observed = dataset.column(roles.label)
    found = {}
    for stage, methods in config.methods.items():
        predicted = None
        if stage == POST_TRAINING:
            predicted = _predicted(config, dataset, roles, observed, endpoint)
        labels = samples.labels(observed, predicted, config.favourable)
        if not labels.observed.any():
            _tell_of_none(observed, config)
        found[stage] = report.section(
            stage,
            methods,
            label=dataset.names[roles.label],
            labels=labels,
            facets=facets,
            group_variable=None if group is None else dataset.column(group),
        )
    return found


def _tell_of_none(observed: Column, config: AnalysisConfig) -> None:
    """Print why metrics may all be 0: to Clarify labels none of which is favourable are no error."""
    wanted = ", ".join(map(str, config.favourable))
    absent = len(observed.present) - int(observed.present.sum())
    gaps = f", {absent} of them absent" if absent else ""
    print(
        f"warning: no label is favourable: {observed.name!r} has {len(observed.present)} "
        f"{observed.kind.value} values{gaps}, label_values_or_threshold is {wanted}",
        flush=True,
    )


def features_of(config: AnalysisConfig, dataset: Dataset, roles: Roles) -> pl.DataFrame:
    """Return the model's features in its order, typed where its payload needs types."""
    if not roles.features:
        raise AnalysisError(
            "Data must contain features. every column is the label, an identifier or excluded"
        )
    typed = config.predictor is not None and config.predictor.content_type != CSV
    return dataset.features(roles.features, typed=typed)


def _facets(config: AnalysisConfig, dataset: Dataset, roles: Roles) -> list[report.Facet]:
    """Return the facets; the flip test compares rows by all columns but the facet's own."""
    flips = "FT" in config.methods.get(POST_TRAINING, ())
    facets = []
    for each in config.facets:
        index = index_of(dataset, each.column, "Unable to locate the facet.", "facet")
        compared = [dataset.column(other) for other in roles.compared if flips and other != index]
        groups = samples.groups(dataset.column(index), each.values)
        facets.append(report.Facet(dataset.names[index], groups, compared))
    return facets


def _predicted(
    config: AnalysisConfig, dataset: Dataset, roles: Roles, observed: Column, endpoint: str | None
) -> Column:
    """Return the predicted labels: the dataset's own, or the model's."""
    if roles.predicted_label is not None:
        return dataset.column(roles.predicted_label)
    if config.predictor is None:
        raise AnalysisError(
            "predicted_label_column has to be provided for Post training metrics. "
            "give predictor or predicted_label in the analysis configuration"
        )
    if not endpoint:
        raise AnalysisError(f"the model's shadow endpoint is not known; set {ENDPOINT_VARIABLE}")
    features = features_of(config, dataset, roles)
    print(f"predicting {len(dataset)} rows with {features.width} features", flush=True)
    with Model(endpoint, config.predictor, config.probability_threshold) as model:
        return model.labels(features, observed)
