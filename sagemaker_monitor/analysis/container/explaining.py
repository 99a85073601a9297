"""The explanations of an analysis: attributions of each row, and what they come to globally."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.container.biasing import features_of
from sagemaker_monitor.analysis.container.job import ENDPOINT_VARIABLE
from sagemaker_monitor.analysis.container.predictor import Model
from sagemaker_monitor.analysis.container.roles import index_of
from sagemaker_monitor.analysis.container.shap_baseline import baseline_of, same_types
from sagemaker_monitor.analysis.documents.analysis import Explanation, Explanations
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.explainability.coalitions import number_of_samples
from sagemaker_monitor.analysis.explainability.kernel_shap import AGGREGATIONS, explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sagemaker_monitor.analysis.container.config import AnalysisConfig, PredictorConfig
    from sagemaker_monitor.analysis.container.paths import Paths
    from sagemaker_monitor.analysis.container.roles import Roles
    from sagemaker_monitor.analysis.container.shap_config import ShapConfig
    from sagemaker_monitor.analysis.datasets.dataset import Dataset
    from sagemaker_monitor.analysis.explainability.kernel_shap import Explained

FOLDER = "explanations_shap"


@dataclass(frozen=True)
class Explaining:
    """What Kernel SHAP gives: its section of the analysis, and files by name."""

    explanations: Explanations
    files: dict[str, str]


def explained(
    config: AnalysisConfig, dataset: Dataset, roles: Roles, paths: Paths, endpoint: str | None
) -> Explaining | None:
    """Return what *config* wants explained about the model at *endpoint*, None when it wants nothing.

    Raises AnalysisError for a baseline or features that do not fit the dataset, and a model that fails.
    """
    shap, predictor = config.shap, config.predictor
    if shap is None or predictor is None:
        return None
    if not endpoint:
        raise AnalysisError(f"the model's shadow endpoint is not known; set {ENDPOINT_VARIABLE}")
    features = features_of(config, dataset, roles)
    wanted = _wanted(shap, dataset, roles)
    columns = [dataset.column(place) for place in roles.features]
    features, baseline = same_types(features, baseline_of(shap, config.data, paths, columns, features))
    print(f"SHAP n_samples {number_of_samples(features.width, shap.num_samples)}", flush=True)
    print(f"Shap analyzer: explaining {len(dataset)} rows, {features.width} columns...", flush=True)
    with Model(endpoint, predictor) as model:
        found = explain(
            features,
            baseline,
            model.scores,
            samples=shap.num_samples,
            seed=shap.seed,
            use_logit=shap.use_logit,
        )
    labels = _labels(predictor, len(found.expected))
    names = [features.columns[place] for place in wanted]
    files = {f"{FOLDER}/baseline.csv": baseline.write_csv()}
    if shap.save_local_shap_values:
        files[f"{FOLDER}/out.csv"] = _local(found, labels, names, wanted)
    return Explaining(_global(shap, found, labels, names, wanted), files)


def _wanted(shap: ShapConfig, dataset: Dataset, roles: Roles) -> list[int]:
    """Return which of the features are reported: all of them when nothing is said."""
    if not shap.features_to_explain:
        return list(range(len(roles.features)))
    key = "methods.shap.features_to_explain"
    chosen = {index_of(dataset, each, "Feature names not found.", key) for each in shap.features_to_explain}
    others = [dataset.names[place] for place in sorted(chosen) if place not in roles.features]
    if others:
        raise AnalysisError(
            f"Feature names not found. {key} has {others[0]!r}, which is no feature of the model: "
            "it is the label, an identifier or excluded"
        )
    return [place for place, column in enumerate(roles.features) if column in chosen]


def _labels(predictor: PredictorConfig, outputs: int) -> list[str]:
    """Return what the model's outputs are called."""
    headers = [str(each) for each in predictor.label_headers]
    if not headers:
        return [f"label{place}" for place in range(outputs)]
    if len(headers) != outputs or len(set(headers)) != outputs:
        raise AnalysisError(
            f"the model answers {outputs} scores for each row and predictor.label_headers has "
            f"{len(headers)}: give one for each, all different, or none"
        )
    return headers


def _global(
    shap: ShapConfig, found: Explained, labels: Sequence[str], names: Sequence[str], wanted: Sequence[int]
) -> Explanations:
    values = AGGREGATIONS[shap.agg_method](found.values)
    return Explanations(
        {
            label: Explanation(
                dict(zip(names, values[output, wanted].tolist(), strict=True)), float(found.expected[output])
            )
            for output, label in enumerate(labels)
        }
    )


def _local(found: Explained, labels: Sequence[str], names: Sequence[str], wanted: Sequence[int]) -> str:
    """Return the attributions of each row: all features of the first output, then of the next."""
    import polars as pl

    columns = [
        pl.Series(f"{name}_{label}", found.values[:, output, place])
        for output, label in enumerate(labels)
        for name, place in zip(names, wanted, strict=True)
    ]
    return pl.DataFrame(columns).write_csv()
