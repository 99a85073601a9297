"""The bias sections of an analysis: labels, facets and metrics as the configuration asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.bias import report, samples
from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING
from sagemaker_monitor.analysis.container.job import ENDPOINT_VARIABLE
from sagemaker_monitor.analysis.container.payloads import CSV
from sagemaker_monitor.analysis.container.roles import index_of, optional_index_of
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable

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
    found = {}
    for stage, methods in config.methods.items():
        counted: dict[int, _Counted] = {}
        for rows in [rows for _, rows in facets] or [dataset]:
            if id(rows) not in counted:
                counted[id(rows)] = _Counted.of(config, rows, roles, group, stage, endpoint)
        first = next(iter(counted.values()))
        if not first.labels.observed.any():
            _tell_of_none(first.observed, config)
        found[stage] = report.section(
            stage,
            methods,
            label=dataset.names[roles.label],
            labels=first.labels,
            facets=[facet(counted[id(rows)].tables) for facet, rows in facets],
        )
    return found


@dataclass(frozen=True)
class _Counted:
    """The labels of some rows, observed, and as what is favourable among them, and their counts."""

    observed: Column
    labels: samples.Labels
    tables: report.Tables

    @classmethod
    def of(
        cls,
        config: AnalysisConfig,
        rows: Dataset,
        roles: Roles,
        group: int | None,
        stage: str,
        endpoint: str | None,
    ) -> _Counted:
        assert roles.label is not None
        observed = rows.column(roles.label)
        predicted = None
        if stage == POST_TRAINING:
            predicted = _predicted(config, rows, roles, observed, endpoint)
        labels = samples.labels(observed, predicted, config.favourable)
        strata = None if group is None else rows.column(group)
        return cls(observed, labels, report.Tables(labels, strata, rows.weights))


def _tell_of_none(observed: Column, config: AnalysisConfig) -> None:
    """Print why metrics may all be 0: to Clarify labels none of which is favourable are no error."""
    wanted = ", ".join(map(str, config.favourable))
    absent = observed.rows - observed.rows_present
    gaps = f", {absent} of them absent" if absent else ""
    print(
        f"warning: no label is favourable: {observed.name!r} has {observed.rows} "
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


def _facets(
    config: AnalysisConfig, dataset: Dataset, roles: Roles
) -> list[tuple[Callable[[report.Tables], report.Facet], Dataset]]:
    """Return what makes each facet of the counts of its rows, and these rows.

    The flip test compares them by all columns but the facet's own.
    """
    flips = "FT" in config.methods.get(POST_TRAINING, ())
    facets: list[tuple[Callable[[report.Tables], report.Facet], Dataset]] = []
    for each in config.facets:
        index = index_of(dataset, each.column, "Unable to locate the facet.", "facet")
        compared = [dataset.column(other) for other in roles.compared if flips and other != index]
        rows = dataset.about(index)
        groups = samples.groups(rows.column(index), each.values)
        facets.append((partial(report.Facet, dataset.names[index], groups, compared), rows))
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
    from sagemaker_monitor.analysis.container.predictor import Model

    with Model(endpoint, config.predictor, config.probability_threshold) as model:
        return model.labels(features, observed)
